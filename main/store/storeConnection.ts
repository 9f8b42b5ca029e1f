import { StreamwareError } from '../contract/errors.ts';
import { assertNever } from '../lib/assertNever.ts';
import { type Clock, delay, type Timer } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Failure } from './failures.ts';
import type { Answers, Request, SetAside } from './protocol.ts';
import { queryName } from './queryName.ts';
import { StoreRequestError, storeWorkerUrl, WorkerLink } from './workerLink.ts';

export interface ConnectionOptions {
  path: string;
  clock: Clock;
  logger: Logger;
  /** For tests: another worker. */
  workerUrl?: URL | undefined;
}

export type ConnectionState = 'ok' | 'degraded' | 'unavailable';

const SLOW_QUERY_MS = 50;
const MAINTAIN_EVERY_MS = 15_000;
const WAL_WARNING_BYTES = 64 * 1024 * 1024;
const FIRST_REOPEN_MS = 200;
const MAX_REOPEN_MS = 30_000;
/** A connection that lasted this long makes the next reopening a quick one again. */
const STABLE_MS = 60_000;
const CLOSE_TIMEOUT_MS = 1000;

/**
 * Keeps a database worker running and knows how it is: the state machine drawn in store.ts.
 * It does not queue: a request that fails, fails.
 */
export class StoreConnection {
  readonly #options: ConnectionOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Called after state or problem changed. */
  onChanged: () => void = () => undefined;
  /** Called when there is a database again, and whether it is another one. */
  onOpened: (setAside: SetAside | null) => void = () => undefined;
  setAside: SetAside | null = null;
  walBytes = 0;
  #link: WorkerLink | null = null;
  #isOpen = false;
  #isClosed = false;
  /** What keeps it from being ok, the log's size apart. */
  #failure: Failure | null = null;
  #opening: Promise<Failure | null> | null = null;
  #reopenMs = FIRST_REOPEN_MS;
  #openedMs = 0;
  #reopenTimer: Timer | null = null;
  #maintenance: Timer | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get state(): ConnectionState {
    if (!this.#isOpen) return 'unavailable';
    return this.#failure !== null || this.#isLogHeld ? 'degraded' : 'ok';
  }

