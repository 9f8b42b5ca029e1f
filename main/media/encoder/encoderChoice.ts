/**
 * Which video encoders really work here, found out by encoding a second of video of the wanted size with each. The
 * answers are kept in a file and asked anew when ffmpeg or the graphics driver changes. It does not choose for anybody:
 * the first of the list is the best, the rest is what to fall back on.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../../lib/logger.ts';
import type { FfmpegAbilities } from '../ffmpeg/abilities.ts';
import type { FfmpegBinary } from '../ffmpeg/binary.ts';
import type { BriefRunContext } from '../ffmpeg/briefRun.ts';
import { type MediaJob, runJob } from '../ffmpeg/command.ts';
import { driverIdentity } from './driverIdentity.ts';
import { fpsText } from './geometry.ts';
import { type EncoderSettings, type VideoEncoder, videoEncoders } from './videoEncoders.ts';

export interface EncoderChooser {
  /**
   * The encoders that work for this codec at this size and rate, best first; empty when none does. Takes up to a few
   * seconds the first time, nothing afterwards: an encoder that managed a larger picture needs no second test.
   */
  candidates(wish: EncoderWish): Promise<readonly VideoEncoder[]>;
  /** The same from what is known already, without a test; null when one would be needed. */
  recall(wish: EncoderWish): Promise<readonly VideoEncoder[] | null>;
}

export type EncoderWish = Pick<EncoderSettings, 'codec' | 'width' | 'height' | 'fps'>;

export interface EncoderChooserOptions extends BriefRunContext {
  readonly findBinary: () => Promise<FfmpegBinary>;
  readonly abilities: () => Promise<FfmpegAbilities>;
  /** Where the answers are kept. */
  readonly cacheFile: string;
  readonly logger: Logger;
  readonly platform?: NodeJS.Platform;
}

const TEST_SECONDS = 1.2;
const TEST_TIMEOUT_MS = 10_000;

const answerSchema = z.object({
  encoder: z.string(),
  width: z.number(),
  height: z.number(),
  fps: z.number(),
  works: z.boolean(),
});
type Answer = z.infer<typeof answerSchema>;
const cacheSchema = z.object({ identity: z.string(), answers: z.array(answerSchema) });

export function createEncoderChooser(options: EncoderChooserOptions): EncoderChooser {
  let answers: Promise<{ identity: string; list: Answer[] }> | null = null;
  let queue: Promise<unknown> = Promise.resolve();
  const known = async (): Promise<Known> => {
    const [binary, abilities] = await Promise.all([options.findBinary(), options.abilities()]);
    const identity = `${binary.identity}|${await driverIdentity()}`;
    answers ??= readAnswers(options.cacheFile, identity);
    if ((await answers).identity !== identity) answers = Promise.resolve({ identity, list: [] });
    return { binary, abilities, ...(await answers) };
  };
  const choose = async (wish: EncoderWish): Promise<readonly VideoEncoder[]> => {
    const { binary, abilities, identity, list } = await known();
    const asked = list.length;
    const working = await tryAll(possibleEncoders(wish, abilities, options), wish, list, binary, options);
    if (list.length !== asked) await writeAnswers(options, identity, list);
    return working;
  };
  return {
    // One after the other: two tests at once would slow each other down and be judged by it.
    candidates(wish: EncoderWish): Promise<readonly VideoEncoder[]> {
      const chosen = queue.then(() => choose(wish));
      queue = chosen.catch(() => undefined);
      return chosen;
    },
    async recall(wish: EncoderWish): Promise<readonly VideoEncoder[] | null> {
      const { abilities, list } = await known();
      const possible = possibleEncoders(wish, abilities, options);
      const recalled = possible.map((encoder) => knownAnswer(list, encoder, wish));
      return recalled.includes(null) ? null : possible.filter((_, index) => recalled[index] === true);
    },
  };
}

interface Known {
  readonly binary: FfmpegBinary;
  readonly abilities: FfmpegAbilities;
  readonly identity: string;
  readonly list: Answer[];
}

/** Compiled into this ffmpeg and made for this system. */
function possibleEncoders(
  { codec }: EncoderWish,
  abilities: Pick<FfmpegAbilities, 'encoders'>,
  { platform = process.platform }: Pick<EncoderChooserOptions, 'platform'>,
): VideoEncoder[] {
  return videoEncoders.filter(
    (encoder) =>
      encoder.codec === codec &&
      abilities.encoders.has(encoder.name) &&
      (encoder.platforms === 'all' || encoder.platforms.includes(platform)),
  );
}

