/**
 * One stream while the user wants it live: its program, its outputs, and once a second the truth about both.
 * It decides nothing for good: orders are kept by StreamService, which makes a new LiveStream for each broadcast.
 */
import { StreamwareError } from '../contract/errors.ts';
import type { Output } from '../contract/outputs.ts';
import type { RenditionRequest } from '../contract/processing.ts';
import type {
  OutputStatus,
  QualityRequest,
  StreamConfig,
  StreamHealth,
  StreamState,
} from '../contract/streams.ts';
import { BackgroundWork } from '../lib/backgroundWork.ts';
import { type Clock, delay, type Timer } from '../lib/clock.ts';
import { Emitter } from '../lib/emitter.ts';
import type { Logger } from '../lib/logger.ts';
import type { MediaTag } from '../media/flv/mediaTag.ts';
import type { OutputDriver } from '../media/outputs/outputDriver.ts';
import { ReplayBuffer } from '../media/relay/replayBuffer.ts';
import { reportHealth } from './healthReport.ts';
import { atInput } from './inputFault.ts';
import { type Occurrence, occurrence } from './narration.ts';
import { narratePace, narrateProgram, outputNarrator, tellOfProgram } from './narrators.ts';
import type { Encoding } from './program/encoding.ts';
import { Program } from './program/program.ts';
import type { SenderChange } from './program/publisherFeed.ts';
import { nextQuality } from './quality.ts';
import { mainRequest, planRenditions, type RenditionAssignment, wishesOf } from './renditions.ts';
import { encodedSharingNotices } from './sharingNotices.ts';
import { StreamOutput } from './streamOutput.ts';
import { streamState } from './streamState.ts';
import { UplinkSharing } from './uplinkSharing.ts';

const HEALTH_INTERVAL_MS = 1000;
/** A playlist ends at once. A long recording is made ordinary in the background, so nobody waits longer for it. */
const FINISH_PATIENCE_MS = 2000;
const REPLAY_MAX_BYTES = 256 * 1024 * 1024;

/** An output as it was asked for, under the id it has for good. */
export interface NamedOutput {
  readonly id: string;
  readonly config: Output;
}

export interface LiveStreamEvents {
  stateChanged: { state: StreamState };
  outputChanged: { output: OutputStatus };
  health: StreamHealth;
  /** It should be stopped: the input is over or can never work, or the time is up. */
  finished: { reason: 'sourceEnded' | 'duration' | 'failed'; failure: StreamwareError | null };
}

export interface LiveStreamOptions {
  readonly streamId: string;
  readonly config: StreamConfig;
  readonly encoding: Encoding;
  readonly createDriver: (output: NamedOutput, renditionIds: readonly string[]) => Promise<OutputDriver>;
  readonly publicUrl: (path: string) => string;
  /** Puts something into the timeline. */
  readonly note: (what: Occurrence) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class LiveStream {
  readonly events = new Emitter<LiveStreamEvents>();
  readonly notices: string[] = [];
  readonly #options: LiveStreamOptions;
  readonly #program: Program;
  readonly #outputs = new Map<string, StreamOutput>();
  readonly #replay: ReplayBuffer | null;
  readonly #timers: Timer[] = [];
  /** Of outputs that are gone already. */
  readonly #finishing = new BackgroundWork((error) =>
    this.#options.logger.error('an output could not be finished', { error }),
  );
  #main: RenditionRequest;
  #assignment: RenditionAssignment;
  readonly #uplink: UplinkSharing;
  #state: StreamState = 'starting';
  #isStopping = false;

