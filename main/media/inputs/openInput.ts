import type { Input } from '../../contract/inputs.ts';
import { type Logger, nullLogger } from '../../lib/logger.ts';
import type { FfmpegAbilities } from '../ffmpeg/abilities.ts';
import type { FfmpegRunner } from '../ffmpeg/ffmpegProcess.ts';
import type { MediaProbe } from '../ffmpeg/mediaProbe.ts';
import type { Prober } from '../ffmpeg/probe.ts';
import { inputSource } from './index.ts';
import { checkInputFile } from './inputFile.ts';
import type { InputSource } from './inputSource.ts';
import { type NetworkGate, openNetworkGate } from './networkGate.ts';
import { type ProbeOptions, probeSource } from './probeSource.ts';
import { PulledInput } from './pulledInput.ts';
import type { TestPicture } from './testInput.ts';

/** Where and how to begin. */
export interface InputStart {
  /** Milliseconds from the beginning of the input; for inputs that can seek. Default 0. */
  readonly elapsedMs?: number;
  /** Length of the file, so that a loop can be entered in the middle. */
  readonly durationSeconds?: number | null;
  /** What the test scene should be drawn as. */
  readonly testPicture?: TestPicture;
}

/** An input that was checked, with what must live as long as it is read. */
export interface OpenInput {
  /**
   * What is in it. Bounded in time: 10 s for files, 15 s for the rest. Of a live sender the connection is kept for the
   * next encoder that is started from `source`.
   * @throws `input.refused` (also for inputs that are fed, which cannot be asked), `input.unreadable`, `input.timeout`,
   * `input.unreachable`, `input.auth_rejected`, `input.busy`
   */
  probe(prober: Prober, options?: ProbeOptions): Promise<MediaProbe>;
  source(start?: InputStart): InputSource;
  /** To be called when ffmpeg no longer reads it. */
  close(): Promise<void>;
}

/**
 * Checks what can be checked before ffmpeg opens an input, and opens the gate for one that comes by HTTP.
 * @param runner with it, live senders are looked into and encoded over one connection; without, each opens its own.
 * @throws `input.not_found`, `input.refused`, `input.unreadable`.
 */
export async function openInput(
  input: Input,
  abilities: FfmpegAbilities,
  logger: Logger = nullLogger,
  runner?: FfmpegRunner,
): Promise<OpenInput> {
  const fileFormat = input.type === 'file' ? await checkInputFile(input.path) : null;
  const gate: NetworkGate | null =
    input.type === 'http'
      ? await openNetworkGate({
          sourceUrl: input.url,
          allowPrivateNetwork: input.allowPrivateNetwork,
          logger,
        })
      : null;
  const direct = ({ elapsedMs = 0, durationSeconds = null, testPicture }: InputStart = {}): InputSource =>
    inputSource(
      input,
      {
        abilities,
        platform: process.platform,
        environment: process.env,
        elapsedMs,
        durationSeconds,
        gateUrl: gate?.url ?? null,
        fileFormat,
      },
      testPicture,
    );
  const isLiveSender = input.type === 'rtmp' || input.type === 'srt' || input.type === 'rtsp';
  if (isLiveSender && runner !== undefined) return new PulledInput(runner, direct());
  return {
    probe: (prober: Prober, probeOptions: ProbeOptions = {}): Promise<MediaProbe> =>
      probeSource(input, direct(), prober, { ...probeOptions, refusals: () => gate?.refusals ?? 0 }),
    source: direct,
    close: async (): Promise<void> => gate?.close(),
  };
}
