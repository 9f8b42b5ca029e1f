/** Opens the database file: sound, at the newest version, with the settings everything else relies on. Runs in the worker. */
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { toFailure } from './failures.ts';
import { assertKnownVersion, migrate } from './migrate.ts';
import type { Migration } from './migrations/index.ts';
import type { SetAside } from './protocol.ts';
import { moveAside } from './setAside.ts';

/** How long a statement waits for another program's lock. */
export const BUSY_TIMEOUT_MS = 2000;
/** A sound file of this size is checked in well under a second; a larger one only when it is used. */
const MAX_CHECKED_BYTES = 512 * 1024 * 1024;
/** The write-ahead log is cut back to this size whenever it begins anew. */
const JOURNAL_SIZE_LIMIT = 16 * 1024 * 1024;

/**
 * @param path absolute
 * @param onSetAside told when a damaged file was put out of the way; opening may still fail after that
 * @throws VersionFromFutureError, or the error of SQLite or the system when there is no database to be had
 */
export function openDatabase(
  path: string,
  nowMs: number,
  migrations: readonly Migration[],
  onSetAside: (setAside: SetAside) => void,
): Database.Database {
  try {
    assertUsable(path, migrations);
    return openSound(path, migrations);
  } catch (error) {
    const { kind, message } = toFailure(error);
    if (kind !== 'corrupt') throw error;
    onSetAside({ atMs: nowMs, reason: message, ...moveAside(path, nowMs, () => isSound(path, migrations)) });
    return openSound(path, migrations);
  }
}

/** Size of the write-ahead log, bytes; 0 when there is none. */
export function walBytes(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

function openSound(path: string, migrations: readonly Migration[]): Database.Database {
  // Made for its owner alone; SQLite gives the files beside it the same rights.
  closeSync(openSync(path, 'a', 0o600));
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    database.pragma('wal_autocheckpoint = 1000');
    database.pragma(`journal_size_limit = ${JOURNAL_SIZE_LIMIT}`);
    database.pragma('temp_store = MEMORY');
    migrate(database, migrations);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Looks without touching: a read-only connection does not write the log into the file when it closes, so that a log
 * that does not belong to the file has done no harm yet. A log left behind means that the last run was killed, or that
 * the file was exchanged since: then the indexes are compared with the tables as well.
 * @throws VersionFromFutureError; with code SQLITE_CORRUPT or SQLITE_NOTADB for a damaged file
 */
function assertUsable(path: string, migrations: readonly Migration[]): void {
  if (!existsSync(path) || statSync(path).size === 0) return;
  const database = new Database(path, { readonly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    assertKnownVersion(database, migrations);
    if (statSync(path).size > MAX_CHECKED_BYTES) return;
    const check = walBytes(path) > 0 ? 'integrity_check' : 'quick_check';
    const finding = database.pragma(`${check}(1)`, { simple: true });
    if (finding !== 'ok') throw Object.assign(new Error(String(finding)), { code: 'SQLITE_CORRUPT' });
  } finally {
    database.close();
  }
}

function isSound(path: string, migrations: readonly Migration[]): boolean {
  try {
    assertUsable(path, migrations);
    return true;
  } catch (error) {
    if (toFailure(error).kind === 'corrupt') return false;
    throw error;
  }
}
