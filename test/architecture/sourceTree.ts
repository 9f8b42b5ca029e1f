// The files of the repository, as the guards see them.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Path from the root of the repository, with forward slashes → text. */
export type SourceTree = ReadonlyMap<string, string>;

/** What is tracked, and what would be with the next commit. */
function listFiles(): string[] {
  // A checkout may belong to another user than the one who tests it, as in a container.
  const args = ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0');
  return [...new Set(listed)].filter((path) => path !== '' && existsSync(join(root, path))).sort();
}

export function readTree(accept: (path: string) => boolean): SourceTree {
  const paths = listFiles().filter(accept);
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

export function isCode(path: string): boolean {
  return /\.(ts|tsx|mts|cts|js|mjs|cjs)$/.test(path);
}
