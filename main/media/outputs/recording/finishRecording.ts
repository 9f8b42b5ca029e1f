/**
 * Turns a crash-safe recording into an ordinary file: repacked beside it, compared packet by packet with the original,
 * and only then put in its place in one step. Until that moment the original is untouched, so a kill at any time leaves
 * a recording that plays. It runs at low priority: a broadcast may be going on.
 */
import { open, rename, rm, stat } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { extname } from 'node:path';
import { StreamwareError } from '../../../contract/errors.ts';
import type { FfmpegExit, FfmpegProcess, FfmpegRunner } from '../../ffmpeg/ffmpegProcess.ts';
import { muxerError } from '../muxerErrors.ts';
import { temporaryPath } from '../replaceFile.ts';
import { diskSpace } from './diskSpace.ts';
import { recordingContainer } from './recordingContainer.ts';

const LOW_PRIORITY = 10;
/** What must stay free beside the second copy. */
const RESERVE_BYTES = 64 * 1024 * 1024;
/** Reads on behind a torn last packet, and leaves that packet out. */
const readArgs = (path: string): string[] => [
  ...['-fflags', '+discardcorrupt', '-err_detect', 'ignore_err', '-i', `file:${path}`],
  ...['-map', '0:v?', '-map', '0:a?', '-c', 'copy'],
];

/**
 * Rewrites the recording at `path` as an ordinary file of the same container, in place.
 * @throws `file.no_space` when there is no room for a second copy, `ffmpeg.exited` when the copy is not the same; the original stays.
 */
export async function finishRecording(
  path: string,
  runner: FfmpegRunner,
  signal?: AbortSignal,
): Promise<void> {
  const container = recordingContainer(extname(path).toLowerCase());
  if (container.finalArgs === null) return;
  const { size } = await stat(path);
  const { freeBytes } = await diskSpace(path);
  if (freeBytes < size + RESERVE_BYTES) {
    const detail = 'There is no room for the ordinary copy; the recording stays as it is, and it plays.';
    throw new StreamwareError('file.no_space', { detail });
  }
  const temporary = temporaryPath(path);
  try {
    const output = [...container.finalArgs, '-f', container.format, '-y', `file:${temporary}`];
    await run(runner, [...readArgs(path), ...output], 0, signal);
    const [before, after] = [
      await contentOf(path, runner, signal),
      await contentOf(temporary, runner, signal),
    ];
    if (before !== after || before === '') {
      const detail = 'The ordinary copy of the recording was not the same as the original.';
      throw new StreamwareError('ffmpeg.exited', { detail });
    }
    await flushToDisk(temporary);
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
}

/** One line per track with a checksum over all of its packets; empty when nothing can be read. */
async function contentOf(path: string, runner: FfmpegRunner, signal?: AbortSignal): Promise<string> {
  return run(runner, [...readArgs(path), '-f', 'streamhash', '-hash', 'murmur3', 'pipe:3'], 1, signal);
}

async function run(
  runner: FfmpegRunner,
  args: readonly string[],
  mediaPipes: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  signal?.throwIfAborted();
  const process = runner.spawn({ purpose: 'finish', args, feedsStdin: false, mediaPipes });
  yieldCpu(process);
  const stop = (): void => void process.kill();
  signal?.addEventListener('abort', stop);
  try {
    const [exit, text] = await Promise.all([process.exited, collect(process)]);
    signal?.throwIfAborted();
    assertSucceeded(exit);
    return text;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function assertSucceeded(exit: FfmpegExit): void {
  if (exit.code !== 0) throw muxerError('file', exit, false);
}

async function collect(process: FfmpegProcess): Promise<string> {
  let text = '';
  for (const pipe of process.mediaPipes) {
    for await (const chunk of pipe) text += String(chunk);
  }
  return text.trim();
}

function yieldCpu(process: FfmpegProcess): void {
  try {
    setPriority(process.pid, LOW_PRIORITY);
  } catch {
    // It has ended already, or the system does not let us: only slower for the others.
  }
}

async function flushToDisk(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
