/**
 * Starts and ends ffmpeg: in a session of its own (Ctrl-C in the terminal does not reach it), under the guardian,
 * with machine-readable progress on its stdout and its stderr always drained.
 * It knows nothing of what the arguments mean and never restarts anything: that is the callers' business.
 *
 * Asked to stop, a run goes   asked ──▶ SIGINT ──▶ SIGINT ──▶ SIGKILL
 * over the given time         0 ms      1/2        3/4        all of it
 * "Asked" is the end of stdin for a run that we feed, else SIGINT (`q` on Windows, which has no SIGINT).
 * The second SIGINT is needed because ffmpeg only then gives up a blocked network read.
 */
import type { Readable, Writable } from 'node:stream';
import { type Clock, delay } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Redactor } from '../../lib/redactor.ts';
import type {
  FfmpegExit,
  FfmpegProcess,
  FfmpegProcessSpec,
  FfmpegProgress,
  FfmpegRunner,
} from './ffmpegProcess.ts';
import type { Guardian } from './guardian.ts';
import { createLineReader } from './lineReader.ts';
import { createProgressParser } from './progress.ts';
import { ffmpegEnvironment, type StartedChild, signalChild, spawnChild } from './spawnChild.ts';
import { createStderrTail, type StderrTail } from './stderrTail.ts';

export interface FfmpegRunnerOptions {
  /** Where ffmpeg is, asked anew for every run; throws `ffmpeg.missing` when there is none. */
  binary: () => { readonly ffmpegPath: string };
  clock: Clock;
  logger: Logger;
  redactor: Redactor;
  guardian: Guardian;
}

/** How long after its exit the last words of a process are waited for, in case a grandchild keeps the pipe open. */
const LAST_WORDS_MS = 300;

export function createFfmpegRunner(options: FfmpegRunnerOptions): FfmpegRunner {
  return {
    spawn(spec: FfmpegProcessSpec): FfmpegProcess {
      const { ffmpegPath } = options.binary();
      const child = spawnChild(ffmpegPath, runArguments(spec), {
        stdio: ['pipe', 'pipe', 'pipe', ...new Array<'pipe'>(spec.mediaPipes).fill('pipe')],
        env: ffmpegEnvironment(spec.environment),
      });
      return new SupervisedFfmpeg(child, spec, options);
    },
  };
}

/** The arguments of the caller behind those that every run needs. Nothing is ever overwritten unless the caller says `-y`. */
export function runArguments(spec: Pick<FfmpegProcessSpec, 'args' | 'feedsStdin' | 'stdinText'>): string[] {
  return [
    ...[
      '-hide_banner',
      '-nostats',
      '-loglevel',
      'level+warning',
      '-progress',
      'pipe:1',
      '-stats_period',
      '0.5',
    ],
    ...(spec.feedsStdin || spec.stdinText !== undefined ? ['-nostdin'] : []),
    ...(spec.args.includes('-y') ? [] : ['-n']),
    ...spec.args,
  ];
}

class SupervisedFfmpeg implements FfmpegProcess {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly mediaPipes: readonly Readable[];
  readonly exited: Promise<FfmpegExit>;
  onProgress: (progress: FfmpegProgress) => void = () => undefined;

  readonly #child: StartedChild;
  readonly #clock: Clock;
  readonly #feedsStdin: boolean;
  /** Whether stdin is free to carry the request to stop. */
  readonly #hasOwnStdin: boolean;
  readonly #stopTimers = new AbortController();
  #wasAsked = false;
  #isGone = false;

