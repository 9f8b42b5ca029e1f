import type { Readable, Writable } from 'node:stream';

/** What to run. `args` never carry a secret: they show in the process list. */
export interface FfmpegProcessSpec {
  /** For logs and the guardian: `encoder`, `recording`, `hls`, … */
  readonly purpose: string;
  readonly args: readonly string[];
  /** Whether ffmpeg reads a stream from us on `pipe:0`. Otherwise stdin only carries the request to stop. */
  readonly feedsStdin: boolean;
  /**
   * A text that is written to `pipe:0` and ended at the start, such as a script that names an address with a password
   * in it. Such a run is asked to stop by SIGINT. Not together with `feedsStdin`.
   */
  readonly stdinText?: string;
  /** How many `pipe:3`, `pipe:4`, … it writes media to. */
  readonly mediaPipes: number;
  /** Text that must never show in its log lines, such as the URL with credentials that it was given. */
  readonly secrets?: readonly string[];
  /** Environment variables on top of the engine's own; `undefined` removes one. Unlike arguments, others cannot read them. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** One block of `-progress`. Null where ffmpeg printed N/A. */
export interface FfmpegProgress {
  frame: number | null;
  fps: number | null;
  totalBytes: number | null;
  /** Position of the output in milliseconds. */
  outTimeMs: number | null;
  droppedFrames: number | null;
  duplicatedFrames: number | null;
  /** 1 = real time. */
  speed: number | null;
}

export interface FfmpegExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** True when `stop` was called before it ended. */
  wasAsked: boolean;
  /** The last lines of stderr, scrubbed and bounded. */
  lastLines: string[];
}

/** A running ffmpeg. Its stderr is always drained; it dies with the engine, whatever kills the engine. */
export interface FfmpegProcess {
  readonly pid: number;
  /** Present when `feedsStdin`. Errors on it are handled inside: a dead ffmpeg shows in `exited`. */
  readonly stdin: Writable | null;
  /** `pipe:3` onwards, in order. */
  readonly mediaPipes: readonly Readable[];
  onProgress: (progress: FfmpegProgress) => void;
  readonly exited: Promise<FfmpegExit>;
  /** Asks it to finish its files (end of stdin, `q` or SIGINT), kills it after `graceMs`. Resolves when it is gone. */
  stop(graceMs: number): Promise<FfmpegExit>;
  /** SIGKILL, now. */
  kill(): Promise<FfmpegExit>;
}

/** Starts ffmpeg. Throws `ffmpeg.missing` when there is none. */
export interface FfmpegRunner {
  spawn(spec: FfmpegProcessSpec): FfmpegProcess;
}
