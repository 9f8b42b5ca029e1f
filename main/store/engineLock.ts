/**
 * One engine per data folder. The lock itself is held by the operating system, on engine.lock, through SQLite's file
 * locking: it ends with the process whatever ends that, so a stale lock does not exist and a pid that was given to
 * somebody else cannot be mistaken. Beside it, engine.json tells the others who runs and where to reach it.
 *
 *   acquireEngineLock ──▶ held, nothing published ──publish──▶ findable ──release (or death)──▶ free
 *
 * It does not ask the engine anything: whoever adopts it makes the health check.
 */
import { readFileSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { StreamwareError } from '../contract/errors.ts';
import { removeLeftoverTemporaries, writeFileAtomic } from '../lib/atomicFile.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { createId } from '../lib/ids.ts';
import { type DataPaths, dataPaths } from '../lib/paths.ts';
import { isProcessAlive, processIdentity } from '../lib/processIdentity.ts';

const runningEngineSchema = z.object({
  pid: z.int().positive(),
  /** Which process that pid meant, see processIdentity; null where the system does not tell. */
  identity: z.string().nullable(),
  /** Of this run; an engine that answers with another one is not the one meant here. */
  instanceId: z.string(),
  startedAt: z.number(),
  version: z.string(),
  /** Where its API is; null while it is still starting. */
  url: z.string().nullable(),
  port: z.int().nullable(),
  /** The file with a token for it. */
  tokenFile: z.string(),
});
export type RunningEngine = z.infer<typeof runningEngineSchema>;

const PUBLISH_RETRY_MS = 10_000;

export interface EngineLock {
  readonly instanceId: string;
  /** Tells the others where the API is; on a disk that is full, as soon as there is room. Returns whether it could. */
  publish(address: { url: string; port: number }): boolean;
  /** Lets the next engine start. */
  release(): void;
}

/**
 * Claims the data folder for this process. Of any number that try at once exactly one succeeds.
 * @throws `engine.already_running`, with what is known about the other one in the detail; `engine.data_dir_unusable`
 */
export function acquireEngineLock(paths: DataPaths, clock: Clock, version: string): EngineLock {
  const held = holdLock(paths);
  removeLeftoverTemporaries(paths.root, clock.nowMs());
  const facts: RunningEngine = {
    pid: process.pid,
    identity: processIdentity(process.pid),
    instanceId: createId('req'),
    startedAt: clock.nowMs(),
    version,
    url: null,
    port: null,
    tokenFile: paths.tokenFile,
  };
  const tell = (engine: RunningEngine): void => {
    writeFileAtomic(paths.engineFile, `${JSON.stringify(engine, null, 2)}\n`);
  };
  try {
    tell(facts);
  } catch {
    // A full disk: the engine works, it only cannot be found by others until `publish` succeeds.
  }
  let retry: Timer | null = null;
  const publish = (address: { url: string; port: number }): boolean => {
    try {
      tell({ ...facts, ...address });
      return true;
    } catch {
      // As above.
      retry = clock.after(PUBLISH_RETRY_MS, () => void publish(address));
      return false;
    }
  };
  return {
    instanceId: facts.instanceId,
    publish,
    release(): void {
      retry?.cancel();
      rmSync(paths.engineFile, { force: true });
      held.close();
    },
  };
}

/**
 * The engine that runs on this data folder, or null. Needs no lock and changes nothing.
 * One that has just been started may not have its `url` yet.
 */
export function findRunningEngine(dataDir: string): RunningEngine | null {
  const engine = readEngineFile(dataPaths(dataDir).engineFile);
  if (!engine || !isProcessAlive(engine.pid)) return null;
  return engine.identity === null || engine.identity === processIdentity(engine.pid) ? engine : null;
}

/** An open exclusive transaction on an empty database: that is all the lock is. */
function holdLock(paths: DataPaths): Database.Database {
  let database: Database.Database | null = null;
  try {
    database = new Database(paths.lockFile, { timeout: 0 });
    database.pragma('journal_mode = MEMORY'); // No second file beside it.
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    throw lockError(paths, error);
  }
}

function lockError(paths: DataPaths, error: unknown): StreamwareError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('SQLITE_BUSY')) {
    const other = findRunningEngine(paths.root);
    const detail = other
      ? `An engine (process ${other.pid}) runs on ${paths.root}${other.url ? ` at ${other.url}` : ''}.`
      : `An engine is just starting on ${paths.root}.`;
    return new StreamwareError('engine.already_running', { detail, cause: error });
  }
  const detail = `${paths.lockFile} cannot be locked (${code || 'unknown reason'}).`;
  return new StreamwareError('engine.data_dir_unusable', { detail, cause: error });
}

function readEngineFile(path: string): RunningEngine | null {
  try {
    return runningEngineSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Not there, or not ours: nobody to be found.
    return null;
  }
}
