/**
 * Requests with an `Idempotency-Key` in the database, so that one which is sent again after the engine was restarted or
 * killed gets its first answer, or hears that nobody knows how it ended, and is never carried out twice.
 *
 * The claim is committed before anything is done. It needs no fsync of its own: it stands in the same log before everything
 * the request writes, so a power cut that leaves the deed leaves the claim too.
 *
 * Answers may hold what is shown once, such as a new token; and the fingerprint of a request would let its passwords be
 * guessed. Both are sealed under the master key. In the clear are the token's id, the key, and the time.
 */
import { z } from 'zod';
import { type ErrorCode, errorCodes, problemSchema, StreamwareError } from '../contract/errors.ts';
import { InvalidValueError } from '../contract/parse.ts';
import { type Clock, delay } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { SealedBox } from '../lib/sealedBox.ts';
import type { RetentionJob } from '../store/retention.ts';
import type { Statement, Store } from '../store/store.ts';
import {
  type IdempotencyJournal,
  KEPT_MS,
  type KeptRequest,
  type KeyedRequest,
  type Outcome,
} from './idempotency.ts';

/** A request waits no longer for its claim, nor an answer for being kept: an API without replay beats one that hangs. */
const WAIT_MS = 1000;
/** A longer answer is not kept. The longest of a stream with fifty outputs has about 60 kB. */
const MAX_ANSWER_BYTES = 256 * 1024;
const MAX_ROWS = 5000;
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;
const REMOVED_PER_STEP = 1000;
/** A client in a loop fills the table faster than the rounds of retention come. */
const CLAIMS_PER_TRIM = 500;

const INTERRUPTED = 'It was being carried out when the engine stopped.';

const columns = 'token_id, key, claimed_at, bytes, content';
const values = '@owner, @key, @claimedAt, @bytes, @content';
const takeNewContent = 'claimed_at = excluded.claimed_at, bytes = excluded.bytes, content = excluded.content';

/** The statements; exported so that a test can ask SQLite how it would run them. */
export const idempotencySql = {
  claim: `-- idempotency claim
    INSERT INTO idempotency_keys (${columns}) VALUES (${values})
    ON CONFLICT (token_id, key) DO UPDATE SET ${takeNewContent}
    WHERE idempotency_keys.claimed_at NOT BETWEEN @claimedAt - ${KEPT_MS} AND @claimedAt + ${KEPT_MS}`,
  settle: `-- idempotency settle
    INSERT INTO idempotency_keys (${columns}) VALUES (${values})
    ON CONFLICT (token_id, key) DO UPDATE SET ${takeNewContent}`,
  find: `-- idempotency find
    SELECT claimed_at, content FROM idempotency_keys
    WHERE token_id = @owner AND key = @key AND claimed_at BETWEEN @now - ${KEPT_MS} AND @now + ${KEPT_MS}`,
  release: '-- idempotency release\n DELETE FROM idempotency_keys WHERE token_id = @owner AND key = @key',
  /** Also what a wrong clock dated into the future. */
  removeOld: `-- idempotency remove old
    DELETE FROM idempotency_keys WHERE id IN (
      SELECT id FROM idempotency_keys WHERE claimed_at < @now - ${KEPT_MS} OR claimed_at > @now + ${KEPT_MS}
      LIMIT ${REMOVED_PER_STEP})`,
  removeExcess: `-- idempotency remove excess
    DELETE FROM idempotency_keys WHERE id IN (
      SELECT id FROM (
        SELECT id, row_number() OVER newest AS place, sum(bytes) OVER newest AS total FROM idempotency_keys
        WINDOW newest AS (ORDER BY claimed_at DESC ROWS UNBOUNDED PRECEDING)
      ) WHERE place > @rows OR total > @bytes LIMIT ${REMOVED_PER_STEP})`,
} as const;

const keptRow = z.object({ claimed_at: z.number(), content: z.string() });

/** What is sealed. */
const contentSchema = z.object({
  fingerprint: z.string(),
  outcome: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('running') }),
    z.object({ kind: z.literal('answered'), result: z.unknown().optional() }),
    z.object({ kind: z.literal('refused'), problem: problemSchema }),
    z.object({ kind: z.literal('tooLong') }),
  ]),
});
type Content = z.infer<typeof contentSchema>;

export interface IdempotencyJournalOptions {
  readonly store: Store;
  readonly box: SealedBox;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes secrets out of the texts of refusals. */
  readonly redact: (text: string) => string;
}

