/**
 * The real parts around ffmpeg as the engine has them, and one call that encodes an input for a while and gives back
 * what every rendition got. Not a relay: tags are only collected.
 */
import { writeFileSync } from 'node:fs';
import type { StreamwareError } from '../../main/contract/errors.ts';
import { inputSchema } from '../../main/contract/inputs.ts';
import { type ProcessingStep, processingStepSchema } from '../../main/contract/processing.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { createLogger, type LogRecord } from '../../main/lib/logger.ts';
import { Redactor } from '../../main/lib/redactor.ts';
import {
  type EncoderPlan,
  type EncoderPlanRequest,
  planEncoder,
} from '../../main/media/encoder/encoderPlan.ts';
import { type EncoderSession, startEncoderSession } from '../../main/media/encoder/encoderSession.ts';
import { findVideoEncoder } from '../../main/media/encoder/videoEncoders.ts';
import { watermarkImages } from '../../main/media/encoder/watermarkImages.ts';
import { createAbilityReader, type FfmpegAbilities } from '../../main/media/ffmpeg/abilities.ts';
import { type FfmpegBinary, findFfmpeg } from '../../main/media/ffmpeg/binary.ts';
import type { FfmpegRunner } from '../../main/media/ffmpeg/ffmpegProcess.ts';
import { createFfmpegRunner } from '../../main/media/ffmpeg/ffmpegRunner.ts';
import { createGuardian, type Guardian } from '../../main/media/ffmpeg/guardian.ts';
import type { MediaProbe } from '../../main/media/ffmpeg/mediaProbe.ts';
import { createProber, type Prober } from '../../main/media/ffmpeg/probe.ts';
import { flvFileHeader, flvTagSlices } from '../../main/media/flv/flvWriter.ts';
import { at, type MediaTag } from '../../main/media/flv/mediaTag.ts';
import { type OpenInput, openInput } from '../../main/media/inputs/openInput.ts';
import { probeInput } from '../../main/media/inputs/probeInput.ts';
import { createTempFolder, type TempFolder } from './tempFolder.ts';

export interface EncoderRig {
  readonly binary: FfmpegBinary;
  readonly abilities: FfmpegAbilities;
  readonly guardian: Guardian;
  readonly runner: FfmpegRunner;
  readonly prober: Prober;
  readonly redactor: Redactor;
  readonly folder: TempFolder;
  readonly records: readonly LogRecord[];
  readonly brief: { readonly clock: typeof systemClock; readonly guardian: Guardian };
  probe(input: unknown): Promise<MediaProbe>;
  start(input: unknown, options?: EncodeOptions): Promise<RunningEncode>;
  close(): Promise<void>;
}

export interface EncodeOptions {
  readonly steps?: readonly unknown[];
  readonly renditions?: EncoderPlanRequest['renditions'];
  readonly elapsedMs?: number;
  readonly probe?: MediaProbe;
  readonly startTimeoutMs?: number;
  readonly stallTimeoutMs?: number;
}

export interface RunningEncode {
  readonly plan: EncoderPlan;
  readonly session: EncoderSession;
  readonly ended: Promise<StreamwareError | null>;
  tags(renditionId?: string): readonly MediaTag[];
  /** Resolves once there are that many pictures, or the run is over. */
  untilPictures(count: number, renditionId?: string): Promise<void>;
  stop(): Promise<void>;
  /** What a rendition got, as an FLV file. */
  write(name: string, renditionId?: string): string;
}

export async function createEncoderRig(options: { ffmpegPath?: string } = {}): Promise<EncoderRig> {
  const records: LogRecord[] = [];
  const logger = createLogger((record) => void records.push(record));
  const guardian = createGuardian({ clock: systemClock, logger });
  const brief = { clock: systemClock, guardian };
  const redactor = new Redactor();
  const binary = await findFfmpeg({ ...brief, setting: options.ffmpegPath });
  const abilities = await createAbilityReader(brief).read(binary);
  const runner = createFfmpegRunner({ binary: () => binary, clock: systemClock, logger, redactor, guardian });
  const prober = createProber({ ...brief, binary: () => binary, redactor });
  const folder = createTempFolder('encoder');
  const rig = { binary, abilities, guardian, runner, prober, redactor, folder, records, brief };
  return {
    ...rig,
    probe: (input) => probeInput(inputSchema.parse(input), prober, abilities),
    start: (input, encode = {}) => start(rig, input, encode),
    async close() {
      await guardian.close();
      folder.remove();
    },
  };
}

type Parts = Omit<EncoderRig, 'probe' | 'start' | 'close'>;
let runs = 0;

async function start(rig: Parts, raw: unknown, options: EncodeOptions): Promise<RunningEncode> {
  const input = inputSchema.parse(raw);
  const opened: OpenInput = await openInput(input, rig.abilities, undefined, rig.runner);
  const probe = options.probe ?? (await opened.probe(rig.prober));
  const processing: ProcessingStep[] = (options.steps ?? []).map((step) => processingStepSchema.parse(step));
  const textFolder = rig.folder.file(`texts-${++runs}`);
  const plan = planEncoder({
    source: opened.source({ elapsedMs: options.elapsedMs ?? 0, durationSeconds: probe.durationSeconds }),
    probe,
    processing,
    renditions: options.renditions ?? [{ id: 'main', request: { preset: 'ultrafast' } }],
    encoders: { h264: findVideoEncoder('libx264') ?? undefined } as EncoderPlanRequest['encoders'],
    abilities: rig.abilities,
    version: rig.binary.version,
    images: await watermarkImages(processing),
    textFolder,
  });
  const collected = new Map(plan.renditions.map(({ id }) => [id, [] as MediaTag[]]));
  const waiting: (() => void)[] = [];
  const sinks = new Map(
    [...collected].map(([id, tags]) => [
      id,
      {
        push(tag: MediaTag): void {
          tags.push(tag);
          for (const look of waiting) look();
        },
        end: (): void => undefined,
      },
    ]),
  );
  const session = await startEncoderSession({
    plan,
    sinks,
    runner: rig.runner,
    clock: systemClock,
    logger: createLogger(() => undefined),
    textFolder,
    ...(options.startTimeoutMs === undefined ? {} : { startTimeoutMs: options.startTimeoutMs }),
    ...(options.stallTimeoutMs === undefined ? {} : { stallTimeoutMs: options.stallTimeoutMs }),
  });
  const ended = session.ended.finally(() => void opened.close());
  const tags = (id = 'main'): MediaTag[] => collected.get(id) ?? [];
  const pictures = (id?: string): number =>
    tags(id).filter((tag) => tag.kind === 'video' && tag.frame !== 'header').length;
  return {
    plan,
    session,
    ended,
    tags,
    untilPictures: (count, id) =>
      Promise.race([
        ended.then(() => undefined),
        new Promise<void>((resolve) => {
          const look = (): void => void (pictures(id) >= count && resolve());
          waiting.push(look);
          look();
        }),
      ]),
    async stop() {
      await session.stop(3000);
      await ended;
    },
    write(name, id) {
      const path = rig.folder.file(name);
      const bytes = tags(id).map((tag) => (tag.kind === 'data' ? at(tag, 0) : tag));
      writeFileSync(
        path,
        Buffer.concat([flvFileHeader({ hasAudio: true, hasVideo: true }), ...bytes.flatMap(flvTagSlices)]),
      );
      return path;
    },
  };
}
