import { StreamwareError } from '../../contract/errors.ts';
import type { Input } from '../../contract/inputs.ts';
import type { FfmpegAbilities } from '../ffmpeg/abilities.ts';
import type { MediaProbe } from '../ffmpeg/mediaProbe.ts';
import type { Prober } from '../ffmpeg/probe.ts';
import { openInput } from './openInput.ts';
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

/**
 * What is in an input. Bounded in time: 10 s for files, 15 s for the rest.
 * @throws `input.not_found`, `input.refused`, `input.unreadable`, `input.timeout`, `input.unreachable`,
 * `input.auth_rejected`, `input.busy`; `input.refused` also for inputs that are fed, which cannot be asked.
 */
export async function probeInput(
  input: Input,
  prober: Prober,
  abilities: FfmpegAbilities,
  options: ProbeOptions = {},
): Promise<MediaProbe> {
  if (input.type === 'test') return testPictureProbe(input, options.testPicture ?? defaultTestPicture);
  const opened = await openInput(input, abilities);
  try {
    const source = opened.source();
    if (source.probing === 'tags') {
      throw new StreamwareError('input.refused', {
        detail: 'What is in an input that is pushed to us is known when it is pushed.',
        hint: 'Start the stream, then push to it.',
      });
    }
    const probe = await prober.probe(source, options.signal).catch((error: unknown) => {
      throw opened.refusals() > 0 ? outOfBounds(error) : error;
    });
    // The microphone of a camera is another device, which is opened with the encoder.
    const hasMicrophone = source.audioOpening !== source.videoOpening;
    if (hasMicrophone) return { ...probe, audio: microphone };
    if (options.measuresKeyFrames !== true || source.probing !== 'file' || probe.video === null) return probe;
    const keyFrameSeconds = await prober.keyFrameDistance(source, KEY_FRAME_SEARCH_SECONDS);
    return { ...probe, video: { ...probe.video, keyFrameSeconds } };
  } finally {
    await opened.close();
  }
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
