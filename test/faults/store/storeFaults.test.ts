/** What a database meets in real life: other programs, full disks, kill -9. The broadcast must not notice, the user must. */
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../main/store/store.ts';
import { startPeer } from '../../helpers/childProcess.ts';
import { createFakeClock, type FakeClock } from '../../helpers/fakeClock.ts';
import { startOtherProgram } from '../../helpers/otherSqliteProgram.ts';
import { mountSmallDisk, type SmallDisk } from '../../helpers/smallDisk.ts';
import { countTestRows, createStoreBench, makeTestTable, type StoreBench } from '../../helpers/storeBench.ts';
import { waitFor } from '../../helpers/waitFor.ts';

const INSERT = 'INSERT OR IGNORE INTO test_rows (n, text) VALUES (?, ?)';
let clock: FakeClock;
let bench: StoreBench;
beforeEach(() => {
  clock = createFakeClock();
  bench = createStoreBench(clock);
});
afterEach(() => bench.close());

/** Lets the store's own timers run until it is as wanted. */
async function until(store: Store, what: string, isThere: () => boolean): Promise<void> {
  await waitFor(
    async () => {
      await clock.advance(1000);
      return isThere();
    },
    { what: `${what}, not ${JSON.stringify(store.status())}` },
  );
}

describe('locked by another program', () => {
  it('says so, goes on reading, and writes everything once the lock is gone', async () => {
    const store = await bench.open({ clock });
    await makeTestTable(store);
    const other = await startOtherProgram(bench.path, 'lock');
    for (let n = 0; n < 2000; n++) store.enqueue(INSERT, [n, null]);
    await until(store, 'the lock to be noticed', () => store.status().state === 'degraded');
    expect(store.status().problem).toMatchObject({
      code: 'store.unavailable',
      detail: 'Another program has locked the database.',
    });
    await expect(store.run(INSERT, [9999, null])).rejects.toMatchObject({
      code: 'store.unavailable',
      retryable: true,
    });
    expect(await countTestRows(store)).toBe(0);
    await other.stop();
    await until(store, 'the store to be well again', () => store.status().queuedRows === 0);
    await waitFor(() => store.status().state === 'ok', { what: 'the store to say so' });
    expect(store.status()).toMatchObject({ problem: null, lostRows: 0 });
    expect(await countTestRows(store)).toBe(2000);
  });

  it('counts what does not fit into memory meanwhile, and keeps the events', async () => {
    const store = await bench.open({ clock, maxQueuedRows: 1000 });
    await makeTestTable(store);
    const other = await startOtherProgram(bench.path, 'lock');
    for (let n = 1; n <= 3000; n++) store.enqueue(INSERT, [n, null], n <= 10 ? 'event' : 'sample');
    await until(store, 'the lock to be noticed', () => store.status().state === 'degraded');
    await store.flush();
    expect(store.status()).toMatchObject({ queuedRows: 1000, lostRows: 2000 });
    expect(bench.log.some(({ message }) => message.startsWith('rows lost'))).toBe(true);
    await other.stop();
    await until(store, 'the store to be well again', () => store.status().queuedRows === 0);
    expect(await countTestRows(store)).toBe(1000);
    expect(await store.get('SELECT count(*) AS count FROM test_rows WHERE n <= 10')).toEqual({ count: 10 });
  });

  it('is over by itself also when nothing waits to be written', async () => {
    const store = await bench.open({ clock });
    await makeTestTable(store);
    const other = await startOtherProgram(bench.path, 'lock');
    await expect(store.run(INSERT, [1, null])).rejects.toMatchObject({ code: 'store.unavailable' });
    // Asked twice a minute whether it is over; it is not.
    await clock.advance(31_000);
    expect(await countTestRows(store)).toBe(0);
    expect(store.status().state).toBe('degraded');
    await other.stop();
    await until(store, 'the store to be well again', () => store.status().state === 'ok');
  });

  it('at the start: it begins without, and catches up', async () => {
    const first = await bench.open();
    await makeTestTable(first);
    await first.close();
    const other = await startOtherProgram(bench.path, 'exclusive');
    const store = await bench.open({ clock });
    expect(store.status()).toMatchObject({ state: 'unavailable', problem: { code: 'store.unavailable' } });
    store.enqueue(INSERT, [1, null]);
    await other.stop();
    await until(
      store,
      'the database',
      () => store.status().state === 'ok' && store.status().queuedRows === 0,
    );
    expect(await countTestRows(store)).toBe(1);
    expect(store.status().setAside).toBeNull();
  });

  it('still closes in time', async () => {
    const store = await bench.open({ clock });
    await makeTestTable(store);
    const other = await startOtherProgram(bench.path, 'lock');
    store.enqueue(INSERT, [1, null]);
    await store.close();
    expect(bench.log.at(-1)?.message).toBe('closed before everything was saved');
    await other.stop();
  });
});

