// Requests with an Idempotency-Key over restarts of the database, on a real one.
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IdempotencyKeys, type KeyedRequest } from '../../main/api/idempotency.ts';
import { idempotencySql, StoredIdempotencyJournal } from '../../main/api/idempotencyJournal.ts';
import { StreamwareError } from '../../main/contract/errors.ts';
import { InvalidValueError } from '../../main/contract/parse.ts';
import { type Clock, systemClock } from '../../main/lib/clock.ts';
import { nullLogger } from '../../main/lib/logger.ts';
import { SealedBox } from '../../main/lib/sealedBox.ts';
import type { Store } from '../../main/store/store.ts';
import { createFakeClock, type FakeClock } from '../helpers/fakeClock.ts';
import { startOtherProgram } from '../helpers/otherSqliteProgram.ts';
import { createStoreBench, type StoreBench } from '../helpers/storeBench.ts';
import { waitFor } from '../helpers/waitFor.ts';

const DAY_MS = 24 * 3_600_000;
const masterKey = randomBytes(32);
let bench: StoreBench;
let clock: FakeClock;
let store: Store;

beforeEach(async () => {
  bench = createStoreBench();
  clock = createFakeClock();
  store = await bench.open();
});
afterEach(() => bench.close());

/** The keys as an engine that was just started has them. */
function startedAgain(key: Uint8Array = masterKey, waits: Pick<Clock, 'after'> = clock) {
  const journal = new StoredIdempotencyJournal({
    store,
    box: new SealedBox(key),
    clock: { ...clock, nowMs: () => clock.nowMs(), after: waits.after },
    logger: nullLogger,
    redact: (text) => text.replaceAll('hunter2', '[redacted]'),
  });
  const keys = new IdempotencyKeys(clock, journal);
  const send = async (execute: () => Promise<unknown>, request: Partial<KeyedRequest> = {}) => {
    const run = await keys.run({ owner: 'tok_1', key: 'k', fingerprint: 'f', ...request }, execute);
    return { result: await run.result, isReplay: run.isReplay };
  };
  return { send, journal };
}

const never = async (): Promise<never> => {
  throw new Error('this was carried out a second time');
};
const countRows = async (): Promise<number> =>
  ((await store.get('SELECT count(*) AS count FROM idempotency_keys')) as { count: number }).count;

describe('a request that is sent again after a restart', () => {
  it('gets its first answer, and a 422 when it is another one', async () => {
    await startedAgain().send(async () => ({ id: 'str_1', state: 'idle' }));
    const { send } = startedAgain();
    await expect(send(never, { fingerprint: 'other' })).rejects.toMatchObject({ status: 422 });
    expect(await send(never)).toEqual({ result: { id: 'str_1', state: 'idle' }, isReplay: true });
    expect(await send(async () => 'mine', { owner: 'tok_2' })).toEqual({ result: 'mine', isReplay: false });
  });

  it('gets an answer without a body again as such', async () => {
    await startedAgain().send(async () => undefined);
    expect(await startedAgain().send(never)).toEqual({ result: undefined, isReplay: true });
  });

  it('gets its refusal with every field at fault, and without the secrets the engine knew', async () => {
    const issues = [
      { field: 'output.0.url', detail: 'holds hunter2' },
      { field: 'output.1.url', detail: 'is missing' },
    ];
    const refuse = async (): Promise<never> => {
      throw new InvalidValueError('request.invalid', issues);
    };
    await expect(startedAgain().send(refuse)).rejects.toThrow('hunter2');
    await expect(startedAgain().send(never)).rejects.toMatchObject({
      code: 'request.invalid',
      field: 'output.0.url',
      issues: [{ field: 'output.0.url', detail: 'holds [redacted]' }, issues[1]],
    });
    const duplicate = new StreamwareError('output.duplicate', {
      detail: 'Twice.',
      hint: 'Once.',
      field: 'output.1',
    });
    const refuseOther = async (): Promise<never> => {
      throw duplicate;
    };
    await expect(startedAgain().send(refuseOther, { key: 'b' })).rejects.toThrow();
    await expect(startedAgain().send(never, { key: 'b' })).rejects.toEqual(duplicate);
  });

  it('is not carried out when the engine was killed in the middle of it', async () => {
    const begun = Promise.withResolvers<void>();
    void startedAgain().send(() => {
      begun.resolve();
      return new Promise(() => undefined);
    });
    await begun.promise;
    await expect(startedAgain().send(never)).rejects.toMatchObject({
      code: 'request.idempotency_unknown',
      detail: 'It was being carried out when the engine stopped.',
    });
  });

  it('is carried out when it had failed in a way that may pass', async () => {
    const failing = async (): Promise<never> => {
      throw new StreamwareError('store.unavailable');
    };
    await expect(startedAgain().send(failing)).rejects.toThrow();
    expect(await startedAgain().send(async () => 'done')).toEqual({ result: 'done', isReplay: false });
  });

  it('is not carried out when what was kept cannot be read: another master key, or a damaged row', async () => {
    await startedAgain().send(async () => 'answer');
    await expect(startedAgain(randomBytes(32)).send(never)).rejects.toThrow('another master key');
    await store.run("UPDATE idempotency_keys SET content = substr(content, 1, length(content) - 3) || 'AAA'");
    await expect(startedAgain().send(never)).rejects.toMatchObject({ code: 'request.idempotency_unknown' });
  });

  it('is carried out again a day later by the wall clock, also when that was wrong in between', async () => {
    await startedAgain().send(async () => 1);
    clock.jumpWallClock(DAY_MS);
    expect(await startedAgain().send(never)).toEqual({ result: 1, isReplay: true });
    clock.jumpWallClock(1);
    expect(await startedAgain().send(async () => 2)).toEqual({ result: 2, isReplay: false });
    clock.jumpWallClock(-3 * DAY_MS);
    expect(await startedAgain().send(async () => 3)).toEqual({ result: 3, isReplay: false });
  });

  it('is not carried out when its answer was too long to be kept', async () => {
    await startedAgain().send(async () => 'x'.repeat(300_000));
    await expect(startedAgain().send(never)).rejects.toThrow('too long to be kept');
  });
});