  constructor(options: LiveStreamOptions, outputs: readonly NamedOutput[]) {
    const { config, clock, logger } = options;
    this.#options = options;
    this.#main = mainRequest(config.processing);
    this.#assignment = planRenditions(this.#main, enabledWishes(outputs));
    this.#program = new Program({
      encoding: options.encoding,
      renditions: this.#assignment.renditions,
      slateAfterMs: config.slate.afterMs,
      isEndless: config.input.type !== 'file' && config.input.type !== 'test',
      endsWhenRefused: config.input.type !== 'ingest',
      clock,
      logger,
    });
    const { replaySeconds } = config;
    this.#replay =
      replaySeconds > 0 ? new ReplayBuffer({ seconds: replaySeconds, maxBytes: REPLAY_MAX_BYTES }) : null;
    this.#uplink = new UplinkSharing({
      uplinkKbps: config.uplinkKbps ?? null,
      clock,
      findOutput: (id) => this.#outputs.get(id),
      lowerBitrate: (totalKbps) => this.#lowerBitrate(totalKbps),
    });
    this.#followProgram();
  }

  /**
   * Prepares every output, looks at the input, and starts both. Nothing is left running when it throws.
   * @throws a permanent refusal of the input or of an output
   */
  async start(outputs: readonly NamedOutput[]): Promise<void> {
    const { clock, config } = this.#options;
    try {
      for (const output of outputs) await this.#attach(output, null);
      for (const output of this.#outputs.values()) if (output.config.enabled) output.start();
      await this.#program.start();
    } catch (error) {
      await this.stop();
      throw atInput(error, config.input);
    }
    if (this.#replay) this.#program.relay('main').subscribe(this.#replay);
    this.#timers.push(clock.every(HEALTH_INTERVAL_MS, () => this.#takePulse()));
    if (config.durationSeconds !== undefined) {
      const finish = (): void => this.events.emit('finished', { reason: 'duration', failure: null });
      this.#timers.push(clock.after(config.durationSeconds * 1000, finish));
    }
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Why it is not live; null when it is. */
  get reason(): StreamwareError | null {
    return this.#program.reason;
  }

  outputs(): OutputStatus[] {
    return [...this.#outputs.values()].map((output) => output.status());
  }

  findOutput(outputId: string): StreamOutput | undefined {
    return this.#outputs.get(outputId);
  }

  health(): StreamHealth {
    return reportHealth({
      streamId: this.#options.streamId,
      at: this.#options.clock.nowMs(),
      state: this.#state,
      program: this.#program,
      outputs: this.outputs(),
    });
  }

  /** A publisher came, or what it sends has changed. What can go on does so until the new one is on air. */
  senderChanged(change: SenderChange): Promise<void> {
    if (this.#isStopping) return Promise.resolve();
    return change === 'replaced' ? this.#program.reopen() : this.#program.renew();
  }

  /** Resolves with the new quality when it is on air; the old one stays when that fails. */
  async adjustQuality(request: QualityRequest): Promise<RenditionRequest> {
    const current = this.#program.expected?.renditions.find(({ id }) => id === 'main');
    const bitrateKbps = this.#main.bitrateKbps ?? current?.bitrateKbps;
    if (bitrateKbps === undefined)
      throw new StreamwareError('stream.state_conflict', { detail: 'the stream has no picture yet' });
    const main = nextQuality({ ...this.#main, bitrateKbps }, request);
    await this.#changeMain(main);
    return main;
  }

  /** When it throws, everything is as it was. */
  async addOutput(output: NamedOutput): Promise<OutputStatus> {
    const added = await this.#attach(output, [...this.#named(), output]);
    if (output.config.enabled) added.start();
    this.#noteOutput('outputAdded', added, 'was added');
    return added.status();
  }

  /** Under the same id and in the same place. When it throws, the former one goes on. */
  async replaceOutput(output: NamedOutput): Promise<void> {
    const former = this.#outputs.get(output.id);
    const others = this.#named().map((one) => (one.id === output.id ? output : one));
    const next = await this.#attach(output, others, async () => {
      await former?.stop();
      if (former) await this.#letGo(former, false);
    });
    if (output.config.enabled) next.start();
  }

  /** @param forget removes what was kept for late viewers */
  async removeOutput(outputId: string, forget: boolean): Promise<void> {
    const output = this.#outputs.get(outputId);
    if (!output) return;
    this.#outputs.delete(outputId);
    await output.stop();
    await this.#letGo(output, forget);
    this.#noteOutput('outputRemoved', output, 'was removed');
    await this.#encode(this.#planOf(this.#named())).catch((error) =>
      this.#options.logger.warn('a rendition that nobody wants is still encoded', { error }),
    );
  }

  setText(index: number, text: string): Promise<void> {
    return this.#options.encoding.setText(index, text);
  }

  /** The last seconds, ready to be written. @throws `replay.empty` */
  replay(seconds: number): MediaTag[] {
    if (!this.#replay)
      throw new StreamwareError('replay.empty', {
        detail: 'the replay buffer of this stream is switched off',
      });
    return this.#replay.snapshot(seconds);
  }

  networkChanged(): void {
    for (const output of this.#outputs.values()) output.networkChanged();
  }

  /** Resolves within five seconds; recordings are finished in the background, see `finish`. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#timers) timer.cancel();
    this.#updateState();
    await Promise.all([...this.#outputs.values()].map((output) => output.stop()));
    await this.#program.stop();
  }

  /** Brings recordings and playlists to their proper end. After `stop`. */
  async finish(): Promise<void> {
    await Promise.all([...this.#outputs.values()].map((output) => output.driver.finish()));
    await this.#finishing.settled();
    this.#gatherNotices();
  }

  /**
   * Makes an output ready: first what can be refused, then what changes anything.
   * @param among all outputs from now on, in their order; null while the stream starts, when their renditions are planned
   * @param makeRoom called before it takes its place
   */
  async #attach(
    named: NamedOutput,
    among: readonly NamedOutput[] | null,
    makeRoom: () => Promise<void> = () => Promise.resolve(),
  ): Promise<StreamOutput> {
    const { createDriver, publicUrl, clock, logger } = this.#options;
    const next = among === null ? this.#assignment : this.#planOf(among);
    const driver = await createDriver(named, next.byOutput.get(named.id) ?? ['main']);
    await this.#encode(next);
    await makeRoom();
    const relayOf = (id: string): ReturnType<Program['relay']> => this.#program.relay(id);
    const nominalKbpsOf = (id: string): number => {
      const rendition = this.#program.expected?.renditions.find((one) => one.id === id);
      return rendition ? rendition.bitrateKbps + rendition.audioBitrateKbps : 0;
    };
    const output = new StreamOutput({ ...named, driver, relayOf, nominalKbpsOf, publicUrl, clock, logger });
    const narrate = outputNarrator(output);
    output.events.on('stateChanged', (change) => {
      this.#note(narrate(change));
      this.events.emit('outputChanged', { output: output.status() });
    });
    output.events.on('paceChanged', ({ reason }) => {
      this.#note(narratePace(output, reason));
      this.events.emit('outputChanged', { output: output.status() });
    });
    output.events.on('framesDropped', ({ frames }) => {
      const message = `${output.name} could not keep up; ${frames} frames were left out. It goes on with a key frame.`;
      this.#note(
        occurrence('framesDropped', message, { severity: 'warning', outputId: output.id, data: { frames } }),
      );
    });
    this.#outputs.set(named.id, output);
    return output;
  }

  #named(): NamedOutput[] {
    return [...this.#outputs.values()].map(({ id, config }) => ({ id, config }));
  }

  #planOf(outputs: readonly NamedOutput[]): RenditionAssignment {
    return planRenditions(this.#main, enabledWishes(outputs), this.#assignment.renditions);
  }

  /** Makes sure that every wished rendition is encoded. */
  async #encode(next: RenditionAssignment): Promise<void> {
    if (ids(next) !== ids(this.#assignment)) await this.#program.change(next.renditions);
    this.#assignment = next;
  }

  /** Of an output that was stopped: ends its files, as far as that is done soon; the rest goes on beside the stream. */
  async #letGo({ driver }: StreamOutput, forget: boolean): Promise<void> {
    const work = driver.finish().then(() => (forget ? driver.remove() : undefined));
    const finishing = this.#finishing.add(work);
    const patience = new AbortController();
    await Promise.race([finishing, delay(this.#options.clock, FINISH_PATIENCE_MS, patience.signal)]);
    patience.abort();
  }

  async #changeMain(main: RenditionRequest): Promise<void> {
    const next = planRenditions(main, enabledWishes(this.#named()), this.#assignment.renditions);
    await this.#program.change(next.renditions);
    this.#main = main;
    this.#assignment = next;
  }

  #followProgram(): void {
    const relay = this.#program.relay('main');
    relay.events.on('onAirChanged', (change) => {
      this.#note(narrateProgram(change, this.#program.reason));
      this.#updateState();
    });
    tellOfProgram(this.#program, (what) => this.#note(what));
    const { events } = this.#program;
    const { onEnd } = this.#options.config.input;
    events.on('encoderStarted', ({ notices }) => {
      for (const notice of notices) this.#addNotice(notice);
    });
    events.on('inputEnded', () => {
      if (onEnd === 'stop') this.events.emit('finished', { reason: 'sourceEnded', failure: null });
    });
    events.on('refused', ({ reason }) => this.events.emit('finished', { reason: 'failed', failure: reason }));
  }

  /** What outputs found out on their own: segments longer than asked for, a recording that was left as it was. */
  #gatherNotices(): void {
    for (const { driver } of this.#outputs.values())
      for (const notice of driver.status().notices) this.#addNotice(notice);
    const { processing } = this.#options.config;
    const notices = encodedSharingNotices(processing, this.#named(), this.#assignment, this.#program.plan);
    for (const notice of notices) this.#addNotice(notice);
  }

  #addNotice(notice: string): void {
    if (this.notices.includes(notice)) return;
    this.notices.push(notice);
    this.#note(occurrence('noticeGiven', notice));
  }

  #note(what: Occurrence | null): void {
    if (what) this.#options.note(what);
  }

  #noteOutput(
    kind: 'outputAdded' | 'outputRemoved',
    { id: outputId, name }: StreamOutput,
    what: string,
  ): void {
    this.#note(occurrence(kind, `${name} ${what}.`, { outputId, data: { name } }));
  }

  #updateState(): void {
    const state = streamState({
      order: this.#isStopping ? 'stopped' : 'live',
      onAir: this.#program.relay('main').onAir,
      isRunning: true,
      hasFailed: false,
    });
    if (state === this.#state) return;
    this.#state = state;
    this.events.emit('stateChanged', { state });
  }

  #takePulse(): void {
    this.#updateState();
    const health = this.health();
    this.#uplink.share(health.outputs);
    this.#gatherNotices();
    this.events.emit('health', health);
  }

  /** What is passed through has no bitrate of ours, and is not encoded for the sake of one line: that one drops frames. */
  #lowerBitrate(totalKbps: number): void {
    if (this.#program.plan?.encoder === 'copy') return;
    const audioKbps = this.#program.plan?.renditions[0]?.audioBitrateKbps ?? 0;
    void this.#changeMain({ ...this.#main, bitrateKbps: Math.max(100, totalKbps - audioKbps) }).catch(
      (error) => {
        this.#options.logger.warn('the bitrate could not follow the line', { error });
      },
    );
  }
}

function enabledWishes(outputs: readonly NamedOutput[]): ReturnType<typeof wishesOf>[] {
  return outputs.filter(({ config }) => config.enabled).map(({ id, config }) => wishesOf(id, config));
}

function ids({ renditions }: RenditionAssignment): string {
  return renditions
    .map(({ id }) => id)
    .sort()
    .join();
}
