import { StreamwareError, toStreamwareError } from '../../contract/errors.ts';
import type { Input } from '../../contract/inputs.ts';
import type { MediaProbe } from '../ffmpeg/mediaProbe.ts';
import type { Prober } from '../ffmpeg/probe.ts';
import type { InputSource } from './inputSource.ts';
import { liveError } from './pull.ts';
import { defaultTestPicture, type TestPicture, testPictureProbe } from './testInput.ts';

export interface ProbeOptions {
  readonly signal?: AbortSignal;
  /** What the test scene will be drawn as. */
  readonly testPicture?: TestPicture;
  /** Whether to look how far key frames are apart, which matters when the picture is passed through. Files only. */
  readonly measuresKeyFrames?: boolean;
}

/** Players wait for a key frame, so this is how far one looks for the longest distance. */
const KEY_FRAME_SEARCH_SECONDS = 60;

/** Looks into an input in the way its kind allows. @param options.refusals how often the gate said no. */
export async function probeSource(
  input: Input,
  source: InputSource,
  prober: Prober,
  options: ProbeOptions & { readonly refusals: () => number },
): Promise<MediaProbe> {
  if (input.type === 'test') return testPictureProbe(input, options.testPicture ?? defaultTestPicture);
  if (source.probing === 'tags') throw cannotBeAsked();
  const probe = await prober.probe(source, options.signal).catch((thrown: unknown) => {
    const error = toStreamwareError(thrown);
    throw options.refusals() > 0 ? outOfBounds(error) : source.probing === 'open' ? liveError(error) : error;
  });
  // The microphone of a camera is another device, which is opened with the encoder.
  if (source.audioOpening !== source.videoOpening) return { ...probe, audio: microphone };
  if (options.measuresKeyFrames !== true || source.probing !== 'file' || probe.video === null) return probe;
  const keyFrameSeconds = await prober.keyFrameDistance(source, KEY_FRAME_SEARCH_SECONDS);
  return { ...probe, video: { ...probe.video, keyFrameSeconds } };
}

function cannotBeAsked(): StreamwareError {
  return new StreamwareError('input.refused', {
    detail: 'What is in an input that is pushed to us is known when it is pushed.',
    hint: 'Start the stream, then push to it.',
  });
}

function outOfBounds(cause: unknown): StreamwareError {
  return new StreamwareError('input.refused', {
    field: 'input.url',
    detail: 'It leads to an address of this machine or of the private network.',
    hint: 'Set allowPrivateNetwork if it may read from there.',
    cause,
  });
}

const microphone: NonNullable<MediaProbe['audio']> = {
  position: 0,
  codec: 'pcm_s16le',
  profile: null,
  sampleRateHz: 48_000,
  channels: 2,
  startSeconds: 0,
  bitrateKbps: null,
};
