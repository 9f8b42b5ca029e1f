import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isUniqueViolation } from '../../../main/store/storeClient.ts';
import { createFakeClock } from '../../helpers/fakeClock.ts';
import { countTestRows, createStoreBench, makeTestTable, type StoreBench } from '../../helpers/storeBench.ts';
import { waitFor } from '../../helpers/waitFor.ts';

const INSERT = 'INSERT OR IGNORE INTO test_rows (n, text) VALUES (?, ?)';
let bench: StoreBench;
beforeEach(() => {
  bench = createStoreBench();
});
afterEach(() => bench.close());

describe('the store', () => {
  it('keeps what it is given, with the settings everything relies on', async () => {
    const store = await bench.open();
    await makeTestTable(store);
    expect(await store.run(INSERT, [1, 'ключ-🎥'])).toEqual({ changes: 1, lastInsertRowid: 1 });
    await store.run('INSERT INTO test_rows VALUES (@n, @text)', { n: 2, text: null });
    expect(await store.all('SELECT * FROM test_rows ORDER BY n')).toEqual([
      { n: 1, text: 'ключ-🎥' },
      { n: 2, text: null },
    ]);
    expect(await store.get('SELECT * FROM test_rows WHERE n = ?', [3])).toBeUndefined();
    expect(await store.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(await store.get('PRAGMA foreign_keys')).toEqual({ foreign_keys: 1 });
    expect(await store.get('PRAGMA synchronous')).toEqual({ synchronous: 1 });
    expect(store.status()).toMatchObject({ state: 'ok', problem: null, queuedRows: 0, lostRows: 0 });
    expect(statSync(bench.path).mode & 0o777).toBe(0o600);
  });

  it('does a batch whole or not at all', async () => {
    const store = await bench.open();
    await makeTestTable(store);
    const statements = [
      { sql: INSERT, params: [1, 'a'] },
      { sql: 'INSERT INTO test_rows (n, text) VALUES (?, ?)', params: [1, 'b'] },
    ];
    await expect(store.batch(statements, { durable: true })).rejects.toSatisfy(isUniqueViolation);
    expect(await countTestRows(store)).toBe(0);
    expect(await store.get('PRAGMA synchronous')).toEqual({ synchronous: 1 });
    expect(store.status().state).toBe('ok');
  });

  it('writes what is enqueued within a quarter of a second, in order', async () => {
    const clock = createFakeClock();
    const store = await bench.open({ clock });
    await makeTestTable(store);
    store.enqueue('INSERT INTO test_rows VALUES (1, ?)', ['first']);
    store.enqueue('UPDATE test_rows SET text = ? WHERE n = 1', ['second'], 'event');
    expect(await countTestRows(store)).toBe(0);
    await clock.advance(250);
    await waitFor(async () => (await countTestRows(store)) === 1, { what: 'the rows' });
    expect(await store.get('SELECT text FROM test_rows')).toEqual({ text: 'second' });
    await store.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not wait for the clock when much is enqueued', async () => {
    const store = await bench.open({ clock: createFakeClock() });
    await makeTestTable(store);
    for (let n = 0; n < 500; n++) store.enqueue(INSERT, [n, null]);
    await waitFor(async () => (await countTestRows(store)) === 500, { what: 'the rows' });
  });

  it('lets no bad row keep the good ones from being written', async () => {
    const store = await bench.open();
    await makeTestTable(store);
    store.enqueue(INSERT, [1, null]);
    store.enqueue('INSERT INTO no_such_table VALUES (1)');
    store.enqueue(INSERT, ['not a number', null]);
    store.enqueue(INSERT, [{} as never, null]);
    store.enqueue(INSERT, [2, null]);
    await store.flush();
    expect(await countTestRows(store)).toBe(2);
    expect(store.status()).toMatchObject({ state: 'ok', refusedRows: 3, queuedRows: 0 });
    expect(bench.log.filter(({ level }) => level === 'error')).toHaveLength(2);
  });

  it('saves what is enqueued before it closes', async () => {
    const store = await bench.open();
    await makeTestTable(store);
    for (let n = 0; n < 1234; n++) store.enqueue(INSERT, [n, null]);
    await store.close();
    const again = await bench.open();
    expect(await countTestRows(again)).toBe(1234);
    await expect(store.run(INSERT, [1, null])).rejects.toMatchObject({ code: 'store.unavailable' });
  });

  it('leaves one file when it is closed', async () => {
    const store = await bench.open();
    await store.close();
    expect(readdirSync(bench.folder.path)).toEqual(['streamware.sqlite']);
  });

  it('names slow queries in the log, without their values', async () => {
    const store = await bench.open();
    await store.get(
      `-- counting for its own sake
       WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
       SELECT count(*) FROM numbers`,
      [3_000_000],
    );
    const [slow] = bench.log.filter(({ message }) => message === 'slow query');
    expect(slow?.fields).toMatchObject({ query: 'counting for its own sake' });
    expect(JSON.stringify(slow)).not.toContain('3000000');
  });

  it('makes a whole copy while writing goes on, and never over another file', async () => {
    const store = await bench.open();
    await makeTestTable(store);
    for (let n = 0; n < 20_000; n++) store.enqueue(INSERT, [n, 'x'.repeat(100)]);
    await store.flush();
    const copy = bench.folder.file('copy.sqlite');
    const copying = store.backupTo(copy);
    for (let n = 20_000; n < 21_000; n++) store.enqueue(INSERT, [n, null]);
    await Promise.all([copying, store.flush()]);
    const copied = new Database(copy, { readonly: true });
    expect(copied.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(copied.prepare('SELECT count(*) FROM test_rows').pluck().get()).toBeGreaterThanOrEqual(20_000);
    copied.close();
    await expect(store.backupTo(copy)).rejects.toMatchObject({ code: 'file.exists' });
    await expect(store.backupTo(bench.folder.file('no/such/folder.sqlite'))).rejects.toMatchObject({
      code: 'file.not_writable',
    });
    expect(store.status().state).toBe('ok');
    expect(readdirSync(bench.folder.path).some((name) => name.includes('partial'))).toBe(false);
  });
});

describe('a worker that crashes', () => {
  const workerUrl = new URL('../../helpers/crashingStoreWorker.ts', import.meta.url);

  it('fails what it was asked, is started again, and nothing enqueued is lost', async () => {
    const clock = createFakeClock();
    const store = await bench.open({ clock, workerUrl });
    await makeTestTable(store);
    store.enqueue(INSERT, [1, 'before']);
    const [crash, bystander] = await Promise.allSettled([
      store.run('CRASH NOW'),
      store.get('SELECT count(*) FROM test_rows'),
    ]);
    for (const result of [crash, bystander]) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'store.unavailable' } });
    }
    await waitFor(() => store.status().state === 'unavailable', { what: 'the crash to be noticed' });
    await expect(store.run(INSERT, [9, null])).rejects.toMatchObject({ code: 'store.unavailable' });
    store.enqueue(INSERT, [2, 'during']);
    await clock.advance(200);
    await waitFor(() => store.status().state === 'ok', { what: 'the worker to be started again' });
    await waitFor(async () => (await countTestRows(store)) === 2, { what: 'the rows' });
    expect(store.status()).toMatchObject({ lostRows: 0, queuedRows: 0 });
  });

  it('again and again is started ever more slowly', async () => {
    const clock = createFakeClock();
    const store = await bench.open({ clock, workerUrl });
    const pauses: number[] = [];
    for (let crash = 0; crash < 4; crash++) {
      await store.run('CRASH NOW').catch(() => undefined);
      await waitFor(() => store.status().state === 'unavailable', { what: 'the crash to be noticed' });
      const startedMs = clock.monotonicMs();
      for (let waited = 0; store.status().state !== 'ok' && waited < 400; waited++) {
        await clock.advance(100);
        // Real time for the real thread, only when it has been started.
        if (clock.pendingTimers < 2)
          await waitFor(() => store.status().state === 'ok', { what: 'the worker' });
      }
      pauses.push(clock.monotonicMs() - startedMs);
    }
    expect(pauses).toEqual([200, 1000, 2000, 4000]);
  });
});

