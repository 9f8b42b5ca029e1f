import type { Input } from '../../contract/inputs.ts';
import { type Logger, nullLogger } from '../../lib/logger.ts';
import type { FfmpegAbilities } from '../ffmpeg/abilities.ts';
import { inputSource } from './index.ts';
import { checkInputFile } from './inputFile.ts';
import type { InputSource } from './inputSource.ts';
import { type NetworkGate, openNetworkGate } from './networkGate.ts';
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
  source(start?: InputStart): InputSource;
  /** How often it asked for an address that it may not reach. */
  refusals(): number;
  /** To be called when ffmpeg no longer reads it. */
  close(): Promise<void>;
}

/**
 * Checks what can be checked before ffmpeg opens an input, and opens the gate for one that comes by HTTP.
 * @throws `input.not_found`, `input.refused`, `input.unreadable`.
 */
export async function openInput(
  input: Input,
  abilities: FfmpegAbilities,
  logger: Logger = nullLogger,
): Promise<OpenInput> {
  if (input.type === 'file') await checkInputFile(input.path);
  const gate: NetworkGate | null =
    input.type === 'http'
      ? await openNetworkGate({
          sourceUrl: input.url,
          allowPrivateNetwork: input.allowPrivateNetwork,
          logger,
        })
      : null;
  return {
    source: ({ elapsedMs = 0, durationSeconds = null, testPicture }: InputStart = {}): InputSource =>
      inputSource(
        input,
        {
          abilities,
          platform: process.platform,
          environment: process.env,
          elapsedMs,
          durationSeconds,
          gateUrl: gate?.url ?? null,
        },
        testPicture,
      ),
    refusals: (): number => gate?.refusals ?? 0,
    close: async (): Promise<void> => gate?.close(),
  };
}
