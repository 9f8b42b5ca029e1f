/**
 * What the command line needs from the rest of streamware, in interfaces of its own, and from the terminal it runs in.
 * index.ts fills them with the real thing; tests with something smaller.
 */
import type { OutputState, StreamConfig, StreamHealth } from '../contract/streams.ts';
import type { Clock } from '../lib/clock.ts';

/** Runs one stream in this process. */
interface RunHost {
  /**
   * Starts the stream on an engine of its own.
   * @throws a `StreamwareError` for a configuration that cannot be run; nothing is left running then
   */
  start(
    config: StreamConfig,
    options: { durationSeconds: number | undefined; console: LogConsole | undefined },
  ): Promise<StartedRun>;
}

export interface StartedRun {
  /** Once a second; returns the function that ends it. */
  onHealth(listener: (health: StreamHealth) => void): () => void;
  /** Resolves when it has ended by itself: with its input, or after the time asked for. */
  finished(): Promise<RunSummary>;
  /** Ends it cleanly, recordings completed. */
  stop(): Promise<RunSummary>;
}

export interface RunSummary {
  readonly streamId: string;
  readonly name: string;
  readonly startedAt: number;
  readonly durationSeconds: number;
  /** Every output delivered and was live at the end. */
  readonly delivered: boolean;
  readonly notices: readonly string[];
  readonly outputs: readonly OutputSummary[];
}

export interface OutputSummary {
  readonly id: string;
  readonly kind: string;
  /** At the end of the run, before it was stopped. */
  readonly state: OutputState;
  readonly framesSent: number;
  readonly bytesSent: number;
  readonly droppedFrames: number;
  readonly reconnects: number;
  readonly firstFrameAfterMs: number | null;
  readonly error: string | null;
}

/** Where readable log lines go besides the log file. */
export interface LogConsole {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

/** Runs the engine in this process. */
interface EngineHost {
  /** @returns when it can be used. @throws `engine.already_running`, `engine.port_in_use`, `engine.data_dir_unusable`, … */
  serve(options: ServeOptions): Promise<ServedEngine>;
}

export interface ServeOptions {
  /** Absolute. */
  readonly dataDir: string;
  readonly host?: string | undefined;
  /** Of the API; 0: any free one. */
  readonly port?: number | undefined;
  /** What OBS and phones reach it under. Default 127.0.0.1. */
  readonly ingestHost?: string | undefined;
  /** Where OBS and phones push to; 0: any free one. */
  readonly ingestPort?: number | undefined;
  /** Opens HLS, and nothing else, to the network. */
  readonly media?: { readonly host: string; readonly port: number } | undefined;
  readonly allowedHosts?: readonly string[] | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly requestsPerMinute?: number | undefined;
  readonly metricsWithoutToken?: boolean | undefined;
  /** Whether streams that were live go live again. Default true. */
  readonly resumes?: boolean | undefined;
  readonly console?: LogConsole | undefined;
}

export interface ServedEngine {
  readonly url: string;
  readonly dataDir: string;
  /** A link that signs one browser in, once, within five minutes. */
  createStudioLink(): { url: string };
  /** Ends the engine; streams that are live go on with the next start. Settles `stopped`. May be called again. */
  stop(): Promise<void>;
  /** Settles when the engine has ended for whatever reason, such as `POST /engine/stop`. */
  readonly stopped: Promise<void>;
}

/** An engine that runs in another process. */
export interface FoundEngine {
  readonly pid: number;
  /** Null while it is still starting. */
  readonly url: string | null;
  readonly tokenFile: string;
}

export interface EngineFinder {
  find(dataDir: string): Promise<FoundEngine | null>;
  /**
   * Starts `streamware serve` as a process of its own that outlives this one.
   * @returns its address, when it is ready. @throws a `StreamwareError` with the reason it gave
   */
  startDetached(dataDir: string, port: number | undefined): Promise<{ url: string }>;
}

/** Loaded when they are needed: `streamware --help` must not pay for an engine. */
export interface CliHosts {
  run(): Promise<RunHost>;
  engine(): Promise<EngineHost>;
  finder(): Promise<EngineFinder>;
  /** Opens a one-time link without showing it to other users of the machine. @param dataDir absolute */
  openBrowser(link: string, dataDir: string): Promise<void>;
}

/** One of the two output streams. */
export interface Screen {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** In characters. */
  readonly columns: number;
}

export interface CliContext {
  readonly version: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homeDir: string;
  readonly workingDir: string;
  readonly pid: number;
  /** Results. */
  readonly stdout: Screen;
  /** Everything else. */
  readonly stderr: Screen;
  readonly readStdin: () => Promise<string>;
  readonly clock: Clock;
  /** Calls back for SIGINT, SIGTERM and SIGHUP; returns the function that ends it. */
  readonly onInterrupt: (listener: () => void) => () => void;
  /** Ends the process at once. */
  readonly exitNow: (code: number) => void;
  readonly hosts: CliHosts;
}
