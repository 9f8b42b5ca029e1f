// `new URL('./worker.ts', import.meta.url)` is how a source file names the file next to it. After bundling the
// neighbours are gone, so each such address is rewritten to where the file is as seen from dist/.

import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const pattern =
  /new URL\(\s*(?<quote>['"])(?<address>\.{1,2}\/[^'"]*)\k<quote>\s*,\s*import\.meta\.url\s*,?\s*\)/g;

/**
 * @typedef {object} FileUrl
 * @property {string} path from the root of the repository
 * @property {string | null} output the name in dist without its ending, for a file that is compiled
 */

/**
 * @param {string} root
 * @param {string} source from the root of the repository
 * @returns {FileUrl[]}
 */
export function findFileUrls(root, source) {
  const code = readFileSync(join(root, source), 'utf8');
  return [...code.matchAll(pattern)].map((match) => resolveFileUrl(source, match.groups?.address ?? ''));
}

/**
 * @param {string} source
 * @param {string} address
 * @returns {FileUrl}
 */
function resolveFileUrl(source, address) {
  const path = posix.join(posix.dirname(source), address);
  const output = path.endsWith('.ts')
    ? path
        .replace(/^main\//, '')
        .replace(/\.ts$/, '')
        .replaceAll('/', '-')
    : null;
  return { path, output };
}

/**
 * @param {string} code
 * @param {string} source from the root of the repository
 * @returns {string}
 */
export function rewriteCode(code, source) {
  if (/import\.meta\.(dirname|filename)/.test(code)) {
    throw new Error(
      `${source}: import.meta.dirname means another folder after bundling. Use new URL('…', import.meta.url).`,
    );
  }
  return code.replace(pattern, (_whole, _quote, address) => {
    const { path, output } = resolveFileUrl(source, address);
    return `new URL('${output === null ? `../${path}` : `./${output}.cjs`}', import.meta.url)`;
  });
}

/**
 * @param {string} root
 * @returns {import('vite').Plugin}
 */
export function rewriteFileUrls(root) {
  const prefix = `${root.replaceAll('\\', '/').replace(/\/$/, '')}/`;
  return {
    name: 'streamware:file-urls',
    enforce: 'pre',
    transform(code, id) {
      const file = id.replaceAll('\\', '/');
      if (!file.startsWith(`${prefix}main/`) || !code.includes('import.meta')) return null;
      return { code: rewriteCode(code, file.slice(prefix.length)), map: null };
    },
  };
}
