/**
 * One ffmpeg child that repacks a stream without touching the coded data: FLV in on its standard input, a file, a
 * network address or a pipe of ours out. The base of every output that is not spoken natively.
 * It carries one configuration from the first key frame to its end; parts, playlists, retries and queues are the
 * business of those who use it.
 *
 *   new ──open──▶ running ──close──▶ closing ──▶ ended(null)
 *                    └── ffmpeg ends by itself, makes no progress, or meets a codec it cannot carry ──▶ ended(error)
 */
import { StreamwareError } from '../../contract/errors.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { FfmpegExit, FfmpegProcess, FfmpegProgress, FfmpegRunner } from '../ffmpeg/ffmpegProcess.ts';
import type { MediaTag } from '../flv/mediaTag.ts';
import { type ConfigurationChange, type FeedHeaders, FlvFeed, type FlvFeedOptions } from './flvFeed.ts';
import { type MuxerTarget, muxerError } from './muxerErrors.ts';
import type { OutputSession, SessionProgress } from './outputSession.ts';

export interface MuxerSpec {
  /** For logs: `recording`, `hls`, `srt`, … */
  readonly purpose: string;
  readonly feed: FlvFeedOptions;
  /** Everything behind `-c copy`: format, its options and the destination. Never a secret. */
  readonly outputArgs: readonly string[];
  readonly target: MuxerTarget;
  /** Takes what the muxer writes to `pipe:3`; false pauses it until `resumeMedia`. Only for target `pipe`. */
  readonly onMedia?: (chunk: Buffer) => boolean;
  /** Above this `write` says false. */
  readonly maxPendingBytes?: number;
  /** How long the muxer may be fed without writing anything on; 1000 or more. */
  readonly stallTimeoutMs?: number;
  /** For listeners: no limit on how long it takes until somebody connects. */
  readonly waitsForPeer?: boolean;
  /** Called once, when input and output are open and ffmpeg has begun its work. */
  readonly onRunning?: () => void;
  /** What ffmpeg may print and nobody may read. */
  readonly secrets?: readonly string[];
}

export interface MuxerPorts {
  readonly runner: FfmpegRunner;
  readonly clock: Clock;
  readonly logger: Logger;
}

const DEFAULT_MAX_PENDING_BYTES = 4 * 1024 * 1024;
const DEFAULT_STALL_TIMEOUT_MS = 10_000;
const WATCH_INTERVAL_MS = 1000;
const MAX_INTERLEAVE_US = 1_000_000;

/**
 * What stands before the output of every muxer. Probing ends with the first frame of each track, which the feed puts
 * at the very beginning; the limits only matter for a track that is announced and never comes. `nobuffer` must not be
 * set: it throws the probed frames away.
 */
function muxerInputArgs(timestamps: FlvFeedOptions['timestamps']): string[] {
  return [
    ...['-probesize', '1000000', '-analyzeduration', '200000', '-fpsprobesize', '0'],
    ...(timestamps === 'as they are' ? ['-copyts'] : []),
    ...['-f', 'flv', '-i', 'pipe:0', '-map', '0:v?', '-map', '0:a?', '-c', 'copy'],
    ...['-max_interleave_delta', String(MAX_INTERLEAVE_US)],
  ];
}

export class MuxerSession implements OutputSession {
  onDrain: () => void = () => undefined;
  readonly ended: Promise<StreamwareError | null>;

  readonly #spec: MuxerSpec;
  readonly #ports: MuxerPorts;
  readonly #feed: FlvFeed;
  #settle: (error: StreamwareError | null) => void = () => undefined;
  #process: FfmpegProcess | null = null;
  #watch: Timer | null = null;
  #error: StreamwareError | null = null;
  #isClosing = false;
  #wantsDrain = false;
  #bytesFed = 0;
  #bytesConfirmed = 0;
  #bytesWorkedOff = 0;
  #isRunning = false;
  #outTimeMs = 0;
  #fedAtMs = 0;
  #progressAtMs = 0;

