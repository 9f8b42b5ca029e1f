/** What the client and the worker thread say to each other. Plain data, since it is copied from thread to thread. */
import type { Failure } from './failures.ts';

export type SqlValue = string | number | bigint | null | Uint8Array;
/** By position for `?`, by name for `@name`. */
export type SqlParams = readonly SqlValue[] | Readonly<Record<string, SqlValue>>;

export interface Statement {
  readonly sql: string;
  readonly params?: SqlParams | undefined;
}

export interface RunResult {
  readonly changes: number;
  readonly lastInsertRowid: number;
}

/** A damaged database, moved out of the way. */
export interface SetAside {
  readonly atMs: number;
  /** Where it is now: the database, with its -wal and -shm beside it under the same name. */
  readonly path: string;
  /** What SQLite said. */
  readonly reason: string;
  /**
   * `withoutLog`: the database itself is sound and in use, only the write-ahead log beside it did not belong to it (a
   * backup was copied over the file). `new`: begun from nothing.
   */
  readonly continuedWith: 'withoutLog' | 'new';
}

export interface Opened {
  readonly setAside: SetAside | null;
}

export interface RowsWritten {
  readonly refused: number;
  readonly firstRefusal: string | null;
}

export interface WalReport {
  readonly walBytes: number;
}

interface Query {
  readonly sql: string;
  readonly params: SqlParams;
}

interface Requests {
  open: object;
  run: Query;
  get: Query;
  all: Query;
  batch: { readonly statements: readonly Statement[]; readonly durable: boolean };
  /** As many as possible in one transaction: a statement that is at fault itself does not stop the others. */
  writeRows: { readonly statements: readonly Statement[] };
  /** Keeps the log small. `probe`: also find out whether writing works again. */
  maintain: { readonly probe: boolean };
  backup: { readonly path: string };
  close: object;
}

type RequestKind = keyof Requests;
export type Request = { [Kind in RequestKind]: { readonly kind: Kind } & Requests[Kind] }[RequestKind];

export interface Answers extends Record<RequestKind, unknown> {
  open: Opened;
  run: RunResult;
  get: unknown;
  all: unknown[];
  batch: RunResult[];
  writeRows: RowsWritten;
  maintain: WalReport;
  backup: null;
  close: null;
}

export interface RequestMessage {
  readonly id: number;
  readonly request: Request;
}

export type ReplyMessage =
  | { readonly id: number; readonly ok: true; readonly value: unknown; readonly durationMs: number }
  | { readonly id: number; readonly ok: false; readonly failure: Failure };

/** What the worker is started with. */
export interface WorkerSettings {
  readonly path: string;
}