describe('a database from the future', () => {
  it('is refused and not touched', async () => {
    const future = new Database(bench.path);
    future.exec('CREATE TABLE tomorrow (x); PRAGMA user_version = 100000');
    future.close();
    const before = sha256(bench.path);
    await expect(bench.open()).rejects.toMatchObject({ code: 'store.version_from_future' });
    expect(sha256(bench.path)).toBe(before);
    expect(existsSync(`${bench.path}-wal`)).toBe(false);
  });
});

it('starts without a database when there can be none, and has one as soon as it can', async () => {
  const clock = createFakeClock();
  const path = bench.folder.file('later/streamware.sqlite');
  writeFileSync(bench.folder.file('later'), 'a file where the folder should be');
  const store = await bench.open({ clock, path });
  expect(store.status()).toMatchObject({ state: 'unavailable', problem: { code: 'store.unavailable' } });
  store.enqueue("INSERT INTO health_series (stream_id, output_id) VALUES ('s', '')");
  await expect(store.all('SELECT 1')).rejects.toMatchObject({ code: 'store.unavailable', retryable: true });
  rmSync(bench.folder.file('later'));
  mkdirSync(bench.folder.file('later'));
  await clock.advance(200);
  await waitFor(() => store.status().state === 'ok' && store.status().queuedRows === 0, {
    what: 'the database',
  });
  expect(await store.all('SELECT stream_id FROM health_series')).toEqual([{ stream_id: 's' }]);
});

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
