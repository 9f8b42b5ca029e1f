/** Files that are there whole or not at all, whatever happens in between. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

const LEFTOVER_AFTER_MS = 60_000;
const TEMPORARY = /^\.[^/\\]+\.[0-9a-f]{12}\.tmp$/;

export interface AtomicFileOptions {
  /** Rights of the file. Default 0600: its owner alone. */
  mode?: number;
}

/**
 * Replaces the file. After it returned, the new content survives a power cut; before, the old one does.
 * Synchronous: for small files written rarely.
 * @throws the system's error (ENOSPC, EACCES, …); the old file is untouched then and nothing is left behind
 */
export function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: AtomicFileOptions = {},
): void {
  const temporary = writeTemporary(path, data, options);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/**
 * Writes the file unless there is one. Of several that try at once exactly one gets true, and nobody ever sees half of it.
 * @throws the system's error, except for "exists already"
 */
export function createFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: AtomicFileOptions = {},
): boolean {
  const temporary = writeTemporary(path, data, options);
  try {
    linkSync(temporary, path);
    syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // File systems without hard links, such as exFAT.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error))) throw error;
    return createExclusively(path, data, options);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Removes what a writer that was killed left in `folder`: what is younger than a minute may still be at work. */
export function removeLeftoverTemporaries(folder: string, nowMs: number): void {
  for (const name of readdirSync(folder).filter((entry) => TEMPORARY.test(entry))) {
    const path = join(folder, name);
    const writtenMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs;
    if (writtenMs < nowMs - LEFTOVER_AFTER_MS) rmSync(path, { force: true });
  }
}

function writeTemporary(path: string, data: string | Uint8Array, options: AtomicFileOptions): string {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  createExclusively(temporary, data, options);
  return temporary;
}

function createExclusively(path: string, data: string | Uint8Array, options: AtomicFileOptions): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', options.mode ?? 0o600);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return true;
}

/** A new name lasts only once its folder is written. Windows knows no such call and needs none. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } catch {
    // Some network file systems refuse it; the content itself was synced before.
  } finally {
    closeSync(descriptor);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