  get problem(): StreamwareError | null {
    if (this.#failure !== null) return failureProblem(this.#failure);
    if (!this.#isOpen) return new StreamwareError('store.unavailable');
    if (!this.#isLogHeld) return null;
    const detail = `The write-ahead log has grown to ${Math.round(this.walBytes / 1024 / 1024)} MB.`;
    return new StreamwareError('store.log_held', { detail });
  }

  /** Opens the database; when that fails, tries again and again by itself. @returns why it failed, or null */
  open(): Promise<Failure | null> {
    this.#maintenance ??= this.#clock.every(MAINTAIN_EVERY_MS, () => void this.#maintain());
    this.#opening ??= this.#openOnce().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /** @throws StoreRequestError */
  async request<R extends Request>(request: R): Promise<Answers[R['kind']]> {
    if (!this.#isOpen || !this.#link) {
      const failure: Failure = { kind: 'gone', code: '', message: 'the database is not open' };
      throw new StoreRequestError(this.#failure ?? failure);
    }
    const link = this.#link;
    try {
      const { value, durationMs } = await link.call(request);
      if (isWrite(request)) this.#change(() => this.#recovered());
      if (durationMs > SLOW_QUERY_MS) this.#tellSlow(request, durationMs);
      return value;
    } catch (error) {
      if (error instanceof StoreRequestError && request.kind !== 'backup') this.#failed(error.failure, link);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#maintenance?.cancel();
    this.#reopenTimer?.cancel();
    const link = this.#link;
    this.#link = null;
    this.#isOpen = false;
    if (!link) return;
    const answered = new AbortController();
    const closed = link.call({ kind: 'close' }).catch(() => undefined); // Gone already: as good as closed.
    await Promise.race([closed, delay(this.#clock, CLOSE_TIMEOUT_MS, answered.signal)]);
    answered.abort();
    await link.end();
  }

  get #isLogHeld(): boolean {
    return this.walBytes > WAL_WARNING_BYTES;
  }

  async #openOnce(): Promise<Failure | null> {
    try {
      if (!this.#link || this.#link.isGone) this.#link = this.#startWorker();
      const { value } = await this.#link.call({ kind: 'open' });
      if (this.#isClosed) return null;
      this.#opened(value.setAside);
      return null;
    } catch (error) {
      const failure = error instanceof StoreRequestError ? error.failure : startFailure(error);
      this.#unavailable(failure);
      return failure;
    }
  }

  #startWorker(): WorkerLink {
    const { path, workerUrl = storeWorkerUrl } = this.#options;
    const link: WorkerLink = new WorkerLink({ path }, workerUrl, (reason) => {
      if (link !== this.#link || this.#opening !== null) return; // Whoever opens gets the error himself.
      this.#unavailable({ kind: 'gone', code: '', message: `the database thread ended: ${reason}` });
    });
    return link;
  }

  #opened(setAside: SetAside | null): void {
    this.#openedMs = this.#clock.monotonicMs();
    this.#change(() => {
      this.#isOpen = true;
      this.#failure = null;
    });
    if (setAside) {
      this.setAside = setAside;
      this.#logger.error('damaged database set aside', { ...setAside });
    }
    this.onOpened(setAside);
  }

  #unavailable(failure: Failure): void {
    if (this.#isClosed) return;
    this.#change(() => {
      this.#isOpen = false;
      this.#failure = failure;
    });
    if (this.#clock.monotonicMs() - this.#openedMs > STABLE_MS) this.#reopenMs = FIRST_REOPEN_MS;
    this.#reopenTimer?.cancel();
    this.#reopenTimer = this.#clock.after(this.#reopenMs, () => void this.open());
    this.#reopenMs = Math.min(MAX_REOPEN_MS, Math.max(1000, this.#reopenMs * 2));
  }

  #failed(failure: Failure, link: WorkerLink): void {
    if (link !== this.#link || !this.#isOpen) return;
    switch (failure.kind) {
      case 'busy':
      case 'full':
      case 'io':
        this.#change(() => {
          this.#failure = failure;
        });
        return;
      case 'corrupt':
        this.#change(() => {
          this.#isOpen = false;
          this.#failure = failure;
        });
        void this.open();
        return;
      case 'query': // The statement's own fault.
      case 'gone': // Told by the worker's end.
      case 'future': // Only an answer to `open`.
        return;
      default:
        assertNever(failure.kind);
    }
  }

  #recovered(): void {
    this.#failure = null;
    if (this.#clock.monotonicMs() - this.#openedMs > STABLE_MS) this.#reopenMs = FIRST_REOPEN_MS;
  }

  async #maintain(): Promise<void> {
    if (!this.#isOpen) return;
    try {
      const { walBytes } = await this.request({ kind: 'maintain', probe: this.#failure !== null });
      this.#change(() => {
        this.walBytes = walBytes;
      });
    } catch {
      // `request` has taken note of it.
    }
  }

  #change(apply: () => void): void {
    const before = `${this.state} ${this.problem?.code}`;
    apply();
    if (`${this.state} ${this.problem?.code}` === before) return;
    const fields = { state: this.state, code: this.problem?.code, reason: this.#failure?.message };
    if (this.state === 'ok') this.#logger.info('database is well', fields);
    else this.#logger.warn('database is not well', fields);
    this.onChanged();
  }

  #tellSlow(request: Request, durationMs: number): void {
    if (request.kind === 'backup' || request.kind === 'maintain' || request.kind === 'open') return;
    this.#logger.warn('slow query', { query: queryName(request), durationMs: Math.round(durationMs) });
  }
}

function isWrite(request: Request): boolean {
  if (request.kind === 'maintain') return request.probe;
  return request.kind === 'run' || request.kind === 'batch' || request.kind === 'writeRows';
}

function startFailure(error: unknown): Failure {
  return { kind: 'gone', code: '', message: error instanceof Error ? error.message : String(error) };
}

/** What a failure means to a user. */
export function failureProblem(failure: Failure): StreamwareError {
  const cause = failure;
  switch (failure.kind) {
    case 'busy':
      return new StreamwareError('store.unavailable', {
        detail: 'Another program has locked the database.',
        cause,
      });
    case 'full':
      return new StreamwareError('store.unavailable', {
        detail: 'The disk with the database is full.',
        hint: 'Free some space; saving goes on by itself.',
        cause,
      });
    case 'io':
      return new StreamwareError('store.unavailable', {
        detail: `The database file cannot be read or written (${failure.code}).`,
        cause,
      });
    case 'corrupt':
      return new StreamwareError('store.corrupt', { cause });
    case 'future':
      return new StreamwareError('store.version_from_future', { detail: failure.message, cause });
    case 'gone':
    case 'query':
      return new StreamwareError('store.unavailable', {
        detail: 'The database is being opened again.',
        cause,
      });
    default:
      return assertNever(failure.kind);
  }
}
