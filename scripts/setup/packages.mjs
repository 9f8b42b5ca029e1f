// Whether node_modules is what package-lock.json asks for. Decisions only: nothing here touches the machine.

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 * @property {boolean} [peer]
 * @property {boolean} [link]
 */

/** @typedef {{ packages?: Record<string, LockedPackage> }} Lock */

/**
 * npm writes what it installed to node_modules/.package-lock.json, so no stamp of our own can go stale.
 * Optional packages may be absent: they are for other systems. What is there besides the lock does no harm.
 * @param {Lock} wanted package-lock.json
 * @param {Lock | null} installed node_modules/.package-lock.json, null when there is none
 * @returns {string | null} why they must be installed, null when they need not
 */
export function whyInstall(wanted, installed) {
  if (!installed) return 'not installed yet';
  for (const [path, locked] of Object.entries(wanted.packages ?? {})) {
    if (path === '') continue;
    const name = path.replace(/^.*node_modules\//, '');
    const found = installed.packages?.[path];
    if (!found) {
      if (locked.optional) continue;
      return `${name} is missing`;
    }
    if (found.version !== locked.version) return `${name} is ${found.version}, ${locked.version} is locked`;
    if (found.integrity !== locked.integrity) return `${name} is not the locked copy`;
  }
  return null;
}
