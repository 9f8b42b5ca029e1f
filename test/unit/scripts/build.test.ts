import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFileUrls, rewriteCode } from '../../../scripts/build/fileUrls.mjs';
import { hashSources } from '../../../scripts/build/sources.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'streamware build '));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, content: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), content);
}

describe('hashSources', () => {
  it('changes with a source and comes back with it', () => {
    write('main/a.ts', 'one');
    const first = hashSources(root);
    write('main/a.ts', 'two');
    const second = hashSources(root);
    write('main/a.ts', 'one');
    expect(second).not.toBe(first);
    expect(hashSources(root)).toBe(first);
  });

  it('changes when a file is added, moved or loses its neighbour', () => {
    write('main/a.ts', 'x');
    const alone = hashSources(root);
    write('renderer/b.ts', 'x');
    const both = hashSources(root);
    rmSync(join(root, 'main/a.ts'));
    expect(new Set([alone, both, hashSources(root)]).size).toBe(3);
  });

  it('does not look at tests and documents', () => {
    write('main/a.ts', 'x');
    const before = hashSources(root);
    write('test/a.test.ts', 'x');
    write('README.md', 'x');
    expect(hashSources(root)).toBe(before);
  });
});

describe('file addresses', () => {
  it('finds the workers that need a file in dist', () => {
    write('main/store/client.ts', "new Worker(new URL('./worker.ts', import.meta.url));");
    expect(findFileUrls(root, 'main/store/client.ts')).toEqual([
      { path: 'main/store/worker.ts', output: 'store-worker' },
    ]);
  });

  it('points at the compiled worker', () => {
    const code = 'new Worker(new URL("./worker.ts", import.meta.url))';
    expect(rewriteCode(code, 'main/store/client.ts')).toBe(
      "new Worker(new URL('./store-worker.cjs', import.meta.url))",
    );
  });

  it('points at resources from dist, whatever the depth of the source', () => {
    const code = "const folder = new URL('../../resources/', import.meta.url);";
    expect(rewriteCode(code, 'main/media/slate.ts')).toBe(
      "const folder = new URL('../resources/', import.meta.url);",
    );
  });

  it('leaves other addresses alone', () => {
    const code = "new URL('/api/v1', base); new URL('https://example.org', import.meta.url);";
    expect(rewriteCode(code, 'main/a.ts')).toBe(code);
  });

  it('refuses import.meta.dirname, which means another folder after bundling', () => {
    expect(() => rewriteCode('join(import.meta.dirname, "x")', 'main/a.ts')).toThrow(
      /^main\/a\.ts: import\.meta/,
    );
  });
});