describe('a full disk', () => {
  it('is told, loses nothing that fits into memory, and is over when there is room', async () => {
    const disk = tryToMount(4);
    const path = disk ? `${disk.path}/streamware.sqlite` : bench.path;
    const store = await bench.open({ clock, path });
    await makeTestTable(store);
    // Without the right to mount, SQLite's own limit stands in for the end of the disk.
    if (disk) disk.fill('other');
    else await store.get('PRAGMA max_page_count = 1');
    for (let n = 0; n < 400; n++) store.enqueue(INSERT, [n, 'x'.repeat(1000)]);
    await until(store, 'the full disk to be noticed', () => store.status().state === 'degraded');
    expect(store.status().problem).toMatchObject({ detail: 'The disk with the database is full.' });
    await expect(store.run(INSERT, [9999, 'x'.repeat(5000)])).rejects.toMatchObject({
      code: 'store.unavailable',
    });
    expect(await countTestRows(store)).toBe(0);
    if (disk) disk.free('other');
    else await store.get('PRAGMA max_page_count = 100000');
    await until(store, 'the store to be well again', () => store.status().queuedRows === 0);
    await waitFor(() => store.status().state === 'ok', { what: 'the store to say so' });
    expect(store.status()).toMatchObject({ lostRows: 0, setAside: null });
    expect(await countTestRows(store)).toBe(400);
    await store.close();
    disk?.unmount();
  });
});

describe('a reader that does not end', () => {
  it('makes the log grow, which is told, and the log is small again soon after it ended', async () => {
    const store = await bench.open({ clock });
    await makeTestTable(store);
    const reader = await startOtherProgram(bench.path, 'read');
    const walBytes = (): number => statSync(`${bench.path}-wal`).size;
    for (let n = 0; walBytes() < 70 * 1024 * 1024; n += 500) {
      for (let row = n; row < n + 500; row++) store.enqueue(INSERT, [row, 'x'.repeat(4000)]);
      await store.flush();
    }
    const rows = await countTestRows(store);
    await until(store, 'the growing log to be told', () => store.status().problem?.code === 'store.log_held');
    expect(store.status().state).toBe('degraded');
    expect(store.status().walBytes).toBeGreaterThan(64 * 1024 * 1024);
    store.enqueue(INSERT, [1e6, null]);
    await store.flush();
    expect(store.status().queuedRows).toBe(0);
    await reader.stop();
    await until(store, 'the store to be well again', () => store.status().state === 'ok');
    expect(walBytes()).toBeLessThan(1024 * 1024);
    expect(await countTestRows(store)).toBe(rows + 1);
  });
});

describe('kill -9 in the middle of writing', () => {
  it('keeps every row that was said to be committed, and no half transaction', async () => {
    const writer = fileURLToPath(new URL('../../helpers/storeWriter.ts', import.meta.url));
    let committed = 0;
    for (let round = 1; round <= 4; round++) {
      const peer = await startPeer({
        command: process.execPath,
        args: [writer, bench.path],
        ownStdout: true,
      });
      let printed = '';
      peer.process.stdout?.on('data', (chunk: Buffer) => {
        printed += chunk.toString('utf8');
      });
      const enough = committed + 50 * round;
      await waitFor(() => lastNumber(printed) >= enough, { what: 'the writer to have written' });
      peer.signal('SIGKILL');
      await peer.exited;
      committed = Math.max(committed, lastNumber(printed));
    }
    const store = await bench.open({ clock });
    expect(store.status()).toMatchObject({ state: 'ok', setAside: null });
    const rows = await countTestRows(store);
    expect(rows).toBeGreaterThanOrEqual(committed);
    expect(await store.get('SELECT count(*) AS count, max(n) AS last FROM copies')).toEqual({
      count: rows,
      last: rows,
    });
    await store.close();
    const database = new Database(bench.path, { readonly: true });
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
  });
});

function tryToMount(megabytes: number): SmallDisk | null {
  try {
    return mountSmallDisk(megabytes);
  } catch {
    return null;
  }
}

function lastNumber(printed: string): number {
  return Number(printed.split('\n').at(-2) ?? 0);
}
