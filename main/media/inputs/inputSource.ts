import type { FfmpegAbilities } from '../ffmpeg/abilities.ts';
import type { Pull } from './pull.ts';

/** How ffmpeg opens an input, and what the encoder must know about it. Made by pure functions, one file per kind. */
export interface InputSource {
  /** One or two, in the order of ffmpeg's input numbers. */
  readonly openings: readonly InputOpening[];
  /** Number of the opening with the picture. */
  readonly videoOpening: number;
  /** Number of the opening with the sound. May be the same. */
  readonly audioOpening: number;
  /**
   * Whether the encoder must read it at the speed of the clock, because it could be read faster than it plays.
   * `when recorded`: only the probe tells whether it is a recording or live.
   */
  readonly pacing: 'never' | 'always' | 'when recorded';
  /** True for what only one program can open at a time: a new encoder must wait until the old one has let go. */
  readonly isExclusive: boolean;
  /** True when it is entered in the middle: ffmpeg then begins at the key frame before and cuts off the rest. */
  readonly isEntered: boolean;
  /** True when a second encoder can begin where the first one is (`elapsedMs`). */
  readonly canSeek: boolean;
  /** True when tags are fed on stdin (`EncoderSession.feed`). */
  readonly isFed: boolean;
  /** False when the picture may change its size while it runs. */
  readonly hasSteadySize: boolean;
  /** `known`: `probe` tells all. `file`: a regular file. `open`: it must be opened to be known. `tags`: the first tags tell. */
  readonly probing: 'known' | 'file' | 'open' | 'tags';
  /** The part of the picture that is wanted, where the device cannot cut it out itself. */
  readonly crop?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** The connection whose bytes an encoder must be fed with. A new one for every encoder, or one that was looked into. */
  readonly pull?: () => Pull;
  /** Goes to ffmpeg's stdin, see `FfmpegProcessSpec`. */
  readonly stdinText?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Never to be shown. */
  readonly secrets: readonly string[];
}

export interface InputOpening {
  /** Options before `-i` that ffprobe understands too. */
  readonly options: readonly string[];
  /** Further options before `-i`, of ffmpeg alone. Not those of pacing. */
  readonly readOptions?: readonly string[];
  readonly url: string;
}

/** What input sources may depend on. */
export interface InputContext {
  readonly abilities: Pick<FfmpegAbilities, 'filters' | 'demuxers' | 'font'>;
  readonly platform: NodeJS.Platform;
  readonly environment: NodeJS.ProcessEnv;
  /** Where in the input to begin, milliseconds from its start. 0 unless a second encoder continues the first. */
  readonly elapsedMs: number;
  /** Of the file, for wrapping `elapsedMs` in a loop. Null when not known. */
  readonly durationSeconds: number | null;
  /** Address of the gate through which an `http` input must go (networkGate.ts). */
  readonly gateUrl: string | null;
  /** The demuxer to name for a file, see `formatToName`. */
  readonly fileFormat?: string | null;
}

/** A device says what its rate is; measuring it would take twenty pictures' time before the first can be shown. */
export const trustsRate: readonly string[] = ['-fpsprobesize', '0'];

/** Most inputs: one opening with picture and sound, at its own speed, shared, not seekable. */
export function singleSource(opening: InputOpening, more: Partial<InputSource> = {}): InputSource {
  return {
    openings: [opening],
    videoOpening: 0,
    audioOpening: 0,
    pacing: 'never',
    isExclusive: false,
    canSeek: false,
    isEntered: false,
    isFed: false,
    hasSteadySize: false,
    probing: 'open',
    secrets: [],
    ...more,
  };
}
