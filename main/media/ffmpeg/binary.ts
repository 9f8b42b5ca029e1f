/**
 * Finds ffmpeg: the path the user set, then `STREAMWARE_FFMPEG`, then the one shipped with the app (ffmpeg-static),
 * then the one on PATH; and asks it for its version. What the user named is taken or refused, never silently replaced.
 * What it can do is asked in abilities.ts.
 */
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { StreamwareError } from '../../contract/errors.ts';
import { type BriefRunContext, runBriefly } from './briefRun.ts';
import { type FfmpegVersion, isAtLeast, parseVersion } from './version.ts';

export interface FfmpegBinary {
  readonly ffmpegPath: string;
  /** Null when there is none: then ffmpeg itself is asked (probe.ts). */
  readonly ffprobePath: string | null;
  readonly version: FfmpegVersion;
  readonly source: 'setting' | 'environment' | 'bundled' | 'path';
  /** Changes when the file does: path, size and time of change. Key of everything that is remembered about it. */
  readonly identity: string;
}

export interface FindFfmpegOptions extends BriefRunContext {
  /** The user's setting. */
  readonly setting?: string | undefined;
  readonly environment?: NodeJS.ProcessEnv;
  readonly platform?: NodeJS.Platform;
  /** Path of the shipped binary, or null. Default: what the optional package ffmpeg-static says. */
  readonly findBundled?: () => Promise<string | null>;
}

const OLDEST = { major: 5, minor: 1 };
const VERSION_TIMEOUT_MS = 10_000;

/** @throws `ffmpeg.missing` when there is none, `ffmpeg.too_old` below 5.1. */
export async function findFfmpeg(options: FindFfmpegOptions): Promise<FfmpegBinary> {
  const environment = options.environment ?? process.env;
  const named = await namedBinary(options, environment);
  if (named !== null) return named;
  const bundledPath = await (options.findBundled ?? findFfmpegStatic)();
  const candidates = [
    ...(bundledPath === null ? [] : [{ path: bundledPath, source: 'bundled' as const }]),
    ...onPath('ffmpeg', environment, options.platform).map((path) => ({ path, source: 'path' as const })),
  ];
  let refusal = new StreamwareError('ffmpeg.missing');
  for (const { path, source } of candidates) {
    if (!(await isFile(path))) continue;
    try {
      return await inspect(path, source, options);
    } catch (error) {
      // The next one may do; what was wrong with the last is said if none does.
      if (error instanceof StreamwareError) refusal = error;
    }
  }
  throw refusal;
}

async function namedBinary(
  options: FindFfmpegOptions,
  environment: NodeJS.ProcessEnv,
): Promise<FfmpegBinary | null> {
  if (options.setting !== undefined && options.setting !== '')
    return inspect(options.setting, 'setting', options);
  const fromEnvironment = environment.STREAMWARE_FFMPEG;
  if (fromEnvironment !== undefined && fromEnvironment !== '')
    return inspect(fromEnvironment, 'environment', options);
  return null;
}

async function inspect(
  path: string,
  source: FfmpegBinary['source'],
  options: FindFfmpegOptions,
): Promise<FfmpegBinary> {
  if (!(await isFile(path))) {
    throw new StreamwareError('ffmpeg.missing', { detail: `There is no program at ${path}.` });
  }
  const answer = await runBriefly(path, { args: ['-version'], timeoutMs: VERSION_TIMEOUT_MS }, options);
  const version = parseVersion(answer.stdout.toString('utf8'));
  if (version === null) {
    throw new StreamwareError('ffmpeg.missing', {
      detail: `The program at ${path} does not answer as ffmpeg does.`,
    });
  }
  if (!isAtLeast(version, OLDEST.major, OLDEST.minor)) {
    throw new StreamwareError('ffmpeg.too_old', { detail: `${path} is version ${version.text}.` });
  }
  const { size, mtimeMs } = await stat(path);
  const ffprobePath = await findFfprobe(path, options);
  return {
    ffmpegPath: path,
    ffprobePath,
    version,
    source,
    identity: `${path}|${size}|${Math.round(mtimeMs)}`,
  };
}

/** Beside ffmpeg, else on PATH. */
async function findFfprobe(ffmpegPath: string, options: FindFfmpegOptions): Promise<string | null> {
  const environment = options.environment ?? process.env;
  const beside = join(dirname(ffmpegPath), executable('ffprobe', options.platform));
  for (const path of [beside, ...onPath('ffprobe', environment, options.platform)]) {
    if (await isFile(path)) return path;
  }
  return null;
}

function onPath(name: string, environment: NodeJS.ProcessEnv, platform?: NodeJS.Platform): string[] {
  const folders = (environment.PATH ?? environment.Path ?? '').split(delimiter);
  return folders.filter((folder) => folder !== '').map((folder) => join(folder, executable(name, platform)));
}

function executable(name: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? `${name}.exe` : name;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false, // Not there or not to be seen: the same to us.
  );
}

/** In the packaged app the binary cannot be run from inside the archive; electron-builder unpacks it beside it. */
export function unpackedPath(path: string): string {
  return path.replace(/([\\/])app\.asar([\\/])/, '$1app.asar.unpacked$2');
}

/** The program inside the package; the package's own code is not run. */
async function findFfmpegStatic(): Promise<string | null> {
  try {
    const manifest = createRequire(import.meta.url).resolve('ffmpeg-static/package.json');
    return unpackedPath(join(dirname(manifest), executable('ffmpeg')));
  } catch {
    return null; // The package is optional.
  }
}
