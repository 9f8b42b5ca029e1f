import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input } from '../../contract/inputs.ts';
import type { ProcessingStep } from '../../contract/processing.ts';
import type { StreamConfig } from '../../contract/streams.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import { type EncoderPlan, planEncoder } from '../../media/encoder/encoderPlan.ts';
import { startEncoderSession } from '../../media/encoder/encoderSession.ts';
import { watermarkImages } from '../../media/encoder/watermarkImages.ts';
import type { FfmpegAbilities } from '../../media/ffmpeg/abilities.ts';
import type { MediaProbe } from '../../media/ffmpeg/mediaProbe.ts';
import { metadataTag } from '../../media/flv/metadata.ts';
import { fedSource } from '../../media/inputs/fedInput.ts';
import type { InputSource } from '../../media/inputs/index.ts';
import { type OpenInput, openInput } from '../../media/inputs/openInput.ts';
import { defaultTestPicture, type TestPicture, testPictureProbe } from '../../media/inputs/testInput.ts';
import type { SlateClip } from '../../media/relay/slateClip.ts';
import type { TagSource } from '../../media/relay/tagSink.ts';
import type { EncodePlan, Encoding, PlanRequest, ResolvedRendition } from './encoding.ts';
import type { EncoderWish, EncodingMedia } from './encodingMedia.ts';
import { LiveTexts } from './liveTexts.ts';
import { SessionRun } from './sessionRun.ts';
import { sizingSteps } from './sizingSteps.ts';

export interface FfmpegEncodingOptions {
  readonly input: Input;
  readonly processing: readonly ProcessingStep[];
  readonly slate: StreamConfig['slate'];
  readonly media: EncodingMedia;
  /** Private to this stream; removed with it. */
  readonly workFolder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A plan with what is needed to make its arguments for any position in the input. */
export interface FfmpegPlan extends EncodePlan {
  /** Picture and sound are wanted exactly as they came: no ffmpeg is needed for what comes as tags. */
  readonly isUntouched: boolean;
  readonly at: (positionMs: number, textFolder: string) => EncoderPlan;
}

/** Inputs that ffmpeg opens itself. */
export class FfmpegEncoding implements Encoding {
  readonly #options: FfmpegEncodingOptions;
  readonly #texts: LiveTexts;
  #opened: Promise<OpenInput> | null = null;
  #probe: MediaProbe | null = null;
  #runs = 0;
  readonly #running = new Set<SessionRun>();
  readonly #disposed = new AbortController();

  constructor(options: FfmpegEncodingOptions) {
    this.#options = options;
    this.#texts = new LiveTexts(options.processing);
  }

  async plan(request: PlanRequest): Promise<FfmpegPlan> {
    const { media } = this.#options;
    const testPicture = testPictureFor(request);
    const abilities = await media.abilities();
    const opened = await this.#open(abilities);
    const probe = await this.#look(opened, testPicture);
    const durationSeconds = probe.durationSeconds;
    return await this.planFor(request, probe, (elapsedMs) =>
      opened.source({ elapsedMs, durationSeconds, testPicture }),
    );
  }

