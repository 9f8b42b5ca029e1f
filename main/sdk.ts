/**
 * What `import { … } from 'streamware'` gives: the classes of the public API, on an engine embedded in the calling process.
 * The engine starts with the first call that needs it and ends with `close()` or with the process.
 */

import { parseWith } from './contract/parse.ts';
import type { QualityRequest, Stream, StreamConfigInput, StreamHealth } from './contract/streams.ts';
import { streamConfigSchema } from './contract/streams.ts';
import { type Engine, type EngineOptions, startEngine } from './engine.ts';
import {
  type PipelineRun,
  type PipelineRunOptions,
  type RunSummary,
  runPipeline,
} from './sdk/pipelineRun.ts';
import { withLocalPaths } from './streams/localPaths.ts';

export { type ErrorCode, StreamwareError } from './contract/errors.ts';
export type { StreamConfigInput, StreamHealth } from './contract/streams.ts';
export type { EngineOptions } from './engine.ts';
export type { OutputSummary, RunSummary } from './sdk/pipelineRun.ts';

let engine: Promise<Engine> | null = null;

/** Starts the embedded engine with these options. Without it the first call starts one with the defaults. */
export function open(options: EngineOptions = {}): Promise<Engine> {
  engine ??= startEngine({ port: 0, ingestPort: 0, ...options });
  engine.catch(() => {
    engine = null;
  });
  return engine;
}

/** Ends the embedded engine: connections close cleanly, recordings are finished. */
export async function close(): Promise<void> {
  const running = engine;
  engine = null;
  if (running) await (await running).stop();
}

/** Streams on the embedded engine. */
export class StreamService {
  readonly #options: EngineOptions;

  /** @param options of the embedded engine, when this is what starts it */
  constructor(options: EngineOptions = {}) {
    this.#options = options;
  }

  /**
   * Creates a stream and goes live with it.
   * @returns its id
   * @throws StreamwareError that names the field; nothing was started or written then
   */
  startStream(config: StreamConfigInput): Promise<string> {
    return this.#create(config, true);
  }

  /** Creates a stream without starting it. @returns its id */
  createStream(config: StreamConfigInput): Promise<string> {
    return this.#create(config, false);
  }

  async getStream(streamId: string): Promise<Stream> {
    return (await open(this.#options)).streams.get(streamId);
  }

  /** How the stream does at this moment. `bitrate` is in kbit/s. @throws `stream.not_found` */
  async checkHealth(streamId: string): Promise<StreamHealth> {
    return (await open(this.#options)).streams.health(streamId);
  }

  /**
   * Changes the quality while live; no destination reconnects. Without a request the bitrate is lowered by a quarter.
   * Resolves when the new quality is on air.
   */
  async adjustQuality(streamId: string, request: QualityRequest = {}): Promise<Stream> {
    return await (await open(this.#options)).streams.adjustQuality(streamId, request);
  }

  async stopStream(streamId: string): Promise<Stream> {
    return await (await open(this.#options)).streams.stop(streamId);
  }

  async deleteStream(streamId: string): Promise<void> {
    await (await open(this.#options)).streams.delete(streamId);
  }

  async #create(config: StreamConfigInput, start: boolean): Promise<string> {
    const parsed = withLocalPaths(parseWith(streamConfigSchema, config), process.cwd());
    const { streams } = await open(this.#options);
    return (await streams.create(parsed, { start }, { mayUseAnyFolder: true })).id;
  }
}

/** One pipeline: an input, processing steps, and outputs that all get the same encode. */
export class StreamingPipeline {
  readonly config: StreamConfigInput;
  #run: Promise<PipelineRun> | null = null;

  /** @throws StreamwareError `request.invalid` that names the field */
  constructor(config: StreamConfigInput) {
    parseWith(streamConfigSchema, config);
    this.config = config;
  }

  /** Goes live. @throws the refusal of the input or of an output */
  async start(options: PipelineRunOptions = {}): Promise<void> {
    this.#run ??= runPipeline(this.config, options);
    await this.#run.catch((error) => {
      this.#run = null;
      throw error;
    });
  }

  /** How it does at this moment. @throws Error before `start` */
  async health(): Promise<StreamHealth> {
    return (await this.#running()).health();
  }

  /** Called once a second; returns the function that ends it. */
  async onHealth(listener: (health: StreamHealth) => void): Promise<() => void> {
    return (await this.#running()).onHealth(listener);
  }

  async adjustQuality(request: QualityRequest = {}): Promise<void> {
    await (await this.#running()).adjustQuality(request);
  }

  /** Resolves with the summary when it has ended: with its input, or after `durationSeconds`. */
  async finished(): Promise<RunSummary> {
    return await (await this.#running()).finished();
  }

  /** Ends it cleanly. */
  async stop(): Promise<RunSummary> {
    return await (await this.#running()).stop();
  }

  #running(): Promise<PipelineRun> {
    if (!this.#run) throw new Error('the pipeline was not started');
    return this.#run;
  }
}
