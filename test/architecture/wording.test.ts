import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTree, root } from './sourceTree.ts';
import { findWording, namesRegistry } from './wording.ts';

const isBinary = (text: string): boolean => text.includes('\0');
const lockName = 'package-lock.json';

describe('the repository', () => {
  it('leaves nothing unfinished or private behind', () => {
    const texts = [...readTree((path) => path !== lockName)].filter(([, text]) => !isBinary(text));
    expect(findWording(new Map(texts))).toEqual([]);
  });

  it('can be installed from any registry', () => {
    expect(namesRegistry(readFileSync(join(root, lockName), 'utf8'))).toBe(false);
  });
});

describe('the guard of wording', () => {
  // Joined here, so that this file does not hold what it looks for.
  it.each([
    ['main/a.ts', ['// TO', 'DO later']],
    ['README.md', ['FIX', 'ME']],
    ['main/a.ts', ['const x = y as an', 'y;']],
    ['main/a.ts', ['// @ts-ignor', 'e']],
    ['main/a.ts', ['// @ts-nochec', 'k']],
    ['test/a.test.ts', ['it.ski', "p('later', () => {})"]],
    ['test/a.test.ts', ['describe.onl', "y('this', () => {})"]],
    ['test/a.test.ts', ['it.concurrent.ski', "p('later', () => {})"]],
    ['test/a.test.ts', ['it.tod', "o('later')"]],
    ['README.md', ['cd /wor', 'k/main']],
    ['main/a.ts', ["'/wor", "k/shared'"]],
    ['docs/a.md', ['A sub', 'agent wrote this']],
  ])('refuses in %s: %j', (path, parts) => {
    expect(findWording(new Map([[path, parts.join('')]]))).toHaveLength(1);
  });

  it.each([
    ['README.md', 'It is as any studio should be.'],
    ['test/a.test.ts', "it.skipIf(!hasNginx)('publishes', run);"],
    ['main/a.ts', "import { a } from '../media/work/a.ts';"],
    ['main/a.ts', 'const todo = list.skip(1);'],
  ])('allows in %s: %s', (path, text) => {
    expect(findWording(new Map([[path, text]]))).toEqual([]);
  });

  it('refuses a lock with the address of a registry', () => {
    expect(namesRegistry('{ "resolved": "https://registry.example/zod.tgz" }')).toBe(true);
  });
});
