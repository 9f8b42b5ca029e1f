/**
 * One connection to a live sender (RTMP, SRT, RTSP), held by an ffmpeg that only copies. What comes is kept until an
 * encoder takes it. So the sender is looked at and encoded over one and the same connection: many senders serve only
 * one, once, and on every new one a whole group of pictures may pass before anything can be shown.
 *
 *   connecting ──first bytes──▶ waiting (what comes is kept) ──attach──▶ flowing ──▶ over
 *        └─────────────── refused, silent, stopped ──────────────────────────────────▶
 */
import type { Writable } from 'node:stream';
import { StreamwareError } from '../../contract/errors.ts';
import { words } from '../ffmpeg/args.ts';
import { failureMeaning } from '../ffmpeg/failure.ts';
import type { FfmpegExit, FfmpegProcess, FfmpegRunner } from '../ffmpeg/ffmpegProcess.ts';
import type { InputOpening, InputSource } from './inputSource.ts';

/** The container on the pipe: it takes any codec, and its header tells at once what is inside. */
export const PULL_FORMAT = 'nut';
/** How an encoder opens what a pull delivers. */
export const pulledOpening: InputOpening = {
  options: words(
    `-protocol_whitelist pipe -f ${PULL_FORMAT} -probesize 2000000 -analyzeduration 700000 -fpsprobesize 0`,
  ),
  url: 'pipe:0',
};

/** More than this is left with the sender until an encoder comes. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;
const STOP_GRACE_MS = 400;

export class Pull {
  /** Settles when the connection is over: why; null after `stop`. */
  readonly ended: Promise<StreamwareError | null>;
  readonly #process: FfmpegProcess;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #target: Writable | null = null;
  #isStopped = false;
  #onBytes: () => void = () => undefined;

  /** @param source how the sender is opened. */
  constructor(runner: FfmpegRunner, source: InputSource) {
    const opening = source.openings[source.videoOpening];
    if (opening === undefined) throw new Error('an input without an opening');
    this.#process = runner.spawn({
      purpose: 'pull',
      args: [
        ...[...opening.options, '-i', opening.url, '-map', '0:v:0?', '-map', '0:a:0?', '-c', 'copy'],
        ...['-f', PULL_FORMAT, '-flush_packets', '1', 'pipe:3'],
      ],
      feedsStdin: false,
      mediaPipes: 1,
      secrets: source.secrets,
      ...(source.stdinText === undefined ? {} : { stdinText: source.stdinText }),
    });
    this.#process.mediaPipes[0]?.on('data', (chunk: Buffer) => this.#take(chunk));
    this.ended = this.#process.exited.then((exit) => {
      this.#target?.end();
      this.#onBytes();
      return pullEnd(exit);
    });
  }

  /** What has come so far, once there is at least that much; less when the connection ended before. */
  async head(bytes: number): Promise<Buffer> {
    const isOver = this.ended.then(() => true);
    while (this.#keptBytes < bytes) {
      const more = new Promise<false>((resolve) => {
        this.#onBytes = (): void => resolve(false);
      });
      if (await Promise.race([isOver, more])) break;
    }
    return Buffer.concat(this.#kept);
  }

  /** Hands everything to an encoder from now on, beginning with what was kept. Once. */
  attach(target: Writable): void {
    this.#target = target;
    const pipe = this.#process.mediaPipes[0];
    target.on('drain', () => pipe?.resume());
    const kept = this.#kept;
    this.#kept = [];
    for (const chunk of kept) target.write(chunk);
    pipe?.resume();
  }

  async stop(): Promise<void> {
    this.#target = null;
    this.#isStopped = true;
    this.#kept = [];
    this.#process.mediaPipes[0]?.resume();
    await this.#process.stop(STOP_GRACE_MS);
  }

  #take(chunk: Buffer): void {
    const pipe = this.#process.mediaPipes[0];
    if (this.#target !== null) {
      // The encoder sets the pace; the system's buffers and the sender's carry it back.
      if (!this.#target.write(chunk)) pipe?.pause();
      return;
    }
    if (this.#isStopped) return;
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
    if (this.#keptBytes > MAX_KEPT_BYTES) pipe?.pause();
    this.#onBytes();
  }
}

function pullEnd(exit: FfmpegExit): StreamwareError | null {
  if (exit.wasAsked) return null;
  if (exit.code === 0) return new StreamwareError('input.ended');
  const unknown = new StreamwareError(exit.signal === null ? 'input.unreachable' : 'ffmpeg.exited');
  return liveError(failureMeaning(exit.lastLines) ?? unknown);
}

/** What a live sender sends may be rubbish now and right the next time, so it is never given up for good. */
export function liveError(error: StreamwareError): StreamwareError {
  if (error.code !== 'input.unreadable') return error;
  const detail = 'What the sender sends cannot be read as video or sound.';
  return new StreamwareError('input.unreachable', { detail, cause: error });
}
