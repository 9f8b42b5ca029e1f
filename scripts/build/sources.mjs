// What a build depends on, as one hash. Content and not times: a fresh clone and a checkout back and forth agree.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const inputs = ['main', 'preload', 'renderer', 'scripts/build', 'scripts/build.mjs'];
const inputFiles = [
  'package.json',
  'package-lock.json',
  'tsconfig.base.json',
  'tsconfig.renderer.json',
  'vite.config.ts',
];

/**
 * @param {string} root
 * @returns {string}
 */
export function hashSources(root) {
  const hash = createHash('sha256');
  for (const path of listFiles(root, [...inputs, ...inputFiles])) {
    hash.update(`${path}\0`);
    hash.update(readFileSync(join(root, path)));
    hash.update('\0');
  }
  return hash.digest('hex');
}

/**
 * @param {string} root
 * @param {readonly string[]} paths
 * @returns {string[]} every file below, sorted, with forward slashes
 */
export function listFiles(root, paths) {
  return paths.flatMap((path) => {
    const stat = statSync(join(root, path), { throwIfNoEntry: false });
    if (!stat) return [];
    if (!stat.isDirectory()) return [path];
    const children = readdirSync(join(root, path)).sort();
    return listFiles(
      root,
      children.map((child) => `${path}/${child}`),
    );
  });
}