async function tryAll(
  encoders: readonly VideoEncoder[],
  wish: EncoderWish,
  answers: Answer[],
  binary: FfmpegBinary,
  options: EncoderChooserOptions,
): Promise<VideoEncoder[]> {
  const working: VideoEncoder[] = [];
  for (const encoder of encoders) {
    let works = knownAnswer(answers, encoder, wish);
    if (works === null) {
      works = await testEncode(encoder, wish, binary, options);
      const { width, height, fps } = wish;
      // A processor does not change its mind: software that failed had too little time, and is tried again.
      if (works || encoder.isHardware) answers.push({ encoder: encoder.name, width, height, fps, works });
    }
    if (works) working.push(encoder);
  }
  return working;
}

/** Some hardware refuses very small pictures, which says nothing about others. */
const LEAST_TELLING_WIDTH = 256;

/** What worked for more works for less; what failed for less fails for more. Null: it has to be tried. Pure. */
export function knownAnswer(
  answers: readonly Answer[],
  encoder: Pick<VideoEncoder, 'name'>,
  wish: EncoderWish,
): boolean | null {
  const own = answers.filter((answer) => answer.encoder === encoder.name);
  const load = ({
    width,
    height,
    fps,
  }: Pick<Answer, 'width' | 'height' | 'fps'>): [number, number, number] => [width, height, fps];
  const wanted = load(wish);
  const isAtLeast = (a: number[], b: number[]): boolean =>
    a.every((value, index) => value >= (b[index] ?? 0));
  if (own.some((answer) => answer.works && isAtLeast(load(answer), wanted))) return true;
  const failures = own.filter((answer) => !answer.works && answer.width >= LEAST_TELLING_WIDTH);
  if (failures.some((answer) => isAtLeast(wanted, load(answer)))) return false;
  return null;
}

async function testEncode(
  encoder: VideoEncoder,
  wish: EncoderWish,
  binary: FfmpegBinary,
  options: EncoderChooserOptions,
): Promise<boolean> {
  const startedMs = options.clock.monotonicMs();
  const works = await runJob(binary.ffmpegPath, testJob(encoder, wish), options).then(
    (written) => written.length > 0,
    () => false, // Whatever the reason: it is not to be relied on.
  );
  const tookMs = Math.round(options.clock.monotonicMs() - startedMs);
  options.logger.info('encoder tried', { encoder: encoder.name, ...wish, works, tookMs });
  return works;
}

/** The arguments of a real stream, on a second of moving picture. Pure. */
function testJob(encoder: VideoEncoder, wish: EncoderWish): MediaJob {
  const { width, height, fps } = wish;
  const settings: EncoderSettings = {
    ...wish,
    bitrateKbps: 2500,
    keyFrameIntervalSeconds: 2,
    preset: 'veryfast',
  };
  return {
    input: {
      url: `testsrc2=s=${width}x${height}:r=${fpsText(fps)}:d=${TEST_SECONDS}`,
      options: [...encoder.globalArgs, '-f', 'lavfi'],
    },
    videoFilters: [encoder.filterTail],
    // HEVC and AV1 are tried for themselves; whether FLV can carry them is asked in abilities.ts.
    outputOptions: [...encoder.args(settings), '-f', wish.codec === 'h264' ? 'flv' : 'matroska'],
    timeoutMs: TEST_TIMEOUT_MS,
  };
}

async function readAnswers(file: string, identity: string): Promise<{ identity: string; list: Answer[] }> {
  try {
    const cache = cacheSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    if (cache.identity === identity) return { identity, list: cache.answers };
  } catch {
    // Not there, or not to be read: everything is tried anew.
  }
  return { identity, list: [] };
}

async function writeAnswers(
  options: EncoderChooserOptions,
  identity: string,
  list: readonly Answer[],
): Promise<void> {
  const fresh = `${options.cacheFile}.new`;
  try {
    await mkdir(dirname(options.cacheFile), { recursive: true });
    await writeFile(fresh, JSON.stringify({ identity, answers: list }));
    await rename(fresh, options.cacheFile);
  } catch (error) {
    options.logger.warn('what encoders can do could not be kept', { error });
  }
}
