/**
 * Runs ffmpeg or ffprobe once, for an answer rather than for a stream: bounded in time and output, under the guardian.
 * For streams there is ffmpegRunner.ts.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Guardian } from './guardian.ts';
import { ffmpegEnvironment, type StartedChild, signalChild, spawnChild } from './spawnChild.ts';

export interface BriefRun {
  readonly args: readonly string[];
  /** The process is killed when it takes longer. */
  readonly timeoutMs: number;
  /** Written to its stdin, which is then closed. */
  readonly stdin?: string | Buffer;
  /** Environment variables on top of the engine's own; `undefined` removes one. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

export interface BriefResult {
  /** Null when it was killed. */
  readonly code: number | null;
  readonly hasTimedOut: boolean;
  readonly stdout: Buffer;
  /** Not scrubbed: never shown as it is. */
  readonly stderr: string;
}

export interface BriefRunContext {
  readonly clock: Clock;
  readonly guardian: Guardian;
}

const MAX_STDOUT_BYTES = 32 * 1024 * 1024;
const MAX_STDERR_BYTES = 256 * 1024;

/** Never rejects for what the program answers. Rejects with `ffmpeg.missing` when there is no program at `path`. */
export async function runBriefly(
  path: string,
  run: BriefRun,
  context: BriefRunContext,
): Promise<BriefResult> {
  const child = spawnChild(path, run.args, { stdio: 'pipe', env: ffmpegEnvironment(run.environment) });
  const unwatch = context.guardian.watch(child.pid);
  try {
    return await untilClosed(child, run, context.clock);
  } finally {
    unwatch();
  }
}

function untilClosed(child: StartedChild, run: BriefRun, clock: Clock): Promise<BriefResult> {
  return new Promise((resolve) => {
    let hasTimedOut = false;
    const stdout = collect(child, 'stdout', MAX_STDOUT_BYTES);
    const stderr = collect(child, 'stderr', MAX_STDERR_BYTES);
    const kill = (): void => signalChild(child, 'SIGKILL');
    const timer = clock.after(run.timeoutMs, () => {
      hasTimedOut = true;
      kill();
    });
    if (run.signal?.aborted) kill();
    run.signal?.addEventListener('abort', kill);
    child.once('close', (code) => {
      timer.cancel();
      run.signal?.removeEventListener('abort', kill);
      resolve({ code, hasTimedOut, stdout: stdout(), stderr: stderr().toString('utf8') });
    });
    child.stdin?.on('error', () => undefined); // It may end without reading all of it.
    child.stdin?.end(run.stdin ?? '');
  });
}

/** Keeps the first `maxBytes` and drains the rest. */
function collect(child: StartedChild, name: 'stdout' | 'stderr', maxBytes: number): () => Buffer {
  const pieces: Buffer[] = [];
  let size = 0;
  child[name]?.on('data', (piece: Buffer) => {
    if (size < maxBytes) pieces.push(piece);
    size += piece.length;
  });
  return () => Buffer.concat(pieces).subarray(0, maxBytes);
}
