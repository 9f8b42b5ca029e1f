/**
 * Looks into an input before it is used: bounded in time, and opening nothing but the input itself.
 * It asks ffprobe, or ffmpeg where there is no ffprobe. It decides nothing: what is made of the answer is in encoder/.
 */
import { StreamwareError } from '../../contract/errors.ts';
import { delay } from '../../lib/clock.ts';
import type { Redactor } from '../../lib/redactor.ts';
import type { InputSource } from '../inputs/inputSource.ts';
import type { FfmpegBinary } from './binary.ts';
import { type BriefResult, type BriefRunContext, runBriefly } from './briefRun.ts';
import { failureMeaning } from './failure.ts';
import type { MediaProbe } from './mediaProbe.ts';
import { parseProbeJson } from './probeJson.ts';
import { parseProbeText } from './probeText.ts';

export interface ProberOptions extends BriefRunContext {
  readonly binary: () => FfmpegBinary;
  readonly redactor: Redactor;
}

export interface Prober {
  /**
   * @throws `input.unreadable`, `input.refused`, `input.timeout` (10 s for files, 15 s else), `input.unreachable`,
   * `input.auth_rejected`, `input.not_found`, `input.busy`.
   */
  probe(source: InputSource, signal?: AbortSignal): Promise<MediaProbe>;
  /** Of an FLV beginning that is at hand: headers and a key frame. */
  probeFlv(bytes: Buffer): Promise<MediaProbe>;
  /** Of a beginning that is at hand, such as headers and a key frame. @param format ffmpeg's name of the container. */
  probeBytes(format: string, bytes: Buffer): Promise<MediaProbe>;
  /** Waits for something as long as a probe may take. @throws `input.timeout` */
  withinTime<Value>(awaited: Promise<Value>, signal?: AbortSignal): Promise<Value>;
  /** The longest distance of key frames within the first `seconds`; null when there is none. */
  keyFrameDistance(source: InputSource, seconds: number): Promise<number | null>;
}

const FILE_TIMEOUT_MS = 10_000;
const OPEN_TIMEOUT_MS = 15_000;

export function createProber(options: ProberOptions): Prober {
  return {
    probe: (source: InputSource, signal?: AbortSignal): Promise<MediaProbe> =>
      probeSource(options, source, signal),
    probeFlv: (bytes: Buffer): Promise<MediaProbe> => probeBytes(options, 'flv', bytes),
    probeBytes: (format: string, bytes: Buffer): Promise<MediaProbe> => probeBytes(options, format, bytes),
    withinTime: <Value>(awaited: Promise<Value>, signal?: AbortSignal): Promise<Value> =>
      withinTime(options, awaited, signal),
    keyFrameDistance: (source: InputSource, seconds: number): Promise<number | null> =>
      measureKeyFrames(options, source, seconds),
  };
}

function probeBytes(options: ProberOptions, format: string, bytes: Buffer): Promise<MediaProbe> {
  return askForProbe(options, ['-f', format, '-i', 'pipe:0'], { stdin: bytes, timeoutMs: FILE_TIMEOUT_MS });
}

async function probeSource(
  options: ProberOptions,
  source: InputSource,
  signal?: AbortSignal,
): Promise<MediaProbe> {
  return askForProbe(options, openingArguments(source), {
    timeoutMs: source.probing === 'file' ? FILE_TIMEOUT_MS : OPEN_TIMEOUT_MS,
    ...(source.stdinText === undefined ? {} : { stdin: source.stdinText }),
    ...(source.environment === undefined ? {} : { environment: source.environment }),
    ...(signal === undefined ? {} : { signal }),
    secrets: source.secrets,
  });
}

function openingArguments(source: InputSource): string[] {
  const opening = source.openings[source.videoOpening];
  if (opening === undefined) throw new Error('an input without an opening');
  return [...opening.options, '-i', opening.url];
}

