import { StreamwareError } from '../contract/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { type DataPaths, ENGINE_MARK_VARIABLE, engineMark } from '../lib/paths.ts';
import type { Redactor } from '../lib/redactor.ts';
import { createAbilityReader, type FfmpegAbilities } from '../media/ffmpeg/abilities.ts';
import { type FfmpegBinary, findFfmpeg } from '../media/ffmpeg/binary.ts';
import type { FfmpegRunner } from '../media/ffmpeg/ffmpegProcess.ts';
import { createFfmpegRunner } from '../media/ffmpeg/ffmpegRunner.ts';
import { createGuardian, type Guardian } from '../media/ffmpeg/guardian.ts';
import { createProber, type Prober } from '../media/ffmpeg/probe.ts';
import { createEncoderFacilities, type EncoderFacilities } from './encoderFacilities.ts';

/** ffmpeg as the engine has it: where it is, what it can do, and how it is run. One per engine. */
export interface MediaFacilities extends EncoderFacilities {
  readonly runner: FfmpegRunner;
  readonly prober: Prober;
  readonly guardian: Guardian;
  /** The binary in use; looked for again when it was missing. @throws `ffmpeg.missing`, `ffmpeg.too_old` */
  findBinary(): Promise<FfmpegBinary>;
  /** The binary found last, or null. */
  readonly binary: FfmpegBinary | null;
  abilities(): Promise<FfmpegAbilities>;
}

interface MediaFacilityParts {
  readonly paths: DataPaths;
  readonly ffmpegPath: string | undefined;
  /** Where results of encoder tests are kept; default: in the data folder. */
  readonly sharedCache: string | undefined;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Does not fail when there is no ffmpeg: the engine starts, says so, and finds it once it is installed. */
export async function createMediaFacilities(parts: MediaFacilityParts): Promise<MediaFacilities> {
  const { paths, redactor, clock, logger } = parts;
  // Children inherit it; leftovers of a killed engine are known by it.
  process.env[ENGINE_MARK_VARIABLE] = engineMark(paths.root);
  const guardian = createGuardian({ clock, logger });
  const brief = { clock, guardian };
  const abilityReader = createAbilityReader(brief);
  let binary: FfmpegBinary | null = null;
  const findBinary = async (): Promise<FfmpegBinary> => {
    binary ??= await findFfmpeg({ ...brief, setting: parts.ffmpegPath });
    return binary;
  };
  await findBinary().catch((error) => logger.warn('no usable ffmpeg yet', { error }));
  const current = (): FfmpegBinary => {
    if (binary) return binary;
    throw new StreamwareError('ffmpeg.missing');
  };
  const abilities = async (): Promise<FfmpegAbilities> => await abilityReader.read(await findBinary());
  const encoders = createEncoderFacilities({
    findBinary,
    abilities,
    cacheFolder: parts.sharedCache ?? paths.cache,
    temporaryFolder: paths.cache,
    clock,
    logger,
    guardian,
  });
  return {
    runner: createFfmpegRunner({ binary: current, clock, logger, redactor, guardian }),
    prober: createProber({ ...brief, binary: current, redactor }),
    guardian,
    findBinary,
    get binary(): FfmpegBinary | null {
      return binary;
    },
    abilities,
    ...encoders,
  };
}
