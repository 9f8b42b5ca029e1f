import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { StreamwareError } from '../../contract/errors.ts';

export type StartedChild = ChildProcess & { readonly pid: number };

/**
 * Starts a program in a session of its own, so that Ctrl-C in the terminal does not reach it. On Windows it stays in
 * the engine's job object instead, which ends it with the engine; its hidden console keeps Ctrl-C away.
 * @throws `ffmpeg.missing` when there is no such program or it cannot be run here, `ffmpeg.exited` when the system has no room.
 */
export function spawnChild(path: string, args: readonly string[], options: SpawnOptions): StartedChild {
  const child = trySpawn(path, args, options);
  child.on('error', () => undefined); // Shows in the missing pid; a failed kill needs no answer.
  if (hasStarted(child)) return child;
  throw notStarted(path);
}

function notStarted(path: string): StreamwareError {
  if (!existsSync(path)) {
    return new StreamwareError('ffmpeg.missing', { detail: `There is no program at ${path}.` });
  }
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    return new StreamwareError('ffmpeg.missing', { detail: `${path} may not be run.`, cause });
  }
  return new StreamwareError('ffmpeg.exited', { detail: `${path} could not be started.` });
}

function trySpawn(path: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  try {
    return spawn(path, args, { ...options, detached: process.platform !== 'win32', windowsHide: true });
  } catch (cause) {
    // Node throws for what no retry can mend, such as a file of another processor.
    throw new StreamwareError('ffmpeg.missing', { detail: `${path} cannot be run on this computer.`, cause });
  }
}

function hasStarted(child: ChildProcess): child is StartedChild {
  return child.pid !== undefined;
}

/** To the child and what it may have started (a wrapper script set as "ffmpeg" starts the real one). Only before its exit was seen. */
export function signalChild(child: StartedChild, signal: NodeJS.Signals): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch {
    // Gone between its exit and our notice of it: what we wanted.
  }
}

/** Ours, without what would make ffmpeg write a report of its command line or colour its lines. */
export function ffmpegEnvironment(
  more: Readonly<Record<string, string | undefined>> = {},
): NodeJS.ProcessEnv {
  const { FFREPORT: _report, AV_LOG_FORCE_COLOR: _color, ...rest } = process.env;
  return { ...rest, AV_LOG_FORCE_NOCOLOR: '1', ...more };
}
