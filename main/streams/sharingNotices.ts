/** What the services of a stream's outputs have against the encodes they share, as sentences for the user. Pure. */
import type { Output } from '../contract/outputs.ts';
import type { ProcessingStep } from '../contract/processing.ts';
import type { StreamConfig } from '../contract/streams.ts';
import { serviceOf } from './destinationCatalogue.ts';
import { explainConflicts, type Sharing, type SharingOutput } from './encodeSharing.ts';
import type { EncodePlan } from './program/encoding.ts';
import { mainRequest, type RenditionAssignment } from './renditions.ts';
import type { JudgedRendition } from './serviceLimits.ts';

/**
 * @param outputs those that are switched off do not count; each is named by its place among them all
 * @param encodeOf what an output gets as far as it is known; default: what is asked for
 */
export function sharingConflicts(
  { processing, output: outputs }: Pick<StreamConfig, 'processing' | 'output'>,
  encodeOf: (output: Output) => JudgedRendition = (output) => askedFor(output, processing),
): Sharing['conflicts'] {
  const sharing = outputs.flatMap((output, index): SharingOutput[] => {
    if (!output.enabled) return [];
    const service = serviceOf(output);
    const name = output.name ?? service?.name ?? output.id ?? `output ${index + 1}`;
    return [{ id: String(index), name, service, rendition: encodeOf(output) }];
  });
  return explainConflicts(sharing).conflicts;
}

/** The same, a sentence or two for each finding. */
export function sharingNotices(...[config, encodeOf]: Parameters<typeof sharingConflicts>): string[] {
  return sharingConflicts(config, encodeOf).map(({ message, cure }) => `${message} ${cure}`);
}

/** The same for a stream on air: also of the figures that nobody asked for. Nothing before its source was looked at. */
export function encodedSharingNotices(
  processing: readonly ProcessingStep[],
  outputs: readonly { readonly config: Output; readonly id: string }[],
  { byOutput, renditions }: RenditionAssignment,
  plan: EncodePlan | null,
): string[] {
  const output = outputs.map(({ config }) => config);
  return sharingNotices({ processing: [...processing], output }, ({ id = '' }) => {
    const renditionId = byOutput.get(id)?.[0];
    const resolved = plan?.renditions.find((one) => one.id === renditionId);
    const codec = renditions.find((one) => one.id === renditionId)?.request.codec;
    return resolved === undefined ? {} : { ...resolved, codec, ...keyFrames(processing) };
  });
}

/** What is left out of it will follow the source, or be chosen to fit. */
function askedFor(output: Output, processing: readonly ProcessingStep[]): JudgedRendition {
  return { ...mainRequest(processing), ...keyFrames(processing), ...output.rendition };
}

/** The distance of key frames that was asked for, if any was. */
function keyFrames(processing: readonly ProcessingStep[]): Pick<JudgedRendition, 'keyFrameIntervalSeconds'> {
  const asked = processing.findLast(
    (step) => step.type === 'transcode' && step.keyFrameIntervalSeconds !== undefined,
  );
  if (asked?.type !== 'transcode') return {};
  return { keyFrameIntervalSeconds: asked.keyFrameIntervalSeconds };
}
