import type { Output } from '../contract/outputs.ts';
import type { ProcessingStep, RenditionRequest } from '../contract/processing.ts';
import type { StreamConfig } from '../contract/streams.ts';
import { definedOnly } from './renditions.ts';

type TranscodeStep = Extract<ProcessingStep, { type: 'transcode' }>;

/** What the encoder does unless it is told otherwise. */
const USUAL_KEY_FRAME_SECONDS = 2;
const SHORTEST_KEY_FRAME_SECONDS = 0.5;
/** Segments may differ by this from what was asked for. */
const TOLERANCE_SECONDS = 0.05;

/** The configuration with the program's rendition written into its last `transcode` step, which is added when there is none. */
export function withMainRendition(config: StreamConfig, rendition: RenditionRequest): StreamConfig {
  return { ...config, processing: withTranscode(config.processing, definedOnly(rendition)) };
}

/** The steps with key frames where segments are to begin. What the user asked for in so many words stays. */
export function withSegmentKeyFrames(
  processing: readonly ProcessingStep[],
  outputs: readonly Output[],
): ProcessingStep[] {
  const isAsked = processing.some(
    (step) => step.type === 'transcode' && step.keyFrameIntervalSeconds !== undefined,
  );
  const lengths = outputs.flatMap((output) => ('segmentSeconds' in output ? [output.segmentSeconds] : []));
  const keyFrameIntervalSeconds = keyFrameSecondsFor(lengths);
  if (isAsked || keyFrameIntervalSeconds === USUAL_KEY_FRAME_SECONDS) return [...processing];
  return withTranscode(processing, { keyFrameIntervalSeconds });
}

/** The longest usual distance of key frames of which every segment is a multiple; as good as can be when there is none. */
export function keyFrameSecondsFor(segmentSeconds: readonly number[]): number {
  if (segmentSeconds.length === 0) return USUAL_KEY_FRAME_SECONDS;
  const shortest = Math.min(...segmentSeconds);
  const fewest = Math.ceil(shortest / USUAL_KEY_FRAME_SECONDS);
  for (let parts = fewest; shortest / parts >= SHORTEST_KEY_FRAME_SECONDS; parts += 1) {
    const distance = shortest / parts;
    const isMultiple = (length: number): boolean =>
      Math.abs(length - Math.round(length / distance) * distance) <= TOLERANCE_SECONDS;
    if (segmentSeconds.every(isMultiple)) return distance;
  }
  return shortest / fewest;
}

function withTranscode(
  processing: readonly ProcessingStep[],
  change: Partial<TranscodeStep>,
): ProcessingStep[] {
  const last = processing.findLastIndex(({ type }) => type === 'transcode');
  if (last < 0) return [...processing, { type: 'transcode', ...change }];
  return processing.map((step, index) =>
    index === last && step.type === 'transcode' ? { ...step, ...change } : step,
  );
}
