/**
 * What an error of SQLite means for the one who asked. Pure; the extended result codes are SQLite's own (sqlite.org/rescode.html).
 *
 *   busy      another program holds the lock: passes by itself
 *   full      no room on the disk: passes when somebody makes room
 *   io        the disk or its rights fail: may pass
 *   corrupt   the file is not a sound database
 *   query     this statement is at fault (constraint, type, syntax): trying again does not help
 */
export type FailureKind = 'busy' | 'full' | 'io' | 'corrupt' | 'query';

/** An error as it crosses the thread. */
export interface Failure {
  readonly kind: FailureKind | 'future' | 'gone';
  /** SQLite's code, such as SQLITE_CONSTRAINT_UNIQUE; empty for other errors. */
  readonly code: string;
  readonly message: string;
}

const KINDS: readonly (readonly [RegExp, FailureKind])[] = [
  [/^SQLITE_(BUSY|LOCKED|PROTOCOL)/, 'busy'],
  [/^(SQLITE_(FULL|IOERR_SHMSIZE)|ENOSPC$|EDQUOT$)/, 'full'],
  [/^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ|IOERR_DATA)/, 'corrupt'],
  // The second half: the codes of the operating system, when files are moved.
  [/^(SQLITE_(IOERR|CANTOPEN|READONLY|PERM|NOMEM|NOLFS)|E(?!RR_)[A-Z0-9]+$)/, 'io'],
];

export function failureKind(code: string): FailureKind {
  return KINDS.find(([pattern]) => pattern.test(code))?.[1] ?? 'query';
}

export function toFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof Error && error.name === 'VersionFromFutureError')
    return { kind: 'future', code, message };
  return { kind: failureKind(code), code, message };
}
