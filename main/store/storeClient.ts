import { StreamwareError } from '../contract/errors.ts';
import { type Clock, delay, type Timer } from '../lib/clock.ts';
import { Emitter } from '../lib/emitter.ts';
import type { Logger } from '../lib/logger.ts';
import type { Answers, Request, RunResult, SetAside, SqlParams, Statement } from './protocol.ts';
import type { Importance, Store, StoreEvents, StoreStatus } from './store.ts';
import { failureProblem, StoreConnection } from './storeConnection.ts';
import { StoreRequestError } from './workerLink.ts';
import { WriteBehind } from './writeBehind.ts';

export interface OpenStoreOptions {
  /** The database file, absolute. Its folder must exist. */
  path: string;
  clock: Clock;
  logger: Logger;
  /** How much waits in memory while nothing can be written. Defaults: 20 000 rows, 16 MiB. */
  maxQueuedRows?: number;
  maxQueuedBytes?: number;
  /** For tests: another worker. */
  workerUrl?: URL;
}

const FLUSH_AFTER_MS = 250;
const BATCH_ROWS = 500;
const MAX_RETRY_MS = 5000;
const CLOSE_FLUSH_MS = 2000;

/**
 * Opens the database, or begins one. A file that cannot be opened just now does not reject: the store starts
 * `unavailable` and keeps trying, because a broadcast must not depend on it.
 * @throws `store.version_from_future`: nothing was touched
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const store = new StoreClient(options);
  await store.open();
  return store;
}

/** Whether a write was refused because a unique or primary key exists already. */
export function isUniqueViolation(error: unknown): boolean {
  return (
    error instanceof StoreRequestError && /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)/.test(error.failure.code)
  );
}

class StoreClient implements Store {
  readonly events = new Emitter<StoreEvents>();
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #connection: StoreConnection;
  readonly #waiting: WriteBehind;
  #refusedRows = 0;
  #toldLost = 0;
  #timer: Timer | null = null;
  #retryMs = 0;
  #flushing: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: OpenStoreOptions) {
    const {
      path,
      clock,
      logger,
      workerUrl,
      maxQueuedRows = 20_000,
      maxQueuedBytes = 16 * 1024 * 1024,
    } = options;
    this.#clock = clock;
    this.#logger = logger.child({ part: 'store' });
    this.#waiting = new WriteBehind({ maxRows: maxQueuedRows, maxBytes: maxQueuedBytes });
    this.#connection = new StoreConnection({ path, clock, logger: this.#logger, workerUrl });
    this.#connection.onChanged = (): void => this.events.emit('statusChanged', this.status());
    this.#connection.onOpened = (setAside: SetAside | null): void => {
      if (setAside) this.events.emit('replaced', setAside);
      void this.flush();
    };
  }

  async open(): Promise<void> {
    const failure = await this.#connection.open();
    if (failure?.kind !== 'future') return;
    await this.close();
    throw failureProblem(failure);
  }

  run(sql: string, params: SqlParams = []): Promise<RunResult> {
    return this.#ask({ kind: 'run', sql, params });
  }

  get(sql: string, params: SqlParams = []): Promise<unknown> {
    return this.#ask({ kind: 'get', sql, params });
  }

  all(sql: string, params: SqlParams = []): Promise<unknown[]> {
    return this.#ask({ kind: 'all', sql, params });
  }

  batch(statements: readonly Statement[], options: { durable?: boolean } = {}): Promise<RunResult[]> {
    return this.#ask({ kind: 'batch', statements, durable: options.durable ?? false });
  }

  enqueue(sql: string, params: SqlParams = [], importance: Importance = 'sample'): void {
    if (!Object.values(params).every(isBindable)) {
      this.#refused(1, `a value that SQLite cannot keep: ${sql}`);
      return;
    }
    this.#waiting.add({ sql, params }, importance);
    this.#tellLost();
    if (this.#waiting.size >= BATCH_ROWS && this.#retryMs === 0) void this.flush();
    else this.#flushAfter(FLUSH_AFTER_MS);
  }

  flush(): Promise<void> {
    this.#flushing ??= this.#writeAll().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  status(): StoreStatus {
    const { state, problem, walBytes, setAside } = this.#connection;
    return {
      state,
      problem: problem?.toProblem() ?? null,
      queuedRows: this.#waiting.size,
      lostRows: this.#waiting.lost,
      refusedRows: this.#refusedRows,
      walBytes,
      setAside,
    };
  }

  async backupTo(path: string): Promise<void> {
    try {
      await this.#connection.request({ kind: 'backup', path });
    } catch (error) {
      throw error instanceof StoreRequestError ? backupProblem(error, path) : error;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const flushed = new AbortController();
    await Promise.race([this.flush(), delay(this.#clock, CLOSE_FLUSH_MS, flushed.signal)]);
    flushed.abort();
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#waiting.size > 0)
      this.#logger.warn('closed before everything was saved', { rows: this.#waiting.size });
    await this.#connection.close();
    this.events.clear();
  }

  async #ask<R extends Request>(request: R): Promise<Answers[R['kind']]> {
    try {
      return await this.#connection.request(request);
    } catch (error) {
      const isOwnFault = !(error instanceof StoreRequestError) || error.failure.kind === 'query';
      throw isOwnFault ? error : unavailable(error);
    }
  }

  async #writeAll(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    while (this.#waiting.size > 0 && this.#connection.isOpen) {
      const rows = this.#waiting.take(BATCH_ROWS);
      try {
        const { refused, firstRefusal } = await this.#connection.request({
          kind: 'writeRows',
          statements: rows.statements,
        });
        this.#retryMs = 0;
        if (refused > 0) this.#refused(refused, firstRefusal ?? '');
      } catch {
        // The connection has taken note of the reason; here the rows just wait for better times.
        rows.giveBack();
        this.#retryMs = Math.min(MAX_RETRY_MS, Math.max(FLUSH_AFTER_MS, this.#retryMs * 2));
        this.#flushAfter(this.#retryMs);
        return;
      }
    }
  }

  #flushAfter(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer ??= this.#clock.after(delayMs, () => {
      this.#timer = null;
      void this.flush();
    });
  }

  #refused(rows: number, reason: string): void {
    this.#refusedRows += rows;
    this.#logger.error('rows refused by the database', { rows, reason });
  }

  #tellLost(): void {
    const { lost } = this.#waiting;
    if (lost === this.#toldLost) return;
    // Every doubling is told, so that a long outage does not become a flood.
    if (this.#toldLost === 0 || lost >= this.#toldLost * 2) {
      this.#toldLost = lost;
      this.#logger.warn('rows lost while the database could not be written', { lost });
    }
  }
}

function isBindable(value: unknown): boolean {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
  return isPlain || value === null || value instanceof Uint8Array;
}

function unavailable(error: StoreRequestError): StreamwareError {
  const problem = failureProblem(error.failure);
  if (problem.code === 'store.unavailable') return problem;
  return new StreamwareError('store.unavailable', { detail: errorText(problem), cause: error });
}

function errorText(problem: StreamwareError): string {
  return problem.detail ?? `${problem.message}.`;
}

function backupProblem(error: StoreRequestError, path: string): StreamwareError {
  const { kind, code } = error.failure;
  const detail = path;
  if (code === 'EEXIST') return new StreamwareError('file.exists', { detail, cause: error });
  if (kind === 'full') return new StreamwareError('file.no_space', { detail, cause: error });
  if (kind === 'io') return new StreamwareError('file.not_writable', { detail, cause: error });
  return unavailable(error);
}
