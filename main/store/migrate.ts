import type { Database } from 'better-sqlite3';
import type { Migration } from './migrations/index.ts';

/** The database was written by a newer streamware: it is left exactly as it is. */
export class VersionFromFutureError extends Error {
  readonly found: number;
  readonly newest: number;

  constructor(found: number, newest: number) {
    super(`the database has version ${found}, this program knows up to ${newest}`);
    this.name = 'VersionFromFutureError';
    this.found = found;
    this.newest = newest;
  }
}

/**
 * Brings the database to the newest version: every missing step, in one transaction. `user_version` is the only bookkeeping.
 * @throws VersionFromFutureError, and whatever SQLite says to a step; the database is as before then
 */
export function migrate(database: Database, migrations: readonly Migration[]): void {
  assertAscending(migrations);
  const { found, newest } = assertKnownVersion(database, migrations);
  if (found === newest) return;
  const toDo = migrations.filter(({ version }) => version > found);
  const run = database.transaction(() => {
    for (const { sql } of toDo) database.exec(sql);
    database.pragma(`user_version = ${newest}`);
  });
  run.immediate();
}

/** @throws VersionFromFutureError. Reads only. */
export function assertKnownVersion(
  database: Database,
  migrations: readonly Migration[],
): { found: number; newest: number } {
  const newest = migrations.at(-1)?.version ?? 0;
  const found = Number(database.pragma('user_version', { simple: true }));
  if (found > newest) throw new VersionFromFutureError(found, newest);
  return { found, newest };
}

function assertAscending(migrations: readonly Migration[]): void {
  for (const [index, { version }] of migrations.entries()) {
    const before = migrations[index - 1]?.version ?? 0;
    if (!Number.isInteger(version) || version <= before) {
      throw new Error(`migration ${version} does not come after ${before}`);
    }
  }
}
