/**
 * One pipeline from start to end, on an engine of its own: what `new StreamingPipeline().run()` and `streamware run` do.
 * The engine's folder is private to the run, so that it meets neither a running engine nor streams of another time.
 */
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseWith } from '../contract/parse.ts';
import {
  type OutputStatus,
  type QualityRequest,
  type Stream,
  type StreamConfig,
  type StreamConfigInput,
  type StreamHealth,
  streamConfigSchema,
} from '../contract/streams.ts';
import { type Engine, type EngineOptions, startEngine } from '../engine.ts';
import { systemClock } from '../lib/clock.ts';
import { createId } from '../lib/ids.ts';
import { findDataDir } from '../store/dataDir.ts';
import { withLocalPaths } from '../streams/localPaths.ts';

export interface OutputSummary {
  id: string;
  kind: string;
  /** At the end of the run, before it was stopped. */
  state: OutputStatus['state'];
  framesSent: number;
  bytesSent: number;
  droppedFrames: number;
  reconnects: number;
  firstFrameAfterMs: number | null;
  error: string | null;
  files: string[];
}

export interface RunSummary {
  streamId: string;
  name: string;
  startedAt: number;
  durationSeconds: number;
  /** Every output delivered and was live at the end. */
  delivered: boolean;
  notices: string[];
  outputs: OutputSummary[];
}

export interface PipelineRunOptions {
  /** Stops by itself after this time. Left out: at the end of the input, or when asked. */
  readonly durationSeconds?: number | undefined;
  readonly engine?: EngineOptions | undefined;
}

/** A pipeline that runs. */
export class PipelineRun {
  readonly streamId: string;
  readonly #engine: Engine;
  readonly #folder: string;
  readonly #startedAt: number;
  readonly #over = Promise.withResolvers<void>();
  #last: StreamHealth | null = null;
  #summary: Promise<RunSummary> | null = null;

  constructor(engine: Engine, folder: string, stream: Stream) {
    this.#engine = engine;
    this.#folder = folder;
    this.streamId = stream.id;
    this.#startedAt = systemClock.nowMs();
    engine.streams.onEvent((event) => {
      if (!('streamId' in event) || event.streamId !== stream.id) return;
      if (event.type === 'health') this.#last = event.health;
      if (event.type === 'streamChanged' && event.stream.order === 'stopped') this.#over.resolve();
    });
  }

  /** The page where it can be watched and steered, with a code that signs one browser in. */
  createStudioLink(): string | null {
    return this.#engine.createStudioLink();
  }

  health(): StreamHealth {
    return this.#engine.streams.health(this.streamId);
  }

  /** Called once a second with the health of the stream; returns the function that ends it. */
  onHealth(listener: (health: StreamHealth) => void): () => void {
    return this.#engine.streams.onEvent((event) => {
      if (event.type === 'health' && event.streamId === this.streamId) listener(event.health);
    });
  }

  adjustQuality(request: QualityRequest = {}): Promise<Stream> {
    return this.#engine.streams.adjustQuality(this.streamId, request);
  }

  /** Resolves with the summary when it has ended by itself. */
  async finished(): Promise<RunSummary> {
    await this.#over.promise;
    return await this.stop();
  }

  /** Ends it cleanly and finishes recordings. */
  stop(): Promise<RunSummary> {
    this.#summary ??= this.#stop();
    return this.#summary;
  }

  async #stop(): Promise<RunSummary> {
    const { streams } = this.#engine;
    const { order, reason } = streams.get(this.streamId);
    const before = order === 'live' ? streams.health(this.streamId) : this.#last;
    await streams.stop(this.streamId);
    await streams.untilFinished(this.streamId);
    const stream = streams.get(this.streamId);
    await this.#engine.stop();
    await removePrivateFolder(this.#folder);
    return summarise({ ...stream, reason }, before, this.#startedAt);
  }
}

/**
 * Starts a pipeline in this process.
 * @param config as in `pipeline.json`; relative paths are those of the current folder
 * @throws the refusal of the configuration, the input or an output: then nothing was left running
 */
export async function runPipeline(
  config: StreamConfigInput,
  options: PipelineRunOptions = {},
): Promise<PipelineRun> {
  const parsed = withLocalPaths(parseWith(streamConfigSchema, config), process.cwd());
  const dataDir = findDataDir();
  const folder = join(dataDir, 'runs', createId('str'));
  const sharedCache = join(dataDir, 'cache');
  const engine = await startEngine({
    port: 0,
    ingestPort: 0,
    resumes: false,
    sharedCache,
    ...options.engine,
    dataDir: folder,
  });
  try {
    const durationSeconds = options.durationSeconds ?? parsed.durationSeconds;
    const stream = await engine.streams.create(
      { ...withEnd(parsed, durationSeconds), durationSeconds },
      { start: true },
      { mayUseAnyFolder: true },
    );
    return new PipelineRun(engine, folder, stream);
  } catch (error) {
    await engine.stop();
    await removePrivateFolder(folder);
    throw error;
  }
}

/** Without a time limit a run ends with its input, unless the input says otherwise. */
function withEnd(config: StreamConfig, durationSeconds: number | undefined): StreamConfig {
  if (config.input.onEnd !== undefined || durationSeconds !== undefined) return config;
  return { ...config, input: { ...config.input, onEnd: 'stop' } };
}

function summarise(stream: Stream, before: StreamHealth | null, startedAt: number): RunSummary {
  const outputs = stream.outputs.map((output): OutputSummary => {
    const state = before?.outputs.find(({ id }) => id === output.id)?.state ?? output.state;
    const { id, kind, framesSent, bytesSent, droppedFrames, reconnects, firstFrameAfterMs, files } = output;
    const reason = before?.outputs.find((one) => one.id === id)?.reason ?? stream.reason;
    const error = state === 'live' ? null : (reason?.detail ?? reason?.title ?? null);
    return {
      id,
      kind,
      state,
      framesSent,
      bytesSent,
      droppedFrames,
      reconnects,
      firstFrameAfterMs,
      error,
      files,
    };
  });
  return {
    streamId: stream.id,
    name: stream.name,
    startedAt,
    durationSeconds: Math.round((systemClock.nowMs() - startedAt) / 100) / 10,
    delivered:
      outputs.length > 0 && outputs.every(({ state, framesSent }) => state === 'live' && framesSent > 0),
    notices: stream.notices,
    outputs,
  };
}

/** Recordings and playlists that were given no place of their own stay; the rest of the folder goes. */
async function removePrivateFolder(folder: string): Promise<void> {
  const kept = ['recordings', 'clips', 'media'];
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!kept.includes(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
  for (const name of kept) await removeIfEmpty(join(folder, name));
  await rmdir(folder).catch(() => undefined); // Something was kept in it.
}

async function removeIfEmpty(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    await rmdir(join(folder, name)).catch(() => undefined);
  await rmdir(folder).catch(() => undefined); // Not empty, or not there.
}