/** The journal, and the job that ages it out: after a day, or beyond 5000 requests or 64 MB. */
export class StoredIdempotencyJournal implements IdempotencyJournal {
  readonly retention: RetentionJob = { name: 'idempotency keys', step: (nowMs) => this.#trim(nowMs) };
  readonly #options: IdempotencyJournalOptions;
  #claims = 0;

  constructor(options: IdempotencyJournalOptions) {
    this.#options = options;
  }

  claim(request: KeyedRequest, nowMs: number): Promise<KeptRequest | null> {
    this.#claims += 1;
    if (this.#claims % CLAIMS_PER_TRIM === 0) void this.#attempt('trim', this.#trim(nowMs), false);
    return this.#attempt('claim', this.#claim(request, nowMs), null);
  }

  settle(request: KeyedRequest, claimedAtMs: number, outcome: Outcome): Promise<void> {
    const content = toContent(outcome, this.#options.redact);
    const statement = this.#statement(idempotencySql.settle, request, claimedAtMs, content);
    return this.#attempt('settle', this.#write(statement), undefined);
  }

  release({ owner, key }: KeyedRequest): Promise<void> {
    const statement = { sql: idempotencySql.release, params: { owner, key } };
    return this.#attempt('release', this.#write(statement), undefined);
  }

  async #claim(request: KeyedRequest, nowMs: number): Promise<KeptRequest | null> {
    const { store, box } = this.#options;
    const { owner, key } = request;
    const { sql, params } = this.#statement(idempotencySql.claim, request, nowMs, { kind: 'running' });
    if (store.status().state === 'ok' && (await changesOf(store.run(sql, params))) === 1) return null;
    const find = { owner, key, now: Math.round(nowMs) };
    const row =
      store.status().state === 'unavailable' ? undefined : await store.get(idempotencySql.find, find);
    if (row !== undefined) return toKept(box, request, keptRow.parse(row));
    store.enqueue(sql, params);
    return null;
  }

  /** Now when that is possible, else as soon as it is. */
  async #write({ sql, params }: Statement): Promise<void> {
    const { store } = this.#options;
    if (store.status().state === 'ok' && (await changesOf(store.run(sql, params))) !== null) return;
    store.enqueue(sql, params);
  }

  async #trim(nowMs: number): Promise<boolean> {
    const [old, excess] = await this.#options.store.batch([
      { sql: idempotencySql.removeOld, params: { now: Math.round(nowMs) } },
      { sql: idempotencySql.removeExcess, params: { rows: MAX_ROWS, bytes: MAX_TOTAL_BYTES } },
    ]);
    return old?.changes === REMOVED_PER_STEP || excess?.changes === REMOVED_PER_STEP;
  }

  #statement(
    sql: string,
    request: KeyedRequest,
    claimedAtMs: number,
    outcome: Content['outcome'],
  ): Statement {
    const { owner, key } = request;
    const content = seal(this.#options.box, request, outcome);
    const params = { owner, key, claimedAt: Math.round(claimedAtMs), bytes: content.length, content };
    return { sql, params };
  }

  #attempt<Value>(what: string, work: Promise<Value>, otherwise: Value): Promise<Value> {
    const { clock, logger } = this.#options;
    return withoutHanging(clock, work, otherwise, (error) =>
      logger.warn('an Idempotency-Key will not outlive the engine', { what, error }),
    );
  }
}

/** How many rows were written; null when the database could not take them just now. */
async function changesOf(written: Promise<{ changes: number }>): Promise<number | null> {
  try {
    return (await written).changes;
  } catch (error) {
    if (error instanceof StreamwareError && error.code === 'store.unavailable') return null;
    throw error;
  }
}

/** `otherwise` when the work fails, and after a second; the work itself goes on then. */
async function withoutHanging<Value>(
  clock: Clock,
  work: Promise<Value>,
  otherwise: Value,
  onError: (error: unknown) => void,
): Promise<Value> {
  const done = new AbortController();
  const safe = work.catch((error: unknown) => {
    onError(error);
    return otherwise;
  });
  const value = await Promise.race([safe, delay(clock, WAIT_MS, done.signal).then(() => otherwise)]);
  done.abort();
  return value;
}

function purposeOf({ owner, key }: KeyedRequest): string {
  return `idempotency/${owner} ${key}`;
}

function seal(box: SealedBox, request: KeyedRequest, outcome: Content['outcome']): string {
  const { fingerprint } = request;
  const text = JSON.stringify({ fingerprint, outcome } satisfies Content);
  const kept: Content = { fingerprint, outcome: { kind: 'tooLong' } };
  return box.seal(text.length > MAX_ANSWER_BYTES ? JSON.stringify(kept) : text, purposeOf(request));
}

function toContent(outcome: Outcome, redact: (text: string) => string): Content['outcome'] {
  if (outcome.kind === 'answered') return outcome;
  const { error } = outcome;
  const problem = error.toProblem();
  if (problem.detail !== undefined) problem.detail = redact(problem.detail);
  if (error instanceof InvalidValueError)
    problem.issues = error.issues.map(({ field, detail }) => ({ field, detail: redact(detail) }));
  return { kind: 'refused', problem };
}

function toKept(box: SealedBox, request: KeyedRequest, row: z.output<typeof keptRow>): KeptRequest {
  const claimedAtMs = row.claimed_at;
  const opened = box.open(row.content, purposeOf(request));
  if (!opened.ok) {
    const reason = `What was kept of it cannot be read (${
      opened.reason === 'wrongKey' ? 'it was sealed with another master key' : 'it is damaged'
    }).`;
    return { fingerprint: request.fingerprint, claimedAtMs, outcome: { kind: 'unknown', reason } };
  }
  const { fingerprint, outcome } = contentSchema.parse(JSON.parse(opened.text));
  return { fingerprint, claimedAtMs, outcome: toOutcome(outcome) };
}

function toOutcome(outcome: Content['outcome']): KeptRequest['outcome'] {
  switch (outcome.kind) {
    case 'answered':
      return { kind: 'answered', result: outcome.result };
    case 'refused':
      return refusalOf(outcome.problem);
    case 'running':
      return { kind: 'unknown', reason: INTERRUPTED };
    case 'tooLong':
      return { kind: 'unknown', reason: 'It was carried out; its answer was too long to be kept.' };
  }
}

function refusalOf(problem: z.output<typeof problemSchema>): KeptRequest['outcome'] {
  const { code, hint, detail, field, issues = [] } = problem;
  if (!isKnownCode(code)) return { kind: 'unknown', reason: `It was refused with ${code}.` };
  if (issues.length > 1) return { kind: 'refused', error: new InvalidValueError(code, issues) };
  const error = new StreamwareError(code, {
    hint,
    ...(detail === undefined ? {} : { detail }),
    ...(field === undefined ? {} : { field }),
  });
  return { kind: 'refused', error };
}

/** One that another version of the engine put down may be gone. */
function isKnownCode(code: string): code is ErrorCode {
  return errorCodes.some((known) => known === code);
}