  constructor(child: StartedChild, spec: FfmpegProcessSpec, options: FfmpegRunnerOptions) {
    this.#child = child;
    this.pid = child.pid;
    this.#clock = options.clock;
    this.#feedsStdin = spec.feedsStdin;
    child.stdin?.on('error', () => undefined); // A dead ffmpeg shows in `exited`.
    if (spec.stdinText !== undefined) child.stdin?.end(spec.stdinText);
    this.#hasOwnStdin = spec.stdinText === undefined && !spec.feedsStdin;
    this.stdin = spec.feedsStdin ? child.stdin : null;
    this.mediaPipes = child.stdio.slice(3, 3 + spec.mediaPipes) as Readable[];
    for (const pipe of this.mediaPipes) pipe.on('error', () => undefined);
    this.#readProgress();
    const logger = options.logger.child({ purpose: spec.purpose, pid: child.pid });
    this.exited = this.#untilGone(spec, options, logger);
    logger.debug('ffmpeg started');
  }

  async stop(graceMs: number): Promise<FfmpegExit> {
    if (!this.#wasAsked && !this.#isGone) {
      this.#wasAsked = true;
      this.#ask();
      void this.#insist(graceMs);
    }
    return this.exited;
  }

  async kill(): Promise<FfmpegExit> {
    this.#wasAsked = true;
    signalChild(this.#child, 'SIGKILL');
    return this.exited;
  }

  #ask(): void {
    if (this.#feedsStdin) this.#child.stdin?.end();
    else if (process.platform !== 'win32') signalChild(this.#child, 'SIGINT');
    else if (this.#hasOwnStdin) this.#child.stdin?.end('q');
  }

  async #insist(graceMs: number): Promise<void> {
    const steps = [
      { afterMs: graceMs / 2, signal: 'SIGINT' },
      { afterMs: graceMs / 4, signal: 'SIGINT' },
      { afterMs: graceMs / 4, signal: 'SIGKILL' },
    ] as const;
    for (const { afterMs, signal } of steps) {
      await delay(this.#clock, afterMs, this.#stopTimers.signal);
      if (this.#isGone) return;
      // On Windows SIGINT would end it at once, without a trailer.
      if (signal === 'SIGKILL' || process.platform !== 'win32') signalChild(this.#child, signal);
    }
  }

  #readProgress(): void {
    const parser = createProgressParser();
    const lines = createLineReader((line) => {
      const progress = parser.line(line);
      if (progress !== null) this.onProgress(progress);
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (piece: string) => lines.push(piece));
  }

  async #untilGone(
    spec: FfmpegProcessSpec,
    options: FfmpegRunnerOptions,
    logger: Logger,
  ): Promise<FfmpegExit> {
    const unwatch = options.guardian.watch(this.pid);
    const forget = (spec.secrets ?? []).map((secret) => options.redactor.add(secret));
    const tail = createStderrTail();
    const lastWords = drainStderr(this.#child, tail);
    const { code, signal } = await new Promise<Pick<FfmpegExit, 'code' | 'signal'>>((resolve) => {
      this.#child.once('exit', (exitCode, exitSignal) => resolve({ code: exitCode, signal: exitSignal }));
    });
    this.#isGone = true;
    this.#stopTimers.abort();
    unwatch();
    const patience = new AbortController();
    await Promise.race([lastWords, delay(options.clock, LAST_WORDS_MS, patience.signal)]);
    patience.abort();
    const lastLines = tail.lines((line) => options.redactor.scrub(line));
    for (const drop of forget) drop();
    const exit = { code, signal, wasAsked: this.#wasAsked, lastLines };
    if (this.#wasAsked) logger.debug('ffmpeg ended', { code, signal });
    else logger.info('ffmpeg ended by itself', { code, signal, lastLines: lastLines.slice(-5) });
    return exit;
  }
}

function drainStderr(child: StartedChild, tail: StderrTail): Promise<void> {
  const lines = createLineReader((line) => tail.add(line));
  return new Promise((resolve) => {
    if (child.stderr === null) return resolve();
    child.stderr.setEncoding('utf8').on('data', (piece: string) => lines.push(piece));
    child.stderr.once('close', () => {
      lines.flush();
      resolve();
    });
  });
}
