/** A damaged database is set aside whole, told, and never silently replaced by an empty one. */
import { copyFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countTestRows, createStoreBench, makeTestTable, type StoreBench } from '../../helpers/storeBench.ts';
import { waitFor } from '../../helpers/waitFor.ts';

const INSERT = 'INSERT OR IGNORE INTO test_rows (n, text) VALUES (?, ?)';
let bench: StoreBench;
beforeEach(() => {
  bench = createStoreBench();
});
afterEach(() => bench.close());

async function fillDatabase(rows: number, keepLog = false): Promise<void> {
  const store = await bench.open();
  await makeTestTable(store);
  await store.run('CREATE INDEX IF NOT EXISTS test_rows_by_text ON test_rows (text)');
  for (let n = 1; n <= rows; n++) store.enqueue(INSERT, [n, `${Math.random()} ${'x'.repeat(200)}`]);
  await store.flush();
  if (keepLog) copyDatabase(bench.path, bench.folder.file('killed.sqlite'));
  await store.close();
  // As kill -9 leaves it: the log is still beside the file.
  if (keepLog) copyDatabase(bench.folder.file('killed.sqlite'), bench.path);
}

function copyDatabase(from: string, to: string): void {
  for (const suffix of ['', '-wal']) copyFileSync(from + suffix, to + suffix);
}

function setAsideFiles(): string[] {
  return readdirSync(bench.folder.path)
    .filter((name) => name.includes('.corrupt-'))
    .sort();
}

describe('at the start', () => {
  it.each<[string, (path: string) => void]>([
    [
      'a file that is no database',
      (path) => writeFileSync(path, 'this is not a database at all, by no means'),
    ],
    ['random bytes', (path) => writeFileSync(path, Buffer.alloc(50_000, 0xa5))],
    ['a file cut in the middle', (path) => truncateSync(path, 40_000)],
    ['a page overwritten', (path) => overwrite(path, 4096 * 5, Buffer.alloc(4096, 0xff))],
    ['a header overwritten', (path) => overwrite(path, 0, Buffer.alloc(100, 0x20))],
    ['the list of tables overwritten', (path) => overwrite(path, 100, Buffer.alloc(900, 0xee))],
  ])('%s is set aside with all its bytes, and a new one begun', async (_what, damage) => {
    await fillDatabase(2000);
    damage(bench.path);
    const damaged = readFileSync(bench.path);
    const store = await bench.open();
    expect(store.status()).toMatchObject({ state: 'ok', setAside: { continuedWith: 'new' } });
    const [name = ''] = setAsideFiles();
    expect(store.status().setAside?.path).toBe(join(bench.folder.path, name));
    expect(readFileSync(join(bench.folder.path, name)).equals(damaged)).toBe(true);
    expect(bench.log.find(({ level }) => level === 'error')?.message).toBe('damaged database set aside');
    await makeTestTable(store);
    await store.run(INSERT, [1, null]);
    expect(await countTestRows(store)).toBe(1);
  });

  it('a sound database is left alone, whether it was closed or killed', async () => {
    await fillDatabase(2000);
    const closed = await bench.open();
    expect(closed.status().setAside).toBeNull();
    await closed.close();
    await fillDatabase(3000, true);
    const killed = await bench.open();
    expect(killed.status().setAside).toBeNull();
    expect(await countTestRows(killed)).toBe(3000);
  });

  it('an empty file is a new database', async () => {
    writeFileSync(bench.path, '');
    expect((await bench.open()).status()).toMatchObject({ state: 'ok', setAside: null });
  });

  it('a damaged log is ignored as far as it is damaged: that is how SQLite recovers', async () => {
    await fillDatabase(2000, true);
    writeFileSync(`${bench.path}-wal`, Buffer.alloc(100_000, 0x5a));
    const store = await bench.open();
    expect(store.status().state).toBe('ok');
    expect(setAsideFiles()).toEqual([]);
  });
});

describe('a backup copied over the file while the log of the former one lies beside it', () => {
  it('is found out; the backup is used, the strange log set aside, and it is told', async () => {
    await fillDatabase(500);
    copyFileSync(bench.path, bench.folder.file('backup.sqlite'));
    await fillDatabase(20_000, true);
    copyFileSync(bench.folder.file('backup.sqlite'), bench.path);
    const store = await bench.open();
    expect(store.status()).toMatchObject({ state: 'ok', setAside: { continuedWith: 'withoutLog' } });
    expect(await countTestRows(store)).toBe(500);
    const [database = '', index, log = ''] = setAsideFiles();
    expect([index, log]).toEqual([`${database}-shm`, `${database}-wal`]);
    expect(
      readFileSync(join(bench.folder.path, log)).equals(readFileSync(bench.folder.file('killed.sqlite-wal'))),
    ).toBe(true);
    await store.close();
    const check = new Database(bench.path, { readonly: true });
    expect(check.pragma('integrity_check', { simple: true })).toBe('ok');
    check.close();
    const again = await bench.open();
    expect(again.status().setAside).toBeNull();
    expect(await countTestRows(again)).toBe(500);
  });
});

describe('while it is open', () => {
  it('is noticed, set aside and replaced; whoever keeps facts in memory is asked to save them again', async () => {
    await fillDatabase(3000);
    const store = await bench.open();
    const replaced = store.events.once('replaced');
    overwrite(bench.path, 4096, Buffer.alloc(4096 * 100, 0xff));
    // What was read before may be answered from memory: go on until the damage is met.
    await waitFor(
      async () => {
        await store.all('SELECT sum(length(text)) FROM test_rows').catch(() => undefined);
        return store.status().setAside;
      },
      { what: 'the damage to be met' },
    );
    expect(await replaced).toMatchObject({ continuedWith: 'new' });
    await waitFor(() => store.status().state === 'ok', { what: 'the new database' });
    await makeTestTable(store);
    await store.run(INSERT, [1, null]);
    expect(setAsideFiles()).not.toEqual([]);
    expect(existsSync(bench.path)).toBe(true);
  });
});

function overwrite(path: string, offset: number, bytes: Buffer): void {
  const content = readFileSync(path);
  bytes.copy(content, offset);
  writeFileSync(path, content);
}
