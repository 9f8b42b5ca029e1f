// Which programs each purpose needs, and the command that brings them. Decisions only: nothing here touches the machine.

/** @typedef {'demo' | 'start' | 'test' | 'bench'} Purpose */

/**
 * @typedef {object} Need
 * @property {string} id What the probe looks for.
 * @property {string} label How a person calls it.
 * @property {Purpose[]} purposes
 * @property {string} apt
 * @property {string} [brew]
 * @property {string} [winget]
 * @property {boolean} [everywhere] Nothing works without it. The others are asked for only where apt can bring them.
 * @property {boolean} [snapOnUbuntu] Ubuntu's apt package is only a pointer to a snap, so it is not asked for there.
 */

/** @type {readonly Need[]} */
export const needs = [
  {
    id: 'ffmpeg',
    label: 'ffmpeg 5.1 or newer',
    purposes: ['demo', 'start', 'test', 'bench'],
    apt: 'ffmpeg',
    brew: 'ffmpeg',
    winget: 'Gyan.FFmpeg',
    everywhere: true,
  },
  { id: 'nginx', label: 'nginx', purposes: ['demo', 'test', 'bench'], apt: 'nginx' },
  {
    id: 'nginx-rtmp',
    label: 'the RTMP module of nginx',
    purposes: ['demo', 'test', 'bench'],
    apt: 'libnginx-mod-rtmp',
  },
  { id: 'stunnel', label: 'stunnel', purposes: ['test', 'bench'], apt: 'stunnel4', brew: 'stunnel' },
  {
    id: 'chromium',
    label: 'Chromium',
    purposes: ['test', 'bench'],
    apt: 'chromium',
    brew: '--cask chromium',
    winget: 'Google.Chrome',
    snapOnUbuntu: true,
  },
  {
    id: 'python3',
    label: 'Python 3',
    purposes: ['test', 'bench'],
    apt: 'python3',
    brew: 'python',
    winget: 'Python.Python.3.13',
  },
];

/** @type {readonly Purpose[]} */
export const purposes = ['demo', 'start', 'test', 'bench'];

/**
 * @param {string | undefined} word
 * @returns {word is Purpose}
 */
export function isPurpose(word) {
  return purposes.some((purpose) => purpose === word);
}

/**
 * The minimum is the oldest Node that every build tool here starts on; the work itself is done by Node 24.
 * @param {string} version such as `20.20.2`
 * @returns {boolean}
 */
export function isNodeNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
}

/**
 * Whether this Node runs TypeScript as it is, so that it can stand in where the packaged Node 24 has no binary.
 * @param {string} version
 * @returns {boolean}
 */
export function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major >= 24 || (major === 22 && minor >= 18);
}

/**
 * Builds from git (`N-12345-g…`) carry no release number and are newer than any release we refuse.
 * @param {string} banner the first line of `ffmpeg -version`
 * @returns {boolean}
 */
export function isFfmpegNewEnough(banner) {
  const release = /^ffmpeg version n?(?<major>\d+)\.(?<minor>\d+)/.exec(banner)?.groups;
  if (!release) return /^ffmpeg version (N-|git-|\d{4}-\d\d-\d\d)/.test(banner);
  const major = Number(release.major);
  return major > 5 || (major === 5 && Number(release.minor) >= 1);
}

/**
 * @typedef {object} Machine
 * @property {NodeJS.Platform} platform
 * @property {string} distribution `ID` of /etc/os-release, empty elsewhere
 * @property {boolean} hasApt
 * @property {'root' | 'sudo' | 'none'} rights sudo means: without a password
 */

/**
 * @typedef {object} Plan
 * @property {Need[]} install brought by apt now
 * @property {Need[]} blocking missing, and nothing here can bring it
 * @property {Need[]} optional missing, and only some tests look for it
 */

/**
 * @param {Purpose} purpose
 * @param {ReadonlySet<string>} present ids that were found
 * @param {Machine} machine
 * @returns {Plan}
 */
export function planPrograms(purpose, present, machine) {
  const missing = needs.filter((need) => need.purposes.includes(purpose) && !present.has(need.id));
  const isAsked = (/** @type {Need} */ need) =>
    need.everywhere === true || (machine.hasApt && !(need.snapOnUbuntu && machine.distribution === 'ubuntu'));
  const asked = missing.filter(isAsked);
  const canInstall = machine.hasApt && machine.rights !== 'none';
  return {
    install: canInstall ? asked : [],
    blocking: canInstall ? [] : asked,
    optional: missing.filter((need) => !isAsked(need)),
  };
}

/**
 * The command a person types to bring these.
 * @param {readonly Need[]} wanted
 * @param {Machine} machine
 * @returns {string}
 */
export function installCommand(wanted, machine) {
  if (machine.hasApt) {
    const sudo = machine.rights === 'root' ? '' : 'sudo ';
    const packages = wanted.map((need) => need.apt).join(' ');
    return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${packages}`;
  }
  const lines = {
    darwin: wanted.flatMap((need) => (need.brew ? [`brew install ${need.brew}`] : [])),
    win32: wanted.flatMap((need) => (need.winget ? [`winget install --id ${need.winget}`] : [])),
  };
  if (machine.platform === 'darwin') return lines.darwin.join(' && ');
  if (machine.platform === 'win32') return lines.win32.join(' && ');
  return `install with the package manager of this system: ${wanted.map((need) => need.label).join(', ')}`;
}
