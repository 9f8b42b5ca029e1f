/**
 * Ends the ffmpeg processes that an engine of this data folder left behind when it was killed together with its
 * guardian. Known by the mark in their environment: an ffmpeg of the user, or of another engine, is never touched.
 * Linux only, where the environment of a process can be read; elsewhere the guardian is the only line.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Clock, delay } from './clock.ts';
import { ENGINE_MARK_VARIABLE, engineMark } from './paths.ts';
import { processIdentity } from './processIdentity.ts';

export interface Leftover {
  readonly pid: number;
  readonly identity: string;
}

const POLL_MS = 50;

/** Processes named `ffmpeg…` that carry the mark of this data folder. @param root absolute, symbolic links resolved */
export function findOwnLeftovers(root: string): Leftover[] {
  if (process.platform !== 'linux') return [];
  const mark = `${ENGINE_MARK_VARIABLE}=${engineMark(root)}`;
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    // First who it is, then what it is: a pid that changes hands in between shows at the next look.
    const identity = processIdentity(pid);
    if (identity === null || !isFfmpeg(pid) || !environmentOf(pid).includes(mark)) return [];
    return [{ pid, identity }];
  });
}

/**
 * Asks the leftovers of this data folder to end (SIGTERM), kills those still there after `graceMs`.
 * Call it only while holding the engine lock: then nobody else can own them.
 * @param graceMs default 1000
 * @returns the pids that were ended
 */
export async function endOwnLeftovers(root: string, clock: Clock, graceMs = 1000): Promise<number[]> {
  const leftovers = findOwnLeftovers(root);
  for (const leftover of leftovers) signal(leftover, 'SIGTERM');
  const deadlineMs = clock.monotonicMs() + graceMs;
  while (leftovers.some(isThere) && clock.monotonicMs() < deadlineMs) await delay(clock, POLL_MS);
  for (const leftover of leftovers.filter(isThere)) signal(leftover, 'SIGKILL');
  return leftovers.map(({ pid }) => pid);
}

function isThere({ pid, identity }: Leftover): boolean {
  return processIdentity(pid) === identity;
}

function signal(leftover: Leftover, name: NodeJS.Signals): void {
  if (!isThere(leftover)) return;
  try {
    process.kill(leftover.pid, name);
  } catch {
    // Ended in this very moment, which is what was wanted.
  }
}

function isFfmpeg(pid: number): boolean {
  const [program = ''] = readProcFile(pid, 'cmdline');
  return /^ffmpeg/i.test(basename(program));
}

function environmentOf(pid: number): string[] {
  return readProcFile(pid, 'environ');
}

/** The NUL-separated entries of a file under /proc; none when the process is gone or belongs to somebody else. */
function readProcFile(pid: number, name: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
