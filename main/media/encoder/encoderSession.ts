/**
 * One run of the encoder: starts ffmpeg for a plan and delivers, for every rendition, metadata, headers and frames in
 * order of time. It ends by itself with a typed reason, also when ffmpeg lives on but nothing comes out of it.
 * It never restarts anything and knows nothing of destinations; what to do about an end is decided in streams/.
 *
 *   starting ──first picture──▶ running ──▶ ended
 *      └──────────── time-out, exit, stop ────▶
 */
import { StreamwareError } from '../../contract/errors.ts';
import { type Clock, delay, type Timer } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { FfmpegExit, FfmpegProcess, FfmpegProgress, FfmpegRunner } from '../ffmpeg/ffmpegProcess.ts';
import { FlvReader } from '../flv/flvReader.ts';
import type { MediaTag } from '../flv/mediaTag.ts';
import { metadataTag } from '../flv/metadata.ts';
import type { Pull } from '../inputs/pull.ts';
import type { TagSource } from '../relay/tagSink.ts';
import { encoderEnd } from './encoderEnd.ts';
import type { EncoderPlan, PlannedRendition } from './encoderPlan.ts';
import { FedStream } from './fedStream.ts';
import { removeTextFolder, writeTextFile } from './textFiles.ts';
import { TrackMerger } from './trackMerger.ts';

export interface EncoderSession {
  /** Resolves with the first key frame of the first rendition; stays open when the run ends before. */
  readonly firstPicture: Promise<void>;
  /** Settles once, after every sink was told that no more will come: with the reason, or null after `stop`. */
  readonly ended: Promise<StreamwareError | null>;
  progress(): EncoderProgress;
  /** For sources that are fed. Never blocks; what the encoder cannot take in time is left out up to the next key frame. */
  feed(tag: MediaTag): void;
  /** Changes the words of the n-th `text` step, on the air, without a restart. */
  setText(index: number, text: string): Promise<void>;
  /** Ends it within `graceMs`, if need be by force. Resolves when nothing of it is left. */
  stop(graceMs: number): Promise<void>;
}

interface EncoderProgress {
  readonly fps: number | null;
  /** 1 = real time; lower means that the machine is too slow. */
  readonly speed: number | null;
  readonly frames: number;
  /** How far into the input the newest picture is, milliseconds. Where a second encoder would begin. */
  readonly positionMs: number;
  /** Fed tags left out because the encoder was too slow. */
  readonly droppedTags: number;
  /** Frames of silence put in the place of missing sound. */
  readonly silentFrames: number;
}

export interface EncoderSessionOptions {
  readonly plan: EncoderPlan;
  /** One per rendition of the plan, by its id. */
  readonly sinks: ReadonlyMap<string, TagSource>;
  readonly runner: FfmpegRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly textFolder: string;
  /** How long the first picture may take. Default 15 s. */
  readonly startTimeoutMs?: number;
  /** How long nothing may come once it runs. Default 8 s. */
  readonly stallTimeoutMs?: number;
}

const START_TIMEOUT_MS = 15_000;
const STALL_TIMEOUT_MS = 8000;
/** An encoder that is further ahead of real time than this fills a jump of the source's clock with copies of one picture. */
const MAX_LEAD_MS = 15_000;
/** After the exit: how long what is still in the pipes is waited for. */
const DRAIN_MS = 1000;

function clockJump(): StreamwareError {
  return new StreamwareError('input.stalled', {
    detail: 'The clock of the input jumped: it is opened anew.',
  });
}

/** Rejects with `ffmpeg.missing` when there is no ffmpeg. */
export async function startEncoderSession(options: EncoderSessionOptions): Promise<EncoderSession> {
  for (const file of options.plan.textFiles) await writeTextFile(file);
  return new RunningEncoder(options);
}

class RunningEncoder implements EncoderSession {
  readonly firstPicture: Promise<void>;
  readonly ended: Promise<StreamwareError | null>;

