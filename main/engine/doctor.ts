import { access, constants, statfs } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { DoctorCheck } from '../contract/api/engine.ts';
import { toStreamwareError } from '../contract/errors.ts';
import type { DataPaths } from '../lib/paths.ts';
import type { Store } from '../store/store.ts';
import type { MediaFacilities } from './mediaFacilities.ts';

interface Patient {
  readonly paths: DataPaths;
  readonly media: MediaFacilities;
  readonly store: Store;
  readonly ingestUrl: string | null;
  /** Names of those that pass a test encode now. */
  readonly encoders: () => Promise<readonly string[]>;
}

const BYTES_PER_GIGABYTE = 1e9;
const SCARCE_GIGABYTES = 5;

/** What broadcasting needs on this machine, each with a cure where something is missing. */
export async function examine(patient: Patient): Promise<DoctorCheck[]> {
  const checks = [
    checkFfmpeg,
    checkEncoders,
    checkText,
    checkDataDir,
    checkDiskSpace,
    checkStore,
    checkIngest,
    checkDisplay,
    checkNetwork,
  ];
  return await Promise.all(checks.map((check) => check(patient)));
}

type Check = (patient: Patient) => Promise<DoctorCheck> | DoctorCheck;

const ok = (id: string, message: string): DoctorCheck => ({ id, status: 'ok', message, cure: null });

const checkFfmpeg: Check = async ({ media }) => {
  try {
    const { ffmpegPath, version } = await media.findBinary();
    return ok('ffmpeg', `ffmpeg ${version.text} at ${ffmpegPath}`);
  } catch (error) {
    const { message, hint } = toStreamwareError(error);
    return { id: 'ffmpeg', status: 'fail', message, cure: hint };
  }
};

const checkEncoders: Check = async ({ encoders }) => {
  try {
    const working = await encoders();
    if (working.length > 0) return ok('encoders', `these passed a test encode: ${working.join(', ')}`);
  } catch (error) {
    return {
      id: 'encoders',
      status: 'fail',
      message: toStreamwareError(error).message,
      cure: toStreamwareError(error).hint,
    };
  }
  return {
    id: 'encoders',
    status: 'fail',
    message: 'no video encoder passed its test',
    cure: 'Install an ffmpeg with libx264.',
  };
};

const checkText: Check = async ({ media }) => {
  const font = await media.abilities().then(
    (abilities) => abilities.font,
    () => null,
  );
  if (font) return ok('text', 'text can be drawn on the picture and the slate');
  return {
    id: 'text',
    status: 'warn',
    message: 'text cannot be drawn',
    cure: 'Install a font such as DejaVu Sans (Debian: apt-get install fonts-dejavu-core).',
  };
};

const checkDataDir: Check = async ({ paths }) => {
  try {
    await access(paths.root, constants.W_OK);
    return ok('dataDir', `the data folder ${paths.root} can be written`);
  } catch {
    return {
      id: 'dataDir',
      status: 'fail',
      message: `the data folder ${paths.root} cannot be written`,
      cure: 'Give this user the right to write there, or name another folder with --data.',
    };
  }
};

const checkDiskSpace: Check = async ({ paths }) => {
  const { bavail, bsize } = await statfs(paths.recordings);
  const gigabytes = (bavail * bsize) / BYTES_PER_GIGABYTE;
  const message = `${gigabytes.toFixed(1)} GB are free for recordings`;
  if (gigabytes >= SCARCE_GIGABYTES) return ok('diskSpace', message);
  return { id: 'diskSpace', status: 'warn', message, cure: 'Free some space on this disk.' };
};

const checkStore: Check = ({ store }) => {
  const { state, problem } = store.status();
  if (state === 'ok') return ok('database', 'the database can be written');
  return {
    id: 'database',
    status: 'fail',
    message: problem?.title ?? 'the database cannot be written',
    cure: problem?.hint ?? null,
  };
};

const checkIngest: Check = ({ ingestUrl }) => {
  if (ingestUrl) return ok('ingest', `OBS and phones can push to ${ingestUrl}`);
  return {
    id: 'ingest',
    status: 'warn',
    message: 'the ingest port is taken by another program',
    cure: 'End that program, or choose another port with --ingest-port.',
  };
};

const checkDisplay: Check = () => {
  if (process.platform !== 'linux') return ok('display', 'the screen can be captured');
  if (process.env.WAYLAND_DISPLAY)
    return {
      id: 'display',
      status: 'warn',
      message: 'this is a Wayland session: ffmpeg cannot capture it',
      cure: 'Log in with an Xorg session to capture the screen.',
    };
  if (process.env.DISPLAY)
    return ok('display', `the screen of DISPLAY ${process.env.DISPLAY} can be captured`);
  return {
    id: 'display',
    status: 'warn',
    message: 'there is no display',
    cure: 'Set DISPLAY if a screen is to be captured; everything else works without.',
  };
};

const checkNetwork: Check = () => {
  const addresses = Object.values(networkInterfaces())
    .flat()
    .filter((address) => address && !address.internal);
  if (addresses.length > 0)
    return ok(
      'network',
      `the network is reached by ${addresses.map((address) => address?.address).join(', ')}`,
    );
  return {
    id: 'network',
    status: 'warn',
    message: 'there is no network but this machine itself',
    cure: 'Connect a network to reach destinations outside.',
  };
};