it('keeps answers sealed: neither a token shown once nor the fingerprint is in the files', async () => {
  const fingerprint = 'f1ngerpr1nt'.repeat(5);
  await startedAgain().send(async () => ({ token: 'sw_shownOnce4711' }), { fingerprint });
  await store.flush();
  const bytes = ['', '-wal']
    .map((suffix) => readFileSync(`${bench.path}${suffix}`).toString('latin1'))
    .join();
  expect(bytes).toContain('tok_1');
  expect(bytes).not.toContain('shownOnce');
  expect(bytes).not.toContain('f1ngerpr1nt');
});

describe('what is kept is bounded', () => {
  it('to a day', async () => {
    const { send, journal } = startedAgain();
    await send(async () => 1);
    clock.jumpWallClock(DAY_MS / 2);
    await send(async () => 2, { key: 'younger' });
    clock.jumpWallClock(DAY_MS / 2 + 1);
    expect(await journal.retention.step(clock.nowMs())).toBe(false);
    expect(await countRows()).toBe(1);
    // Dated by a clock that was wrong.
    clock.jumpWallClock(-10 * DAY_MS);
    await journal.retention.step(clock.nowMs());
    expect(await countRows()).toBe(0);
  });

  it('to 5000 requests and 64 MB, of which the newest stay', async () => {
    const { journal } = startedAgain();
    const fill = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @count)
      INSERT INTO idempotency_keys (token_id, key, claimed_at, bytes, content)
      SELECT 't', @prefix || i, @now + i, @bytes, 'sealed:' FROM n`;
    const now = clock.nowMs();
    const trim = async (): Promise<void> => {
      while (await journal.retention.step(now));
    };
    await store.run(fill, { count: 7500, prefix: 'a', now, bytes: 100 });
    await trim();
    expect(await countRows()).toBe(5000);
    expect(await store.get('SELECT min(claimed_at) AS oldest FROM idempotency_keys')).toEqual({
      oldest: now + 2501,
    });
    await store.run('DELETE FROM idempotency_keys');
    await store.run(fill, { count: 1000, prefix: 'b', now, bytes: 1024 * 1024 });
    await trim();
    expect(await countRows()).toBe(64);
  });

  it('also between the rounds of retention', async () => {
    const { send } = startedAgain();
    await store.run(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
       INSERT INTO idempotency_keys (token_id, key, claimed_at, bytes, content) SELECT 't', 'a' || i, @now, 1, 'sealed:' FROM n`,
      { now: clock.nowMs() },
    );
    for (let index = 0; index < 500; index++) await send(async () => 1, { key: `n${index}` });
    expect(await countRows()).toBeLessThan(6000);
  });

  it('without reading the answers, and a key is found by an index', () => {
    const database = new Database(bench.path, { readonly: true });
    const planOf = (sql: string, params: object): string =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql.replace(/^--.*$/m, '')}`)
        .all(params)
        .map((row) => (row as { detail: string }).detail)
        .join('\n');
    expect(planOf(idempotencySql.find, { owner: 'a', key: 'b', now: 1 })).toMatch(/SEARCH .* USING INDEX/);
    expect(planOf(idempotencySql.removeExcess, { rows: 1, bytes: 1 })).toContain(
      'COVERING INDEX idempotency_keys_by_age',
    );
    database.close();
  });
});

describe('a database that cannot be used', () => {
  it('because another program locks it, costs no request: keys hold in memory and are written later', async () => {
    const { send } = startedAgain(masterKey, systemClock);
    await send(async () => 'before', { key: 'before' });
    const other = await startOtherProgram(bench.path, 'lock');
    try {
      expect(await send(async () => 'during')).toEqual({ result: 'during', isReplay: false });
      expect(await send(never)).toEqual({ result: 'during', isReplay: true });
      const { send: sendLater } = startedAgain(masterKey, systemClock);
      expect(await sendLater(never, { key: 'before' })).toEqual({ result: 'before', isReplay: true });
    } finally {
      await other.stop();
    }
    await waitFor(() => store.status().state === 'ok' && store.status().queuedRows === 0, {
      what: 'what waited to be written',
    });
    expect(await startedAgain().send(never)).toEqual({ result: 'during', isReplay: true });
  });

  it('does not keep a request that failed for it from being tried again', async () => {
    const { send } = startedAgain(masterKey, systemClock);
    const other = await startOtherProgram(bench.path, 'lock');
    const failing = async (): Promise<never> => {
      await store.run("UPDATE streams SET name = 'x'");
      throw new Error('the lock was not held');
    };
    await expect(send(failing)).rejects.toMatchObject({ code: 'store.unavailable' });
    await other.stop();
    expect(await send(async () => 'done')).toEqual({ result: 'done', isReplay: false });
    await waitFor(() => store.status().queuedRows === 0, { what: 'what waited to be written' });
    expect(await startedAgain().send(never)).toEqual({ result: 'done', isReplay: true });
  });

  it('because it is closed, costs no request either', async () => {
    await store.close();
    const { send } = startedAgain();
    expect(await send(async () => 'answer')).toEqual({ result: 'answer', isReplay: false });
    expect(await send(never)).toEqual({ result: 'answer', isReplay: true });
    expect(statSync(bench.path).size).toBeGreaterThan(0);
  });
});