  constructor(spec: MuxerSpec, ports: MuxerPorts) {
    this.#spec = spec;
    this.#ports = ports;
    this.#feed = new FlvFeed(spec.feed);
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Metadata and decoder configurations in force; a successor needs them. */
  get headers(): FeedHeaders {
    return this.#feed.headers;
  }

  /** Where the muxer's time 0 lies on the stream's timeline, with `as they are`. */
  get baseMs(): number {
    return this.#feed.baseMs;
  }

  /** Of the first frame, on the stream's timeline; 0 before it. */
  get startMs(): number {
    return this.#feed.startMs;
  }

  changeBy(tag: MediaTag): ConfigurationChange {
    return this.#feed.changeBy(tag);
  }

  async open(signal: AbortSignal): Promise<void> {
    try {
      if (signal.aborted || this.#isClosing) throw new StreamwareError('engine.stopping');
      this.#start();
    } catch (thrown) {
      this.#settle(null);
      throw thrown;
    }
  }

  write(tag: MediaTag): boolean {
    const stdin = this.#process?.stdin;
    if (!stdin || this.#error !== null || this.#isClosing) return true;
    const refusal = this.#feed.refusal(tag) ?? this.#refusalOfChange(tag);
    if (refusal !== null) {
      this.#fail(refusal);
      return true;
    }
    const slices = this.#feed.accept(tag);
    if (slices.length > 0) {
      this.#fedAtMs = this.#ports.clock.monotonicMs();
      if (this.#bytesFed === 0) this.#progressAtMs = this.#fedAtMs;
      stdin.cork();
      for (const slice of slices) {
        this.#bytesFed += slice.length;
        stdin.write(slice);
      }
      stdin.uncork();
    }
    this.#wantsDrain = stdin.writableLength > (this.#spec.maxPendingBytes ?? DEFAULT_MAX_PENDING_BYTES);
    return !this.#wantsDrain;
  }

  /** Towards a server nothing counts as sent before it has taken something, and what a listener's caller will get is not due yet. */
  progress(): SessionProgress {
    const isUnconnected = this.#spec.target === 'network' && this.#bytesConfirmed === 0;
    const bytesPending = this.#process?.stdin?.writableLength ?? 0;
    return {
      bytesSent: isUnconnected ? 0 : this.#bytesFed - bytesPending,
      bytesConfirmed: this.#bytesConfirmed,
      bytesPending: isUnconnected && this.#spec.waitsForPeer === true ? 0 : bytesPending,
      rttMs: null,
    };
  }

  /** Bytes that ffmpeg had read when it last advanced: proof of life between two writes that are far apart. */
  get bytesWorkedOff(): number {
    return this.#bytesWorkedOff;
  }

  /** Goes on reading what the muxer writes, after `onMedia` said false. */
  resumeMedia(): void {
    for (const pipe of this.#process?.mediaPipes ?? []) pipe.resume();
  }

  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    this.#watch?.cancel();
    if (this.#process === null) this.#settle(null);
    else await this.#process.stop(graceMs);
    await this.ended;
  }

  /** Ends it at once, by force, because what it wrote is of no use. `ended` gives this error. */
  abort(error: StreamwareError): void {
    if (this.#process === null) this.#settle(error);
    else this.#fail(error);
  }

  /** Other sound cannot be announced in mid-stream: whoever owns this muxer begins a new one, a connection is made anew. */
  #refusalOfChange(tag: MediaTag): StreamwareError | null {
    if (this.#spec.feed.forwardsNewHeaders) return null;
    const change = this.#feed.changeBy(tag);
    if (change !== 'sound' && change !== 'tracks') return null;
    const detail = 'The sound is coded in another way from here on, which needs a new start.';
    return new StreamwareError('destination.disconnected', { detail });
  }

  #start(): void {
    const { runner, clock } = this.#ports;
    const { purpose, feed, outputArgs, target, onMedia, secrets } = this.#spec;
    const process = runner.spawn({
      purpose,
      args: [...muxerInputArgs(feed.timestamps), ...outputArgs],
      feedsStdin: true,
      mediaPipes: target === 'pipe' ? 1 : 0,
      ...(secrets === undefined ? {} : { secrets }),
    });
    this.#process = process;
    process.onProgress = (progress: FfmpegProgress): void => this.#noteProgress(progress);
    process.stdin?.on('drain', () => this.#drained());
    for (const pipe of process.mediaPipes) {
      pipe.on('data', (chunk: Buffer) => {
        if (onMedia?.(chunk) === false) pipe.pause();
      });
    }
    const pipesEnded = process.mediaPipes.map(
      (pipe) => new Promise<void>((resolve) => void pipe.once('close', () => resolve())),
    );
    this.#watch = clock.every(WATCH_INTERVAL_MS, () => this.#checkProgress());
    void Promise.all([process.exited, ...pipesEnded]).then(([exit]) => this.#finish(exit));
  }

  #finish(exit: FfmpegExit): void {
    this.#watch?.cancel();
    this.#settle(this.#verdict(exit));
  }

  #verdict(exit: FfmpegExit): StreamwareError | null {
    if (this.#error !== null) return this.#error;
    const hasFailed = exit.code !== 0;
    if (this.#isClosing && !(hasFailed && this.#spec.target === 'file')) return null;
    return muxerError(this.#spec.target, exit, this.#bytesConfirmed > 0);
  }

  #fail(error: StreamwareError): void {
    if (this.#error !== null || this.#isClosing) return;
    this.#error = error;
    void this.#process?.kill();
  }

  #drained(): void {
    if (!this.#wantsDrain) return;
    this.#wantsDrain = false;
    this.onDrain();
  }

  #noteProgress(progress: FfmpegProgress): void {
    if (!this.#isRunning) this.#spec.onRunning?.();
    this.#isRunning = true;
    const bytes = Math.max(this.#bytesConfirmed, progress.totalBytes ?? 0);
    const outTimeMs = Math.max(this.#outTimeMs, progress.outTimeMs ?? 0);
    if (bytes === this.#bytesConfirmed && outTimeMs === this.#outTimeMs) return;
    this.#bytesConfirmed = bytes;
    this.#outTimeMs = outTimeMs;
    this.#bytesWorkedOff = this.#bytesFed - (this.#process?.stdin?.writableLength ?? 0);
    this.#progressAtMs = this.#ports.clock.monotonicMs();
  }

  /** Stuck is who is fed and writes nothing on; a source that sends nothing is no fault of the muxer's. */
  #checkProgress(): void {
    const timeoutMs = this.#spec.stallTimeoutMs ?? DEFAULT_STALL_TIMEOUT_MS;
    const silentMs = this.#ports.clock.monotonicMs() - this.#progressAtMs;
    if (this.#bytesFed === 0 || silentMs < timeoutMs) return;
    if (this.#spec.waitsForPeer === true && this.#bytesConfirmed === 0) return;
    const isUnread = (this.#process?.stdin?.writableLength ?? 0) > 0;
    if (!isUnread && this.#fedAtMs - this.#progressAtMs < timeoutMs / 2) return;
    const isNetwork = this.#spec.target === 'network';
    const seconds = Math.round(silentMs / 1000);
    const detail = `${isNetwork ? 'The server took' : 'ffmpeg wrote'} nothing for ${seconds} s.`;
    this.#fail(new StreamwareError(isNetwork ? 'destination.stalled' : 'ffmpeg.stalled', { detail }));
  }
}
