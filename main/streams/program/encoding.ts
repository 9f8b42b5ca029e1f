/**
 * What a program needs of an encoder, in the program's own words. media/encoder does it with ffmpeg; passing an
 * ingest through untouched is another way. Nothing here knows processes or arguments.
 */
import type { StreamwareError } from '../../contract/errors.ts';
import type { SlateClip } from '../../media/relay/slateClip.ts';
import type { TagSource } from '../../media/relay/tagSink.ts';
import type { RenditionPlan } from '../renditions.ts';

/** One rendition with everything decided. */
export interface ResolvedRendition {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrateKbps: number;
  readonly audioBitrateKbps: number;
}

/** An input that was looked at, and what will be made of it. Can be run any number of times. */
export interface EncodePlan {
  readonly renditions: readonly ResolvedRendition[];
  /** Name of the video encoder, such as `libx264`; `copy` when nothing is encoded. */
  readonly encoder: string;
  /** For people: silence added, size made even, codec transcoded. */
  readonly notices: readonly string[];
  /** The input can be opened only once at a time, as a camera. */
  readonly isExclusive: boolean;
  /** A second run can begin where the first one is. */
  readonly canSeek: boolean;
}

export interface PlanRequest {
  readonly renditions: readonly RenditionPlan[];
  /** Encoders that failed in this broadcast; the next one is taken. */
  readonly failedEncoders: readonly string[];
}

export interface EncodeRun {
  /** Settles when the run is over: why. After `stop` with null. */
  readonly ended: Promise<StreamwareError | null>;
  /** Of the encoder against real time; null before the first report. */
  readonly speed: number | null;
  stop(): Promise<void>;
}

export interface Encoding {
  /**
   * Looks at the input and decides.
   * @throws a permanent error when the input can never work as asked; a retryable one when it does not answer now
   */
  plan(request: PlanRequest): Promise<EncodePlan>;
  /**
   * What the program will most likely be, from what is asked for alone: for the slate of a source that nobody has seen yet.
   * It cannot be run.
   */
  planSlate(request: PlanRequest): Promise<EncodePlan>;
  /**
   * @param sources one per rendition, in the order of the plan
   * @param positionMs where in the input to begin, for inputs that can seek
   */
  run(plan: EncodePlan, sources: readonly TagSource[], positionMs: number): EncodeRun;
  renderSlate(rendition: ResolvedRendition, plan: EncodePlan): Promise<SlateClip>;
  /** Changes the text of the n-th `text` step while it runs. @throws `request.invalid` when there is no such step */
  setText(index: number, text: string): Promise<void>;
  dispose(): Promise<void>;
}
