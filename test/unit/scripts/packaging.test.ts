import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { external } from '../../../scripts/build/nodePrograms.mjs';

interface Lock {
  packages: Record<string, { dependencies?: Record<string, string> }>;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const lock: Lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const builder = readFileSync(join(root, 'electron-builder.yml'), 'utf8');

/** Electron is the app itself; ffmpeg-static is packed for its program, without its JavaScript; the last compiles. */
const withoutPackages = ['electron', 'ffmpeg-static', 'node-addon-api'];

function withDependencies(names: readonly string[]): string[] {
  const found = new Set<string>();
  const add = (name: string): void => {
    if (found.has(name) || withoutPackages.includes(name)) return;
    found.add(name);
    Object.keys(lock.packages[`node_modules/${name}`]?.dependencies ?? {}).forEach(add);
  };
  names.forEach(add);
  return [...found].sort();
}

it('packs every package that the build leaves outside, with what it needs', () => {
  const packed = [...builder.matchAll(/^ {2}- node_modules\/(?<name>[\w-]+)\/[{*]/gm)].map(
    (match) => match.groups?.name,
  );
  const expected = [...withDependencies(external), 'ffmpeg-static', 'better-sqlite3', 'ffmpeg-static'];
  // The two with machine code are listed once more, to be unpacked.
  expect(packed.sort()).toEqual(expected.sort());
});
