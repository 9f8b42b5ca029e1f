import { join } from 'node:path';
import { StreamwareError } from '../contract/errors.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { createEncoderChooser, type EncoderWish } from '../media/encoder/encoderChoice.ts';
import { checkPicture } from '../media/encoder/pictureCheck.ts';
import { createSlateRenderer } from '../media/encoder/slateClip.ts';
import { findVideoEncoder, type VideoCodecName, type VideoEncoder } from '../media/encoder/videoEncoders.ts';
import type { FfmpegAbilities } from '../media/ffmpeg/abilities.ts';
import type { FfmpegBinary } from '../media/ffmpeg/binary.ts';
import type { Guardian } from '../media/ffmpeg/guardian.ts';
import type { EncodingMedia } from '../streams/program/encodingMedia.ts';

/** By then a stream that has just been started is on its way. */
const TEST_LATER_MS = 10_000;
/** What most people stream at most; an encoder that manages this needs no further test. */
const USUAL_WISH = { codec: 'h264', width: 1920, height: 1080, fps: 30 } as const;

export interface EncoderFacilities
  extends Pick<EncodingMedia, 'chooseEncoders' | 'checkPicture' | 'renderSlate'> {
  /** Names of those that passed their test, best first; empty before the first test. */
  knownEncoders(): string[];
  testEncoders(): Promise<string[]>;
  /** No test begins from now on by itself. */
  cancelTests(): void;
}

interface EncoderFacilityParts {
  readonly findBinary: () => Promise<FfmpegBinary>;
  readonly abilities: () => Promise<FfmpegAbilities>;
  /** Where test results are kept; may be shared by several engines. */
  readonly cacheFolder: string;
  readonly temporaryFolder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guardian: Guardian;
}

/** Encoders that were found to work, and the slates that are made with them. */
export function createEncoderFacilities(parts: EncoderFacilityParts): EncoderFacilities {
  const chooser = createEncoderChooser({ ...parts, cacheFile: join(parts.cacheFolder, 'encoders.json') });
  const slates = createSlateRenderer({ ...parts, temporaryFolder: join(parts.temporaryFolder, 'slates') });
  let known: string[] = [];
  let later: Timer | null = null;
  /**
   * Nobody waits for tests that were never made before, nor shares the machine with them while a stream starts: x264
   * begins, and a little later all of them are tested for the next time.
   */
  const firstChoice = async (wish: EncoderWish): Promise<readonly VideoEncoder[]> => {
    const software = wish.codec === 'h264' ? findVideoEncoder('libx264') : null;
    const recalled = await chooser.recall(wish);
    if (recalled || !software || !(await parts.abilities()).encoders.has(software.name)) {
      return recalled ?? (await chooser.candidates(wish));
    }
    later?.cancel();
    later = parts.clock.after(TEST_LATER_MS, () => {
      chooser
        .candidates(wish)
        .catch((error) => parts.logger.warn('the encoders could not be tested', { error }));
    });
    return [software];
  };
  return {
    async chooseEncoders({ codecs, wanted, without, size }) {
      const chosen: Partial<Record<VideoCodecName, VideoEncoder>> = {};
      for (const codec of codecs) {
        const wish = { codec, ...size };
        // One that was named, or that must stand in for one that failed, has to be known to work.
        const isFirstChoice = wanted === null && without.length === 0;
        const working = isFirstChoice ? await firstChoice(wish) : await chooser.candidates(wish);
        if (codec === 'h264') known = working.map(({ name }) => name);
        const usable = working.filter(({ name }) => !without.includes(name));
        // When all of them have failed once, the best is tried again: it may have been the input.
        const encoder = pick(usable.length > 0 ? usable : working, wanted);
        if (encoder) chosen[codec] = encoder;
      }
      return chosen;
    },
    checkPicture: async (image, field) => await checkPicture(image, field, await parts.findBinary(), parts),
    renderSlate: (rendition, slate) => slates.render(rendition, slate),
    knownEncoders: () => known,
    cancelTests: () => later?.cancel(),
    async testEncoders() {
      known = (await chooser.candidates(USUAL_WISH)).map(({ name }) => name);
      return known;
    },
  };
}

/** @throws `encoder.none_works` when the one that the user named is not among those that work */
function pick(working: readonly VideoEncoder[], wanted: string | null): VideoEncoder | undefined {
  if (wanted === null) return working[0];
  const named = working.find(({ name }) => name === wanted);
  if (named) return named;
  throw new StreamwareError('encoder.none_works', {
    field: 'processing',
    detail: `The encoder ${wanted} does not work here.`,
    hint: `These do: ${working.map(({ name }) => name).join(', ') || 'none'}.`,
  });
}
