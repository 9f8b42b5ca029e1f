/**
 * A program of somebody else that has a database of ours open: an SQLite browser, a backup, a script.
 * Runs as a process of its own. Usage: `startOtherProgram(path, 'lock' | 'read')`.
 */
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { type PeerProcess, startPeer } from './childProcess.ts';
import { waitFor } from './waitFor.ts';

/** `lock`: holds the lock for writing. `exclusive`: lets nobody read either. `read`: reads, and does not end reading. */
export type OtherProgramMode = 'lock' | 'exclusive' | 'read';

/** Resolves once it holds what it wants to hold. Let it go with `stop()`. */
export async function startOtherProgram(path: string, mode: OtherProgramMode): Promise<PeerProcess> {
  const peer = await startPeer({
    command: process.execPath,
    args: [fileURLToPath(import.meta.url), path, mode],
  });
  await waitFor(() => peer.output().includes('holding'), { what: `the other program to hold its ${mode}` });
  return peer;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , path = '', mode] = process.argv;
  const database = new Database(path, { timeout: 5000 });
  if (mode === 'exclusive') {
    database.pragma('locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE');
  } else if (mode === 'lock') {
    database.exec('BEGIN IMMEDIATE');
  } else {
    database.exec('BEGIN');
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
  }
  process.stdout.write('holding\n');
  setInterval(() => database.open, 60_000);
}
