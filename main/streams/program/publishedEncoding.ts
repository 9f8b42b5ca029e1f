import { StreamwareError } from '../../contract/errors.ts';
import { Secret } from '../../lib/secret.ts';
import { inputSource } from '../../media/inputs/index.ts';
import type { Subscription } from '../../media/relay/fanOut.ts';
import type { SlateClip } from '../../media/relay/slateClip.ts';
import type { TagSource } from '../../media/relay/tagSink.ts';
import type { IngestKeys } from '../../media/rtmp/ingest/ingestKeys.ts';
import type { RtmpIngest } from '../../media/rtmp/ingest/rtmpIngest.ts';
import type { EncodePlan, EncodeRun, Encoding, PlanRequest, ResolvedRendition } from './encoding.ts';
import { FfmpegEncoding, type FfmpegEncodingOptions, type FfmpegPlan } from './ffmpegEncoding.ts';
import { PassThroughRun } from './passThroughRun.ts';
import { PublisherFeed, type SenderChange } from './publisherFeed.ts';

export interface PublishedEncodingOptions {
  readonly key: string;
  readonly streamId: string;
  readonly keys: IngestKeys;
  readonly ingest: Pick<RtmpIngest, 'drop'>;
  /** A publisher came or changed what it sends: the input is to be looked at again. */
  readonly onSenderChanged: (change: SenderChange) => void;
}

/** Longer than any encoder takes to send its headers and a first key frame. */
const FIRST_TAGS_MS = 12_000;

function nothingToSee(isPublishing: boolean): StreamwareError {
  const detail = isPublishing
    ? 'The publisher is connected, but sends neither a key frame nor sound that can be used.'
    : 'Nobody publishes to this stream yet.';
  return new StreamwareError('input.timeout', { detail });
}

/**
 * What OBS, a phone or a camera pushes to us. It is encoded like any other input, or, with a `copy` step and H.264 and AAC
 * that nothing is to be added to, handed to the relay as it comes: then no ffmpeg runs at all.
 */
export class PublishedEncoding implements Encoding {
  readonly #ffmpeg: FfmpegEncoding;
  readonly #options: FfmpegEncodingOptions;
  readonly #publishing: PublishedEncodingOptions;
  readonly #feed: PublisherFeed;
  readonly #closeKey: () => void;

  constructor(options: FfmpegEncodingOptions, publishing: PublishedEncodingOptions) {
    this.#options = options;
    this.#publishing = publishing;
    this.#ffmpeg = new FfmpegEncoding(options);
    this.#feed = new PublisherFeed(options.clock, publishing.onSenderChanged);
    this.#closeKey = publishing.keys.add(new Secret(publishing.key), {
      id: publishing.streamId,
      accept: () => this.#feed.openPublisher(),
    });
  }

  async plan(request: PlanRequest): Promise<FfmpegPlan> {
    const sample = await this.#feed.sample(FIRST_TAGS_MS);
    if (!sample) throw nothingToSee(this.#feed.isPublishing);
    const { media } = this.#options;
    const [probe, abilities] = await Promise.all([media.prober.probeFlv(sample), media.abilities()]);
    const source = (): ReturnType<typeof inputSource> =>
      inputSource(this.#options.input, {
        abilities,
        platform: process.platform,
        environment: process.env,
        elapsedMs: 0,
        durationSeconds: null,
        gateUrl: null,
      });
    return await this.#ffmpeg.planFor(request, probe, source);
  }

  planSlate(request: PlanRequest): Promise<EncodePlan> {
    return this.#ffmpeg.planSlate(request);
  }

  run(plan: EncodePlan, sources: readonly TagSource[]): EncodeRun {
    const { isUntouched } = plan as FfmpegPlan;
    if (isUntouched && sources.length === 1) return new PassThroughRun(this.#feed, sources);
    const run = this.#ffmpeg.run(plan, sources, 0);
    const off = this.#feed.onEnd(() => void run.stop());
    let subscription: Subscription | null = null;
    let isOver = false;
    // Not before it can be fed: headers and key frame are handed over once, at the subscription.
    void run.started.then(() => {
      if (!isOver) subscription = this.#feed.subscribe({ push: (tag) => run.feed(tag) });
    });
    void run.ended.finally(() => {
      isOver = true;
      subscription?.unsubscribe();
      off();
    });
    return run;
  }

  renderSlate(rendition: ResolvedRendition, plan: EncodePlan): Promise<SlateClip> {
    return this.#ffmpeg.renderSlate(rendition, plan);
  }

  setText(index: number, text: string): Promise<void> {
    return this.#ffmpeg.setText(index, text);
  }

  async dispose(): Promise<void> {
    this.#closeKey();
    this.#publishing.ingest.drop(this.#publishing.streamId);
    await this.#ffmpeg.dispose();
  }
}
