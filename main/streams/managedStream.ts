/**
 * One stream as the user knows it: what is wanted of it, and, while it is wanted live, the LiveStream that does it.
 * Orders are kept before they are acted on; whatever is asked of one stream happens one after another.
 *
 *   order stopped ──start──▶ order live: LiveStream runs ──stop, input over, time up──▶ order stopped
 *                                 └── engine dies ──next start of the engine──▶ order live, same broadcast
 */

import type { Broadcast } from '../contract/api/broadcasts.ts';
import type { OutputPatch } from '../contract/api/outputs.ts';
import { StreamwareError, toStreamwareError } from '../contract/errors.ts';
import { type Output, outputSchema } from '../contract/outputs.ts';
import { parseWith } from '../contract/parse.ts';
import type {
  OutputStatus,
  QualityRequest,
  Stream,
  StreamHealth,
  StreamOrder,
  TimelineEvent,
} from '../contract/streams.ts';
import type { MediaTag } from '../media/flv/mediaTag.ts';
import { idleHealth, idleOutput } from './idleStatus.ts';
import { LiveStream, type NamedOutput } from './liveStream.ts';
import { type Occurrence, occurrence } from './narration.ts';
import { definedOnly } from './renditions.ts';
import { redactConfig } from './secretFields.ts';
import type { StreamDependencies } from './streamDependencies.ts';
import type { BroadcastEnd, DesiredStream } from './streamStore.ts';
import { withMainRendition } from './transcodeStep.ts';

type EndReason = 'stopped' | 'sourceEnded' | 'duration' | 'failed';

export class ManagedStream {
  readonly #dependencies: StreamDependencies;
  #desired: DesiredStream;
  #live: LiveStream | null = null;
  #broadcast: Broadcast | null = null;
  #endedAt: number | null = null;
  #failure: StreamwareError | null = null;
  #notices: readonly string[] = [];
  /** Of the last broadcast. */
  #lastOutputs: readonly OutputStatus[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  readonly #finishing = new Set<Promise<void>>();

  constructor(desired: DesiredStream, dependencies: StreamDependencies) {
    this.#desired = desired;
    this.#dependencies = dependencies;
  }

  get id(): string {
    return this.#desired.id;
  }

  get order(): StreamOrder {
    return this.#desired.order;
  }

  get createdAt(): number {
    return this.#desired.createdAt;
  }

  get isRunning(): boolean {
    return this.#live !== null;
  }

  view(): Stream {
    const { id, config, order, createdAt } = this.#desired;
    return {
      id,
      name: config.name,
      order,
      state: this.#live?.state ?? (this.#failure ? 'failed' : 'stopped'),
      reason: (this.#live?.reason ?? this.#failure)?.toProblem() ?? null,
      createdAt,
      startedAt: this.#broadcast?.startedAt ?? null,
      endedAt: this.#endedAt,
      broadcastId: this.#broadcast?.id ?? null,
      config: redactConfig(config),
      notices: [...(this.#live?.notices ?? this.#notices)],
      outputs: this.#outputs(),
    };
  }

  health(): StreamHealth {
    return this.#live?.health() ?? idleHealth(this.view(), this.#dependencies.clock.nowMs());
  }

  /** Goes live. One that is live already is left alone. */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#live) return;
      await this.#dependencies.preflight(this.#desired.config);
      await this.#order('live');
      await this.#begin(null);
    });
  }