async function withinTime<Value>(
  { clock }: ProberOptions,
  awaited: Promise<Value>,
  signal?: AbortSignal,
): Promise<Value> {
  const patience = new AbortController();
  const limit = signal === undefined ? patience.signal : AbortSignal.any([patience.signal, signal]);
  try {
    const tooLate = delay(clock, OPEN_TIMEOUT_MS, limit).then(() => {
      throw new StreamwareError('input.timeout');
    });
    return await Promise.race([awaited, tooLate]);
  } finally {
    patience.abort();
  }
}

interface Asking {
  readonly stdin?: string | Buffer;
  readonly timeoutMs: number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  readonly secrets?: readonly string[];
}

async function askForProbe(
  options: ProberOptions,
  input: readonly string[],
  asking: Asking,
): Promise<MediaProbe> {
  const { ffprobePath, ffmpegPath } = options.binary();
  const path = ffprobePath ?? ffmpegPath;
  const args =
    ffprobePath === null
      ? ['-hide_banner', '-nostdin', ...input]
      : [
          '-hide_banner',
          '-loglevel',
          'level+warning',
          '-of',
          'json',
          '-show_format',
          '-show_streams',
          ...input,
        ];
  const answer = await runBriefly(path, { args, ...asking }, options);
  const probe =
    ffprobePath === null ? parseProbeText(answer.stderr) : parseProbeJson(answer.stdout.toString('utf8'));
  if (answer.hasTimedOut) throw new StreamwareError('input.timeout');
  // ffmpeg alone always ends in failure here, since it was given nothing to write to.
  if (probe === null || (ffprobePath !== null && answer.code !== 0)) throw refusal(answer, options, asking);
  if (probe.video === null && probe.audio === null) {
    throw new StreamwareError('input.unreadable', {
      detail: 'It has neither a picture nor sound that can be used.',
    });
  }
  return probe;
}

function refusal(answer: BriefResult, options: ProberOptions, asking: Asking): StreamwareError {
  const lines = answer.stderr.split(/\r?\n/).filter((line) => line !== '');
  const meaning = failureMeaning(lines);
  if (meaning !== null) return meaning;
  const forget = (asking.secrets ?? []).map((secret) => options.redactor.add(secret));
  const lastLine = options.redactor.scrub(lines.at(-1) ?? '').slice(0, 300);
  for (const drop of forget) drop();
  return new StreamwareError('input.unreadable', lastLine === '' ? {} : { detail: lastLine });
}

async function measureKeyFrames(
  options: ProberOptions,
  source: InputSource,
  seconds: number,
): Promise<number | null> {
  const { ffprobePath } = options.binary();
  if (ffprobePath === null) return null;
  const args = [
    ...['-hide_banner', '-loglevel', 'error', '-select_streams', 'v:0', '-read_intervals', `%+${seconds}`],
    ...['-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0'],
    ...openingArguments(source),
  ];
  const { stdout } = await runBriefly(ffprobePath, { args, timeoutMs: FILE_TIMEOUT_MS }, options);
  return keyFrameDistance(stdout.toString('utf8'));
}

/** From lines of `time,flags`. What comes after the last key frame counts too: the next one is at least as far away. */
export function keyFrameDistance(csv: string): number | null {
  const pictures = csv.split('\n').flatMap((line) => {
    const [time, flags = ''] = line.split(',');
    const seconds = Number.parseFloat(time ?? '');
    return Number.isNaN(seconds) ? [] : [{ seconds, isKey: flags.startsWith('K') }];
  });
  const keys = pictures.filter(({ isKey }) => isKey).map(({ seconds }) => seconds);
  const end = pictures.reduce((latest, { seconds }) => Math.max(latest, seconds), Number.NEGATIVE_INFINITY);
  return keys.length === 0 ? null : longestStep([...keys, end]);
}

/** The longest distance between neighbours; null for fewer than two. */
function longestStep(times: readonly number[]): number | null {
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return steps.length === 0 ? null : Math.max(...steps);
}
