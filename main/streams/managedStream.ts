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
  StreamConfig,
  StreamHealth,
  StreamOrder,
  TimelineEvent,
} from '../contract/streams.ts';
import { BackgroundWork } from '../lib/backgroundWork.ts';
import type { MediaTag } from '../media/flv/mediaTag.ts';
import { DesiredState } from './desiredState.ts';
import { idleHealth, idleOutput } from './idleStatus.ts';
import { LiveStream, type NamedOutput } from './liveStream.ts';
import { because, type Occurrence, occurrence } from './narration.ts';
import { forgetOutputs, merged, named, replaceOutput } from './outputChange.ts';
import type { PreparedOutput } from './preparation.ts';
import { redactConfig } from './secretFields.ts';
import { sharingNotices } from './sharingNotices.ts';
import type { StreamDependencies } from './streamDependencies.ts';
import type { BroadcastEnd, DesiredStream } from './streamStore.ts';
import { withMainRendition } from './transcodeStep.ts';

/** Checks an output that is to stand beside those of this configuration. */
export type PrepareOutput = (output: Output, beside: StreamConfig) => Promise<PreparedOutput>;

type EndReason = 'stopped' | 'sourceEnded' | 'duration' | 'failed';

export class ManagedStream {
  readonly #dependencies: StreamDependencies;
  readonly #desired: DesiredState;
  #live: LiveStream | null = null;
  #broadcast: Broadcast | null = null;
  #endedAt: number | null = null;
  #failure: StreamwareError | null = null;
  #isDeleted = false;
  #notices: readonly string[] = [];
  /** Of the last broadcast. */
  #lastOutputs: readonly OutputStatus[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  readonly #finishing = new BackgroundWork((error) =>
    this.#dependencies.logger.error('an output could not be finished', { streamId: this.id, error }),
  );

  constructor(desired: DesiredStream, dependencies: StreamDependencies) {
    this.#dependencies = dependencies;
    this.#desired = new DesiredState(desired, { ...dependencies, onChanged: () => this.#changed() });
  }

  get id(): string {
    return this.#desired.current.id;
  }

  get order(): StreamOrder {
    return this.#desired.current.order;
  }

  get createdAt(): number {
    return this.#desired.current.createdAt;
  }

  get isRunning(): boolean {
    return this.#live !== null;
  }

  view(): Stream {
    const { id, config, order, createdAt } = this.#desired.current;
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
      notices: [...new Set([...sharingNotices(config), ...(this.#live?.notices ?? this.#notices)])],
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
      await this.#dependencies.preflight(this.#desired.current.config);
      await this.#desired.orderLive();
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
  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop('stopped', null));
  }

  /** Stops it and takes it off the disk, but for broadcasts and recordings. Nothing can be asked of it afterwards. */
  delete(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#stop('stopped', null);
      await this.#dependencies.streams.deleteStream(this.id);
      this.#isDeleted = true;
      const { createDriver } = this.#dependencies;
      const forget = (): Promise<void> => forgetOutputs(this.id, this.#desired.current.config, createDriver);
      void this.#finishing.add(this.#finishing.settled().then(forget));
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
    await this.#finishing.settled();
  }

  rename(name: string): Promise<void> {
    return this.#inTurn(() => this.#desired.change({ config: { ...this.#desired.current.config, name } }));
  }

  addOutput(output: Output, prepare: PrepareOutput): Promise<OutputStatus> {
    return this.#inTurn(async () => {
      const { config } = this.#desired.current;
      const prepared = await prepare(output, config);
      return await this.#tryOutputs([...config.output, prepared], false, async (live) => {
        return live ? await live.addOutput(named(prepared)) : idleOutput(named(prepared));
      });
    });
  }

  updateOutput(outputId: string, patch: OutputPatch, prepare: PrepareOutput): Promise<OutputStatus> {
    return this.#inTurn(async () => {
      const before = this.#configured(outputId);
      const { config } = this.#desired.current;
      const others = config.output.filter(({ id }) => id !== outputId);
      const changed = parseWith(outputSchema, merged(before, patch));
      const output = await prepare(changed, { ...config, output: others });
      const outputs = config.output.map((known) => (known.id === outputId ? output : known));
      const isSwitchedOff = before.enabled && !output.enabled;
      await this.#tryOutputs(outputs, isSwitchedOff, async (live) => {
        if (live) await replaceOutput(live, before, named(output));
      });
      return this.#status(outputId);
    });
  }

  removeOutput(outputId: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#configured(outputId);
      const { config } = this.#desired.current;
      const left = config.output.filter(({ id }) => id !== outputId);
      if (left.length === 0) {
        throw new StreamwareError('stream.no_outputs', {
          detail: 'this is the last output of the stream',
          hint: 'Add another one first, switch this one off, or delete the stream.',
        });
      }
      await this.#desired.changeAnyway({ config: { ...config, output: left } });
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
      const config = withMainRendition(this.#desired.current.config, rendition);
      // It is on air: that it cannot be kept for the next start is no reason to say that it failed.
      await this.#desired
        .change({ config })
        .catch((error) => this.#dependencies.logger.warn('the new quality is not kept', { error }));
    });
  }

  async setText(index: number, text: string): Promise<void> {
    await this.#mustBeLive().setText(index, text);
    this.note(occurrence('textChanged', `The text on the picture now reads "${text}".`, { data: { text } }));
  }

  replay(seconds: number): MediaTag[] {
    return this.#mustBeLive().replay(seconds);
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
    const { config } = this.#desired.current;
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
    try {
      this.#live = this.#createLive();
      this.#changed();
      await this.#live.start(this.#namedOutputs());
    } catch (thrown) {
      await this.#stop('failed', toStreamwareError(thrown));
      throw thrown;
    }
  }

  #createLive(): LiveStream {
    const { createEncoding, createDriver, publicUrl, clock, logger, emit, health } = this.#dependencies;
    const { config, id } = this.#desired.current;
    const broadcast = this.#broadcast;
    const live = new LiveStream(
      {
        streamId: id,
        config,
        encoding: createEncoding(id, config, (change) => void this.#live?.senderChanged(change)),
        createDriver: (output, renditionIds) =>
          createDriver({ streamId: id, streamName: config.name, output, renditionIds }),
        publicUrl,
        // What is finished late belongs to a broadcast that may be over, with another one begun.
        note: (what) => (this.#broadcast === broadcast ? void this.note(what) : undefined),
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
    live.events.on('finished', ({ reason, failure }) => {
      const isMeant = (): boolean => this.#live === live;
      void this.#inTurn(async () => (isMeant() ? await this.#stop(reason, failure) : undefined)).catch(
        (error) => logger.error('a stream could not be ended', { streamId: id, error }),
      );
    });
    return live;
  }

  /** Ends the broadcast, if there is one. */
  async #stop(reason: EndReason, failure: StreamwareError | null): Promise<void> {
    if (failure) this.#failure = failure;
    await this.#desired.orderStopped();
    if (!this.#broadcast || this.#endedAt !== null) return;
    const { clock, streams } = this.#dependencies;
    const live = this.#live;
    await live?.stop();
    this.#lastOutputs = live?.outputs() ?? [];
    this.#notices = [...(live?.notices ?? [])];
    this.#live = null;
    this.#endedAt = clock.nowMs();
    const problem = failure?.toProblem() ?? null;
    this.note(
      occurrence('broadcastEnded', `The broadcast has ended.${because(problem)}`, {
        severity: failure ? 'error' : 'info',
        data: { reason, ...(problem ? { code: problem.code } : {}) },
      }),
    );
    const end: BroadcastEnd = { endedAt: this.#endedAt, reason, summary: { outputs: this.#lastOutputs } };
    streams.endBroadcast(this.#broadcast.id, end);
    if (live) this.#finish(live);
    this.#changed();
  }

  #finish(live: LiveStream): void {
    const finishing = live.finish().then(() => {
      if (this.#live !== null) return;
      this.#lastOutputs = live.outputs();
      this.#notices = [...live.notices];
    });
    void this.#finishing.add(finishing);
  }

  /**
   * Keeps these outputs and does what follows from them; when that fails, the former ones are kept again.
   * @param anyway also while they cannot be kept: one is switched off
   */
  async #tryOutputs<Result>(
    output: Output[],
    anyway: boolean,
    act: (live: LiveStream | null) => Promise<Result>,
  ): Promise<Result> {
    const { config } = this.#desired.current;
    const change = { config: { ...config, output } };
    await (anyway ? this.#desired.changeAnyway(change) : this.#desired.change(change));
    try {
      return await act(this.#live);
    } catch (error) {
      await this.#desired.changeAnyway({ config });
      throw error;
    }
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
    return this.#desired.current.config.output.map(named);
  }

  #configured(outputId: string): Output {
    const output = this.#desired.current.config.output.find(({ id }) => id === outputId);
    if (!output) throw new StreamwareError('output.not_found');
    return output;
  }

  #mustBeLive(): LiveStream {
    if (!this.#live) throw notLive();
    return this.#live;
  }

  #changed(): void {
    const { emit, clock } = this.#dependencies;
    emit({ type: 'streamChanged', at: clock.nowMs(), streamId: this.id, stream: this.view() });
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(() => {
      if (this.#isDeleted) throw new StreamwareError('stream.not_found');
      return run();
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

function notLive(): StreamwareError {
  return new StreamwareError('stream.state_conflict', { detail: 'the stream is not live' });
}