  /** After a crash: does what was wanted, in the broadcast that was cut off. Never throws; what fails shows in the state. */
  resume(cutOff: Broadcast | null): Promise<void> {
    return this.#inTurn(() => this.#begin(cutOff)).catch((error) => {
      this.#dependencies.logger.error('a stream could not be resumed', { streamId: this.id, error });
    });
  }

  /** Resolves within five seconds; recordings are finished afterwards. */
  stop(reason: EndReason = 'stopped'): Promise<void> {
    return this.#inTurn(async () => {
      await this.#order('stopped');
      await this.#end(reason);
    });
  }

  /** The engine stops: connections end cleanly, the orders stay as they are. */
  async suspend(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#live?.stop();
      if (this.#live) this.#finish(this.#live);
      this.#live = null;
    });
    await this.untilFinished();
  }

  /** Resolves when the recordings of this stream are finished. */
  async untilFinished(): Promise<void> {
    await Promise.all(this.#finishing);
  }

  rename(name: string): Promise<void> {
    return this.#inTurn(() => this.#keep({ config: { ...this.#desired.config, name } }));
  }

  addOutput(output: Output & { id: string }): Promise<OutputStatus> {
    return this.#inTurn(async () => {
      const { config } = this.#desired;
      await this.#keep({ config: { ...config, output: [...config.output, output] } });
      return this.#live ? await this.#live.addOutput(named(output)) : idleOutput(named(output));
    });
  }

  updateOutput(
    outputId: string,
    patch: OutputPatch,
    prepare: (output: Output) => Promise<Output>,
  ): Promise<OutputStatus> {
    return this.#inTurn(async () => {
      const before = this.#configured(outputId);
      const output = await prepare(parseWith(outputSchema, merged(before, patch)));
      const { config } = this.#desired;
      const outputs = config.output.map((known) => (known.id === outputId ? output : known));
      await this.#keep({ config: { ...config, output: outputs } });
      if (this.#live) await this.#replaceOutput(this.#live, before, { id: outputId, config: output });
      return this.#status(outputId);
    });
  }

  removeOutput(outputId: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#configured(outputId);
      const { config } = this.#desired;
      await this.#keep({ config: { ...config, output: config.output.filter(({ id }) => id !== outputId) } });
      await this.#live?.removeOutput(outputId, true);
    });
  }

  retryOutput(outputId: string): OutputStatus {
    this.#configured(outputId);
    this.#mustBeLive().findOutput(outputId)?.retryNow();
    return this.#status(outputId);
  }

  adjustQuality(request: QualityRequest): Promise<void> {
    return this.#inTurn(async () => {
      const rendition = await this.#mustBeLive().adjustQuality(request);
      await this.#keep({ config: withMainRendition(this.#desired.config, rendition) });
    });
  }

  async setText(index: number, text: string): Promise<void> {
    await this.#mustBeLive().setText(index, text);
    this.note(occurrence('textChanged', `The text on the picture now reads "${text}".`, { data: { text } }));
  }

  replay(seconds: number): MediaTag[] {
    return this.#mustBeLive().replay(seconds);
  }

  reopenInput(): void {
    void this.#live?.reopenInput();
  }

  networkChanged(): void {
    this.#live?.networkChanged();
  }

  /** Puts something into the timeline of the broadcast. @throws `stream.state_conflict` when there is none */
  note(what: Occurrence): TimelineEvent {
    if (!this.#broadcast) throw notLive();
    const { timeline, clock, emit } = this.#dependencies;
    const place = { broadcastId: this.#broadcast.id, streamId: this.id, at: clock.nowMs() };
    const event = timeline.append({ ...place, ...what, data: { ...what.data } });
    emit({ type: 'timelineEvent', at: event.at, streamId: this.id, event });
    return event;
  }

  async #begin(cutOff: Broadcast | null): Promise<void> {
    const { streams, clock } = this.#dependencies;
    const { config } = this.#desired;
    this.#failure = null;
    this.#endedAt = null;
    this.#broadcast =
      cutOff ?? streams.beginBroadcast({ streamId: this.id, name: config.name, startedAt: clock.nowMs() });
    this.note(
      cutOff
        ? occurrence('broadcastResumed', 'The engine was interrupted and goes on with this broadcast.', {
            severity: 'warning',
          })
        : occurrence('broadcastStarted', `${config.name} was started.`),
    );
    const live = this.#createLive();
    this.#live = live;
    this.#changed();
    try {
      await live.start(this.#namedOutputs());
    } catch (thrown) {
      this.#failure = toStreamwareError(thrown);
      await this.#order('stopped');
      await this.#end('failed');
      throw thrown;
    }
  }

  #createLive(): LiveStream {
    const { createEncoding, createDriver, publicUrl, clock, logger, emit, health } = this.#dependencies;
    const { config, id } = this.#desired;
    const live = new LiveStream(
      {
        streamId: id,
        config,
        encoding: createEncoding(id, config, () => this.reopenInput()),
        createDriver: (output, renditionIds) =>
          createDriver({ streamId: id, streamName: config.name, output, renditionIds }),
        publicUrl,
        note: (what) => void this.note(what),
        clock,
        logger: logger.child({ streamId: id }),
      },
      this.#namedOutputs(),
    );
    live.events.on('stateChanged', () => this.#changed());
    live.events.on('outputChanged', ({ output }) =>
      emit({ type: 'outputChanged', at: clock.nowMs(), streamId: id, outputId: output.id, output }),
    );
    live.events.on('health', (report) => {
      health.append(report);
      emit({ type: 'health', at: report.at, streamId: id, health: report });
    });
    live.events.on('finished', ({ reason }) => void this.stop(reason));
    return live;
  }

  async #end(reason: EndReason): Promise<void> {
    const live = this.#live;
    if (!live) return;
    const { clock, streams } = this.#dependencies;
    await live.stop();
    this.#lastOutputs = live.outputs();
    const end: BroadcastEnd = { endedAt: clock.nowMs(), reason, summary: { outputs: this.#lastOutputs } };
    this.#notices = [...live.notices];
    this.#live = null;
    this.#endedAt = end.endedAt;
    this.note(occurrence('broadcastEnded', 'The broadcast has ended.', { data: { reason } }));
    if (this.#broadcast) streams.endBroadcast(this.#broadcast.id, end);
    this.#finish(live);
    this.#changed();
  }

  #finish(live: LiveStream): void {
    const finishing: Promise<void> = live
      .finish()
      .then(() => {
        if (this.#live === null) this.#lastOutputs = live.outputs();
      })
      .catch((error) =>
        this.#dependencies.logger.error('an output could not be finished', { streamId: this.id, error }),
      )
      .finally(() => this.#finishing.delete(finishing));
    this.#finishing.add(finishing);
  }

  /** Only what differs is done: a new name needs no new connection. */
  async #replaceOutput(live: LiveStream, before: Output, after: NamedOutput): Promise<void> {
    const { name: _n, priority: _p, ...way } = before;
    const { name: _m, priority: _q, ...nextWay } = after.config;
    if (JSON.stringify(way) === JSON.stringify(nextWay))
      return live.findOutput(after.id)?.relabel(after.config);
    await live.removeOutput(after.id, false);
    await live.addOutput(after);
  }

  #status(outputId: string): OutputStatus {
    const live = this.#live?.findOutput(outputId)?.status();
    return live ?? idleOutput(named(this.#configured(outputId)));
  }

  #outputs(): OutputStatus[] {
    if (this.#live) return this.#live.outputs();
    return this.#namedOutputs().map(
      (output) => this.#lastOutputs.find(({ id }) => id === output.id) ?? idleOutput(output),
    );
  }

  #namedOutputs(): NamedOutput[] {
    return this.#desired.config.output.map(named);
  }

  #configured(outputId: string): Output {
    const output = this.#desired.config.output.find(({ id }) => id === outputId);
    if (!output) throw new StreamwareError('output.not_found');
    return output;
  }

  #mustBeLive(): LiveStream {
    if (!this.#live) throw notLive();
    return this.#live;
  }

  async #order(order: StreamOrder): Promise<void> {
    if (order !== this.#desired.order) await this.#keep({ order });
  }

  async #keep(change: Partial<DesiredStream>): Promise<void> {
    const desired = { ...this.#desired, ...change, updatedAt: this.#dependencies.clock.nowMs() };
    await this.#dependencies.streams.saveDesired(desired);
    this.#desired = desired;
    this.#changed();
  }

  #changed(): void {
    const { emit, clock } = this.#dependencies;
    emit({ type: 'streamChanged', at: clock.nowMs(), streamId: this.id, stream: this.view() });
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(run);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

function named(output: Output): NamedOutput {
  if (output.id === undefined) throw new Error('an output without an id was kept');
  return { id: output.id, config: output };
}

/** Null takes a field away, what is left out stays. */
function merged(output: Output, patch: OutputPatch): object {
  const changed = { ...output, ...definedOnly(patch) };
  return Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== null));
}

function notLive(): StreamwareError {
  return new StreamwareError('stream.state_conflict', { detail: 'the stream is not live' });
}
