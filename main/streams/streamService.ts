/**
 * The streams of this engine: created, found, started, stopped, changed, and resumed after a crash. It is what the API, the
 * command line and the SDK talk to. It relays no media and knows no protocol: each ManagedStream sees to its own.
 */
import type { Broadcast } from '../contract/api/broadcasts.ts';
import type { OutputPatch } from '../contract/api/outputs.ts';
import type { Clip } from '../contract/api/replay.ts';
import type { HealthHistory } from '../contract/api/streams.ts';
import type { Page, PageQuery } from '../contract/endpoint.ts';
import { StreamwareError } from '../contract/errors.ts';
import type { EngineEvent } from '../contract/events.ts';
import type { Output } from '../contract/outputs.ts';
import type {
  OutputStatus,
  QualityRequest,
  Stream,
  StreamConfig,
  StreamHealth,
  StreamState,
  TimelineEvent,
} from '../contract/streams.ts';
import { BackgroundWork } from '../lib/backgroundWork.ts';
import { createId } from '../lib/ids.ts';
import type { MediaTag } from '../media/flv/mediaTag.ts';
import { ManagedStream, type PrepareOutput } from './managedStream.ts';
import { occurrence } from './narration.ts';
import { pageOfNewest } from './pageOfNewest.ts';
import type { OutputPreparation } from './preparation.ts';
import type { FileAccess } from './readAccess.ts';
import type { StreamDependencies } from './streamDependencies.ts';

export interface StreamServiceOptions extends StreamDependencies {
  readonly preparation: OutputPreparation;
  /** Writes a clip of these tags and tells where it is. */
  readonly writeClip: (
    tags: readonly MediaTag[],
    name: string,
  ) => Promise<Omit<Clip, 'id' | 'streamId' | 'createdAt'>>;
  /** Tells secrets of a configuration to the redactor, before anything is done with it. */
  readonly learnSecrets: (config: StreamConfig) => void;
}