  async planSlate(request: PlanRequest): Promise<EncodePlan> {
    const steps = sizingSteps(this.#options.processing);
    const picture = testPictureFor(request);
    const scene = { type: 'test' } as const;
    return await this.planFor(request, testPictureProbe(scene, picture), () => fedSource(), steps);
  }

  /**
   * The plan for an input of which it is known what is in it.
   * @param otherSteps in place of the stream's own
   */
  async planFor(
    request: PlanRequest,
    probe: MediaProbe,
    sourceAt: (positionMs: number) => InputSource,
    otherSteps?: readonly ProcessingStep[],
  ): Promise<FfmpegPlan> {
    const { media, processing, workFolder } = this.#options;
    const [binary, abilities, images, encoders] = await Promise.all([
      media.findBinary(),
      media.abilities(),
      watermarkImages(otherSteps ?? processing),
      media.chooseEncoders({
        codecs: [...new Set(request.renditions.map(({ request: { codec } }) => codec ?? 'h264'))],
        wanted: processing.findLast((step) => step.type === 'transcode')?.encoder ?? null,
        without: request.failedEncoders,
        size: largestPicture(request, probe),
      }),
    ]);
    const at = (positionMs: number, textFolder: string): EncoderPlan =>
      planEncoder({
        source: sourceAt(positionMs),
        probe,
        processing: otherSteps ?? this.#texts.steps,
        renditions: request.renditions,
        encoders,
        abilities,
        version: binary.version,
        images,
        textFolder,
      });
    const first = at(0, workFolder);
    const { isExclusive, canSeek } = sourceAt(0);
    const encoder = first.encoderNames.join(', ');
    return {
      at,
      renditions: first.renditions.map(toResolved),
      encoder,
      notices: first.notices,
      isUntouched: first.isUntouched,
      isExclusive,
      canSeek,
    };
  }

  run(plan: EncodePlan, sources: readonly TagSource[], positionMs: number): SessionRun {
    const { media, workFolder, clock, logger } = this.#options;
    this.#runs += 1;
    const textFolder = join(workFolder, `run-${this.#runs}`);
    const encoderPlan = (plan as FfmpegPlan).at(positionMs, textFolder);
    const sinks = new Map<string, TagSource>();
    for (const [index, source] of sources.entries())
      sinks.set(encoderPlan.renditions[index]?.id ?? '', source);
    const starting = startEncoderSession({
      plan: encoderPlan,
      sinks,
      runner: media.runner,
      clock,
      logger,
      textFolder,
    });
    const run = new SessionRun(starting, sources);
    this.#running.add(run);
    void run.ended.finally(() => this.#running.delete(run));
    return run;
  }

  async renderSlate(rendition: ResolvedRendition, plan: EncodePlan): Promise<SlateClip> {
    const { slate, workFolder, media } = this.#options;
    const planned = (plan as FfmpegPlan).at(0, workFolder).renditions.find(({ id }) => id === rendition.id);
    if (!planned) throw new Error(`no rendition ${rendition.id} in the plan`);
    const clip = await media.renderSlate(planned, slate).catch((error) => {
      if (slate.image === undefined) throw error;
      // Somebody removed or spoilt it since the stream was started. Any slate is better than none.
      this.#options.logger.warn('the slate picture cannot be shown; its text is', { error });
      return media.renderSlate(planned, { ...slate, image: undefined });
    });
    return { ...clip, metadata: metadataTag(planned.metadata, 0) };
  }

  async setText(index: number, text: string): Promise<void> {
    this.#texts.set(index, text);
    await Promise.all([...this.#running].map((run) => run.setText(index, text)));
  }

  async dispose(): Promise<void> {
    this.#disposed.abort();
    await Promise.all([...this.#running].map((run) => run.stop()));
    await this.#opened?.then(
      (opened) => opened.close(),
      () => undefined,
    );
    // What cannot be removed now goes with the next run of this stream.
    await rm(this.#options.workFolder, { recursive: true, force: true }).catch(() => undefined);
  }

  /** Once; an attempt that failed is no reason not to try again. */
  #open(abilities: FfmpegAbilities): Promise<OpenInput> {
    const { input, logger, media } = this.#options;
    this.#opened ??= openInput(input, abilities, logger, media.runner).catch((thrown) => {
      this.#opened = null;
      throw thrown;
    });
    return this.#opened;
  }

  async #look(opened: OpenInput, testPicture: TestPicture): Promise<MediaProbe> {
    const { input, media, processing } = this.#options;
    // A recording does not change; whatever is live may come back as something else.
    if (this.#probe && input.type === 'file') return this.#probe;
    this.#probe = await opened.probe(media.prober, {
      testPicture,
      signal: this.#disposed.signal,
      // Nobody can change the distance of key frames in what is passed through: then it is worth knowing.
      measuresKeyFrames: processing.some(({ type }) => type === 'copy'),
    });
    return this.#probe;
  }
}

/** The test scene is drawn as what the program will be. */
function testPictureFor(request: PlanRequest): TestPicture {
  const { width, height, fps } = request.renditions[0]?.request ?? {};
  const usual = defaultTestPicture;
  return { width: width ?? usual.width, height: height ?? usual.height, fps: fps ?? usual.fps };
}

/** What the encoder must manage: as far as it was asked for, else as it comes. */
function largestPicture({ renditions }: PlanRequest, { video }: MediaProbe): EncoderWish['size'] {
  const sizes = renditions.map(({ request }) => ({
    width: request.width ?? video?.width ?? defaultTestPicture.width,
    height: request.height ?? video?.height ?? defaultTestPicture.height,
    fps: request.fps ?? video?.fps ?? defaultTestPicture.fps,
  }));
  const largest = sizes.toSorted((a, b) => b.width * b.height * b.fps - a.width * a.height * a.fps)[0];
  return largest ?? defaultTestPicture;
}

function toResolved({
  id,
  settings,
  audioBitrateKbps,
}: EncoderPlan['renditions'][number]): ResolvedRendition {
  const { width, height, fps, bitrateKbps } = settings;
  return { id, width, height, fps, bitrateKbps, audioBitrateKbps };
}
