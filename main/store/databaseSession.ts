import { accessSync, constants, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { assertNever } from '../lib/assertNever.ts';
import { toFailure } from './failures.ts';
import type { Migration } from './migrations/index.ts';
import { BUSY_TIMEOUT_MS, openDatabase, walBytes } from './openDatabase.ts';
import type { Opened, Request, RowsWritten, RunResult, SetAside, Statement, WalReport } from './protocol.ts';

/** While another program holds the lock nobody waits long, so that reading goes on. */
const IMPATIENT_TIMEOUT_MS = 100;
/** From this size on the log is written back and cut, as soon as no reader is in the way. */
const WAL_TRUNCATE_BYTES = 8 * 1024 * 1024;
const MAX_PREPARED = 300;
const BACKUP_PAGES_PER_STEP = 500;

/** The open database and what can be asked of it. Synchronous, except for backups. Lives in the worker. */
export class DatabaseSession {
  readonly #path: string;
  readonly #nowMs: () => number;
  readonly #migrations: readonly Migration[];
  readonly #prepared = new Map<string, Database.Statement>();
  #database: Database.Database | null = null;
  #isPatient = true;
  /** Not told yet: a new database could not be opened after the damaged one was moved. */
  #setAside: SetAside | null = null;

  constructor(path: string, nowMs: () => number, migrations: readonly Migration[]) {
    this.#path = path;
    this.#nowMs = nowMs;
    this.#migrations = migrations;
  }

  /** @throws SQLite's errors, and a TypeError for values it cannot bind */
  handle(request: Request): unknown {
    switch (request.kind) {
      case 'open':
        return this.#reopen();
      case 'get':
        return this.#prepare(request.sql).get(request.params);
      case 'all':
        return this.#prepare(request.sql).all(request.params);
      case 'run':
        return this.#write(() => runResult(this.#prepare(request.sql).run(request.params)));
      case 'batch':
        return this.#write(() => this.#batch(request.statements, request.durable));
      case 'writeRows':
        return this.#write(() => this.#writeRows(request.statements));
      case 'maintain':
        return this.#maintain(request.probe);
      case 'backup':
        return this.#backup(request.path);
      case 'close':
        return this.#close();
      default:
        return assertNever(request);
    }
  }

  #reopen(): Opened {
    this.#close();
    this.#database = openDatabase(this.#path, this.#nowMs(), this.#migrations, (setAside) => {
      this.#setAside = setAside;
    });
    this.#isPatient = true;
    const setAside = this.#setAside;
    this.#setAside = null;
    return { setAside };
  }

  #close(): null {
    this.#prepared.clear();
    const database = this.#database;
    this.#database = null;
    database?.close();
    return null;
  }

  #open(): Database.Database {
    if (!this.#database) throw new Error('the database is not open');
    return this.#database;
  }

  #prepare(sql: string): Database.Statement {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const statement = this.#open().prepare(sql);
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size >= MAX_PREPARED && oldest !== undefined) this.#prepared.delete(oldest);
    this.#prepared.set(sql, statement);
    return statement;
  }

  #write<Result>(work: () => Result): Result {
    try {
      const result = work();
      this.#setPatience(true);
      return result;
    } catch (error) {
      if (toFailure(error).kind === 'busy') this.#setPatience(false);
      throw error;
    }
  }

  #setPatience(isPatient: boolean): void {
    if (this.#isPatient === isPatient) return;
    this.#isPatient = isPatient;
    this.#open().pragma(`busy_timeout = ${isPatient ? BUSY_TIMEOUT_MS : IMPATIENT_TIMEOUT_MS}`);
  }

  #batch(statements: readonly Statement[], durable: boolean): RunResult[] {
    const database = this.#open();
    // Outside of the transaction: within one the setting has no effect.
    if (durable) database.pragma('synchronous = FULL');
    try {
      const run = database.transaction(() => statements.map((statement) => this.#runOne(statement)));
      return run.immediate();
    } finally {
      if (durable) database.pragma('synchronous = NORMAL');
    }
  }

  #writeRows(statements: readonly Statement[]): RowsWritten {
    let refused = 0;
    let firstRefusal: string | null = null;
    const run = this.#open().transaction(() => {
      for (const statement of statements) {
        try {
          this.#runOne(statement);
        } catch (error) {
          // Its own fault: SQLite undid this statement alone. Anything else ends the transaction.
          const { kind, code, message } = toFailure(error);
          if (kind !== 'query') throw error;
          refused += 1;
          firstRefusal ??= `${code} ${message}`.trim();
        }
      }
    });
    run.immediate();
    return { refused, firstRefusal };
  }

  #runOne({ sql, params = [] }: Statement): RunResult {
    return runResult(this.#prepare(sql).run(params));
  }

  /** Keeps the log small. A reader of another program that is still busy is not waited for. */
  #maintain(probe: boolean): WalReport {
    const database = this.#open();
    if (probe) this.#write(() => this.#probe(database));
    if (walBytes(this.#path) > WAL_TRUNCATE_BYTES) {
      database.pragma('busy_timeout = 0');
      try {
        database.pragma('wal_checkpoint(TRUNCATE)');
      } catch (error) {
        if (toFailure(error).kind !== 'busy') throw error;
      } finally {
        database.pragma(`busy_timeout = ${this.#isPatient ? BUSY_TIMEOUT_MS : IMPATIENT_TIMEOUT_MS}`);
      }
    }
    return { walBytes: walBytes(this.#path) };
  }

  /** A write that changes nothing and yet needs the lock and room on the disk. */
  #probe(database: Database.Database): void {
    database.pragma(`user_version = ${database.pragma('user_version', { simple: true })}`);
  }

  /** Made beside its place and renamed when it is whole. Goes step by step: other requests are served in between. */
  async #backup(path: string): Promise<null> {
    if (existsSync(path)) throw Object.assign(new Error('there is a file already'), { code: 'EEXIST' });
    accessSync(dirname(path), constants.W_OK);
    const partial = `${path}.partial`;
    try {
      await this.#open().backup(partial, { progress: () => BACKUP_PAGES_PER_STEP });
      renameSync(partial, path);
    } catch (error) {
      rmSync(partial, { force: true });
      throw error;
    }
    return null;
  }
}

function runResult({ changes, lastInsertRowid }: Database.RunResult): RunResult {
  return { changes, lastInsertRowid: Number(lastInsertRowid) };
}