export class StreamService {
  readonly #options: StreamServiceOptions;
  readonly #streams = new Map<string, ManagedStream>();
  /** Of deleted streams, what is still being finished. */
  readonly #leaving = new BackgroundWork((error) =>
    this.#options.logger.error('a deleted stream could not be finished', { error }),
  );
  readonly #listeners = new Set<(event: EngineEvent) => void>();

  constructor(options: Omit<StreamServiceOptions, 'emit'>) {
    this.#options = { ...options, emit: (event) => this.#emit(event) };
  }

  /**
   * Takes up what was wanted when the engine was last there: streams ordered live go live again.
   * What cannot be read is reported and left alone.
   */
  async recover(): Promise<void> {
    const { streams, logger } = this.#options;
    const [{ streams: desired, unreadable }, onAir] = await Promise.all([
      streams.listDesired(),
      streams.listOnAir(),
    ]);
    for (const { id, problem } of unreadable)
      logger.error('a stream cannot be read', { streamId: id, code: problem.code });
    for (const one of desired) {
      this.#options.learnSecrets(one.config);
      this.#streams.set(one.id, new ManagedStream(one, this.#options));
    }
    this.#endLostBroadcasts(onAir);
    const wanted = desired.filter(({ order }) => order === 'live');
    await Promise.all(
      wanted.map(({ id }) => this.#find(id).resume(onAir.find(({ streamId }) => streamId === id) ?? null)),
    );
  }

  /** @throws a refusal that names the field; nothing was started or written then */
  async create(config: StreamConfig, options: { start: boolean }, access: FileAccess): Promise<Stream> {
    this.#options.learnSecrets(config);
    const output = await this.#options.preparation.prepareAll(config, access);
    const prepared = { ...config, output };
    if (options.start) await this.#options.preflight(prepared);
    const now = this.#options.clock.nowMs();
    const desired = {
      id: createId('str'),
      config: prepared,
      order: 'stopped' as const,
      outputOrders: {},
      createdAt: now,
      updatedAt: now,
    };
    await this.#options.streams.saveDesired(desired);
    const stream = new ManagedStream(desired, this.#options);
    this.#streams.set(desired.id, stream);
    if (options.start) await this.#startFirst(stream);
    return stream.view();
  }

  list(query: PageQuery & { state?: StreamState | undefined }): Page<Stream> {
    const all = [...this.#streams.values()].map((stream) => stream.view());
    const wanted = query.state === undefined ? all : all.filter(({ state }) => state === query.state);
    return pageOfNewest(wanted, query);
  }

  get(streamId: string): Stream {
    return this.#find(streamId).view();
  }

  async rename(streamId: string, name: string): Promise<Stream> {
    await this.#find(streamId).rename(name);
    return this.get(streamId);
  }

  async start(streamId: string): Promise<Stream> {
    await this.#find(streamId).start();
    return this.get(streamId);
  }

  /** Resolves when nothing is sent any more, within five seconds; recordings are finished afterwards. */
  async stop(streamId: string): Promise<Stream> {
    await this.#find(streamId).stop();
    return this.get(streamId);
  }

  /** Resolves when the recordings of a stream that was stopped are finished. */
  async untilFinished(streamId: string): Promise<void> {
    await this.#find(streamId).untilFinished();
  }

  async delete(streamId: string): Promise<void> {
    const stream = this.#find(streamId);
    await stream.delete();
    this.#streams.delete(streamId);
    this.#emit({ type: 'streamDeleted', at: this.#options.clock.nowMs(), streamId });
    void this.#leaving.add(stream.untilFinished());
  }

  health(streamId: string): StreamHealth {
    return this.#find(streamId).health();
  }

  async healthHistory(streamId: string, span: { fromMs: number; toMs: number }): Promise<HealthHistory> {
    this.#find(streamId);
    return await this.#options.health.history(streamId, span);
  }

  async timeline(streamId: string, query: PageQuery): Promise<Page<TimelineEvent>> {
    this.#find(streamId);
    return await this.#options.timeline.list({ streamId }, query);
  }

  async addOutput(streamId: string, output: Output, access: FileAccess): Promise<OutputStatus> {
    return await this.#find(streamId).addOutput(output, this.#prepare(access));
  }

  async updateOutput(
    streamId: string,
    outputId: string,
    patch: OutputPatch,
    access: FileAccess,
  ): Promise<OutputStatus> {
    return await this.#find(streamId).updateOutput(outputId, patch, this.#prepare(access));
  }

  async removeOutput(streamId: string, outputId: string): Promise<void> {
    await this.#find(streamId).removeOutput(outputId);
  }

  /** Tries at once, instead of at the time planned. */
  retryOutput(streamId: string, outputId: string): OutputStatus {
    return this.#find(streamId).retryOutput(outputId);
  }

  /** Resolves when the new quality is on air. An empty request makes it a quarter lighter. No destination reconnects. */
  async adjustQuality(streamId: string, request: QualityRequest): Promise<Stream> {
    await this.#find(streamId).adjustQuality(request);
    return this.get(streamId);
  }

  async setText(streamId: string, index: number, text: string): Promise<void> {
    await this.#find(streamId).setText(index, text);
  }

  addMarker(streamId: string, label: string): TimelineEvent {
    return this.#find(streamId).note(occurrence('markerAdded', label));
  }

  /** Saves the last seconds as a clip. @throws `replay.empty`, `stream.state_conflict` */
  async saveReplay(streamId: string, seconds: number): Promise<Clip> {
    const stream = this.#find(streamId);
    const written = await this.#options.writeClip(stream.replay(seconds), stream.view().name);
    stream.note(
      occurrence('clipSaved', `The last ${Math.round(written.durationSeconds)} s were saved as a clip.`, {
        data: { path: written.path },
      }),
    );
    return { id: createId('clip'), streamId, createdAt: this.#options.clock.nowMs(), ...written };
  }

  /** Every event of every stream; returns the function that ends it. */
  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get liveCount(): number {
    return [...this.#streams.values()].filter((stream) => stream.isRunning).length;
  }

  /** Tells the listeners of stream events something of the engine as a whole. */
  publish(event: EngineEvent): void {
    this.#emit(event);
  }

  /** Ends everything that is live, for good. */
  async stopAll(): Promise<void> {
    const live = [...this.#streams.values()].filter((stream) => stream.order === 'live');
    await Promise.all(live.map((stream) => this.#insist(stream, stream.stop())));
  }

  /** Whoever waits to reconnect tries at once. */
  networkChanged(): void {
    for (const stream of this.#streams.values()) stream.networkChanged();
  }

  /** Ends every connection cleanly and finishes recordings; what the user wants live stays ordered so for the next start. */
  async close(): Promise<void> {
    const streams = [...this.#streams.values()];
    await Promise.all(streams.map((stream) => this.#insist(stream, stream.suspend())));
    await this.#leaving.settled();
  }

  /** When everything is to end, one that cannot, such as one that is being deleted, keeps no other from it. */
  async #insist({ id }: ManagedStream, ending: Promise<void>): Promise<void> {
    await ending.catch((error) =>
      this.#options.logger.warn('a stream did not end cleanly', { streamId: id, error }),
    );
  }

  /** What is refused on the way was never created. */
  async #startFirst(stream: ManagedStream): Promise<void> {
    try {
      await stream.start();
    } catch (error) {
      const { broadcastId } = stream.view();
      await this.delete(stream.id);
      await stream.untilFinished();
      if (broadcastId !== null) this.#options.streams.forgetBroadcast(broadcastId);
      throw error;
    }
  }

  #prepare(access: FileAccess): PrepareOutput {
    return async (output, beside) => {
      this.#options.learnSecrets({ ...beside, output: [output] });
      return await this.#options.preparation.prepareOne(output, beside, access);
    };
  }

  #endLostBroadcasts(onAir: readonly Broadcast[]): void {
    for (const broadcast of onAir) {
      if (this.#streams.get(broadcast.streamId)?.order === 'live') continue;
      this.#options.streams.endBroadcast(broadcast.id, {
        endedAt: this.#options.clock.nowMs(),
        reason: 'engineLost',
      });
    }
  }

  #find(streamId: string): ManagedStream {
    const stream = this.#streams.get(streamId);
    if (!stream) throw new StreamwareError('stream.not_found');
    return stream;
  }

  #emit(event: EngineEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#options.logger.error('a listener of events threw', { error });
      }
    }
  }
}
