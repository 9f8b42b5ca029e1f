/**
 * The database as the rest of streamware sees it: SQL in, plain rows out, everything in a worker thread with one
 * writer, so that neither a slow query nor an fsync ever stalls the relay. It is not a data model: each owner keeps its
 * SQL in a store file of its own (streams/streamStore.ts, services/…) and checks the rows there with zod.
 *
 * Two ways to write. `run` and `batch` wait for the commit and fail when it cannot be had. `enqueue` never waits and
 * never fails: what cannot be written now waits in memory, and what does not fit there is counted.
 *
 *   ok ◀──write succeeded── degraded      write failed: locked by another program, disk full; reads go on
 *    │ ──write failed──────▶  │
 *    └──────────┬─────────────┘
 *               │ worker ended, file cannot be opened or is damaged
 *               ▼
 *          unavailable ──opened again (1, 2, 4 … 30 s; a damaged file is set aside)──▶ ok
 */
import type { Problem } from '../contract/errors.ts';
import type { Emitter } from '../lib/emitter.ts';
import type { RunResult, SetAside, SqlParams, Statement } from './protocol.ts';

export type { SqlValue, Statement } from './protocol.ts';

/** `event`: kept as long as there is room at all. `sample`: the first to go when the buffer is full. */
export type Importance = 'event' | 'sample';

export interface Store {
  /** One writing statement, committed when it resolves. A comment at its start names it in the log of slow queries. */
  run(sql: string, params?: SqlParams): Promise<RunResult>;
  /** The first row, or undefined. */
  get(sql: string, params?: SqlParams): Promise<unknown>;
  all(sql: string, params?: SqlParams): Promise<unknown[]>;
  /**
   * All statements in one transaction, or none.
   * @param options.durable also survives a power cut, at the price of one fsync; otherwise only the death of the process
   */
  batch(statements: readonly Statement[], options?: { durable?: boolean }): Promise<RunResult[]>;
  /**
   * Writes soon (within 250 ms when all is well), in order. Never throws and never waits.
   * After a crash of the worker a statement may run twice: make it one that may (INSERT OR IGNORE, OR REPLACE).
   */
  enqueue(sql: string, params?: SqlParams, importance?: Importance): void;
  /** Tries to write what is enqueued now. Never rejects; look at `status()` for what is left. */
  flush(): Promise<void>;
  status(): StoreStatus;
  readonly events: Emitter<StoreEvents>;
  /** A whole, consistent copy while writing goes on. @throws `file.exists`, `file.no_space`, `file.not_writable` */
  backupTo(path: string): Promise<void>;
  /** Writes what is enqueued and closes, within three seconds. */
  close(): Promise<void>;
}

export interface StoreEvents {
  /** State or problem changed. */
  statusChanged: StoreStatus;
  /** The database is another one now, since the former was damaged: whoever keeps facts in memory saves them again. */
  replaced: SetAside;
}

export interface StoreStatus {
  readonly state: 'ok' | 'degraded' | 'unavailable';
  /** Why it is not ok. */
  readonly problem: Problem | null;
  /** Waiting in memory. */
  readonly queuedRows: number;
  /** Lost since the start, because the buffer was full. */
  readonly lostRows: number;
  /** Refused by the database since the start (a bug of their writer); the others were written. */
  readonly refusedRows: number;
  /** Size of the write-ahead log. */
  readonly walBytes: number;
  /** The last damaged database that was found since the start. */
  readonly setAside: SetAside | null;
}