  readonly #options: EncoderSessionOptions;
  readonly #process: FfmpegProcess;
  readonly #mergers = new Map<string, TrackMerger>();
  readonly #fed: FedStream | null;
  readonly #pull: Pull | null;
  readonly #watchdog: Timer;
  #resolveFirstPicture: () => void = () => undefined;
  #hasPicture = false;
  #progress: FfmpegProgress | null = null;
  #frames = 0;
  #latestMs: number;
  #lastOutputMs: number;
  #lastFeedMs: number;
  /** Time of the first picture minus the clock, milliseconds. */
  #lead: number | null = null;
  #failure: StreamwareError | null = null;
  /** Texts are written one after another: two would take each other's file away. */
  #texts: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(options: EncoderSessionOptions) {
    const { plan, runner, clock } = options;
    this.#options = options;
    this.#latestMs = plan.originMs;
    this.#lastOutputMs = clock.monotonicMs();
    this.#lastFeedMs = this.#lastOutputMs;
    this.firstPicture = new Promise((resolve) => {
      this.#resolveFirstPicture = resolve;
    });
    for (const rendition of plan.renditions) this.#mergers.set(rendition.id, this.#createMerger(rendition));
    this.#process = runner.spawn({
      purpose: 'encoder',
      args: plan.args,
      feedsStdin: plan.isFed || plan.pull !== undefined,
      mediaPipes: plan.pipes,
      secrets: plan.secrets,
      ...(plan.stdinText === undefined ? {} : { stdinText: plan.stdinText }),
      ...(plan.environment === undefined ? {} : { environment: plan.environment }),
    });
    this.#process.onProgress = (progress: FfmpegProgress): void => {
      this.#progress = progress;
    };
    const stdin = this.#process.stdin;
    const hasAudio = plan.renditions.some(({ audioPipe }) => audioPipe !== null);
    const tracks = { hasVideo: plan.hasPicture, hasAudio };
    this.#fed = stdin === null || !plan.isFed ? null : new FedStream(stdin, tracks);
    this.#pull = stdin === null ? null : (plan.pull?.() ?? null);
    if (stdin !== null) this.#pull?.attach(stdin);
    const drained = Promise.all(this.#process.mediaPipes.map((pipe, index) => this.#read(pipe, index)));
    this.#watchdog = clock.every(500, () => this.#watch());
    this.ended = this.#untilEnded(drained);
  }

  progress(): EncoderProgress {
    const silent = [...this.#mergers.values()].map(({ silentFrames }) => silentFrames);
    return {
      fps: this.#progress?.fps ?? null,
      speed: this.#progress?.speed ?? null,
      frames: this.#frames,
      positionMs: Math.max(0, this.#latestMs - this.#options.plan.originMs),
      droppedTags: this.#fed?.droppedTags ?? 0,
      silentFrames: Math.max(0, ...silent),
    };
  }

  feed(tag: MediaTag): void {
    this.#lastFeedMs = this.#options.clock.monotonicMs();
    this.#fed?.feed(tag);
  }

  async setText(index: number, text: string): Promise<void> {
    const file = this.#options.plan.textFiles[index];
    if (file === undefined)
      throw new StreamwareError('request.invalid', { detail: `There is no text number ${index}.` });
    const written = this.#texts.then(() => (this.#isOver ? undefined : writeTextFile({ ...file, text })));
    this.#texts = written.catch(() => undefined);
    await written;
  }

  async stop(graceMs: number): Promise<void> {
    await Promise.all([this.#pull?.stop(), this.#process.stop(graceMs)]);
    await this.ended;
  }

  #createMerger(rendition: PlannedRendition): TrackMerger {
    const sink = this.#options.sinks.get(rendition.id);
    let isFirst = true;
    return new TrackMerger({
      hasSound: rendition.audioPipe !== null,
      fillsSilence: !rendition.isAudioCopied,
      skewMs: this.#options.plan.trackSkewMs,
      push: (tag: MediaTag): void => {
        if (isFirst) sink?.push(metadataTag(rendition.metadata, tag.timestampMs));
        isFirst = false;
        sink?.push(tag);
      },
    });
  }

  /** Resolves when the pipe has ended. */
  #read(pipe: NodeJS.ReadableStream, index: number): Promise<void> {
    const reader = new FlvReader((tag) => this.#route(tag, index));
    return new Promise((resolve) => {
      pipe.on('close', resolve);
      pipe.on('data', (chunk: Buffer) => {
        try {
          reader.push(chunk);
        } catch (cause) {
          this.#fail(
            new StreamwareError('ffmpeg.exited', { detail: 'What the encoder wrote is not FLV.', cause }),
          );
        }
      });
    });
  }

  #route(tag: MediaTag, pipe: number): void {
    if (tag.kind === 'data') return; // ffmpeg's metadata describes one track only; ours, all of it.
    if (tag.kind === 'video') this.#notePicture(tag.timestampMs, tag.frame, pipe);
    for (const { id, videoPipe, audioPipe } of this.#options.plan.renditions) {
      if (tag.kind === 'video' && videoPipe === pipe) this.#mergers.get(id)?.pushVideo(tag);
      if (tag.kind === 'audio' && audioPipe === pipe) this.#mergers.get(id)?.pushAudio(tag);
    }
  }

  #notePicture(timestampMs: number, frame: 'header' | 'key' | 'inter', pipe: number): void {
    if (frame === 'header' || pipe !== 0) return;
    const nowMs = this.#options.clock.monotonicMs();
    this.#lastOutputMs = nowMs;
    this.#latestMs = timestampMs;
    this.#lead ??= timestampMs - nowMs;
    if (timestampMs - nowMs - this.#lead > MAX_LEAD_MS && !this.#options.plan.isFed) this.#fail(clockJump());
    this.#frames += 1;
    if (this.#hasPicture || frame !== 'key') return;
    this.#hasPicture = true;
    this.#resolveFirstPicture();
  }

  /** ffmpeg can live on while nothing comes: a sender that keeps the line but is silent, a device that hangs. */
  #watch(): void {
    const {
      clock,
      plan,
      startTimeoutMs = START_TIMEOUT_MS,
      stallTimeoutMs = STALL_TIMEOUT_MS,
    } = this.#options;
    const silentMs = clock.monotonicMs() - this.#lastOutputMs;
    const patienceMs = this.#hasPicture ? stallTimeoutMs : startTimeoutMs;
    if (silentMs < patienceMs) return;
    // Nobody feeds it: then it is not the encoder that is stuck.
    if (plan.isFed && clock.monotonicMs() - this.#lastFeedMs > patienceMs / 2) return;
    if (plan.isFed) this.#fail(new StreamwareError('ffmpeg.stalled'));
    else this.#fail(new StreamwareError(this.#hasPicture ? 'input.stalled' : 'input.timeout'));
  }

  #fail(failure: StreamwareError): void {
    if (this.#failure !== null) return;
    this.#failure = failure;
    void this.#process.kill();
  }

  async #untilEnded(drained: Promise<unknown>): Promise<StreamwareError | null> {
    const exit: FfmpegExit = await this.#process.exited;
    this.#watchdog.cancel();
    const patience = new AbortController();
    await Promise.race([drained, delay(this.#options.clock, DRAIN_MS, patience.signal)]);
    patience.abort();
    for (const [id, merger] of this.#mergers) {
      merger.flush();
      this.#options.sinks.get(id)?.end();
    }
    await this.#removeTexts();
    const pullReason = await this.#endPull(exit);
    return this.#failure ?? pullReason ?? encoderEnd(exit, this.#hasPicture);
  }

  /** After what is being written: a folder that fills cannot be removed. One that stays goes with the whole work folder. */
  async #removeTexts(): Promise<void> {
    const { plan, textFolder, logger } = this.#options;
    this.#isOver = true;
    if (plan.textFiles.length === 0) return;
    await this.#texts;
    await removeTextFolder(textFolder).catch((error) => logger.warn('texts were left behind', { error }));
  }

  /** Ends the connection to the sender. When it was over before the encoder, it tells the reason. */
  async #endPull(exit: FfmpegExit): Promise<StreamwareError | null> {
    if (this.#pull === null) return null;
    // What ended by itself stays ended: to stop it changes nothing about its reason.
    await this.#pull.stop();
    const isItsFault = !exit.wasAsked && (exit.code === 0 || !this.#hasPicture);
    return isItsFault ? this.#pull.ended : null;
  }
}
