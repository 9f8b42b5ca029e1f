import type { StreamwareError } from '../contract/errors.ts';
import type { Output } from '../contract/outputs.ts';
import type { OutputState, OutputStatus } from '../contract/streams.ts';
import type { Clock } from '../lib/clock.ts';
import { Emitter } from '../lib/emitter.ts';
import type { Logger } from '../lib/logger.ts';
import type { OutputLoad } from '../media/outputs/congestion.ts';
import type { OutputDriver } from '../media/outputs/outputDriver.ts';
import { combineStatuses } from '../media/outputs/outputStats.ts';
import { OutputSupervisor } from '../media/outputs/outputSupervisor.ts';
import type { Relay } from '../media/relay/relay.ts';

const STOP_GRACE_MS = 2500;

export interface StreamOutputEvents {
  /** Of the output as a whole: it is as well as its best connection. */
  stateChanged: { from: OutputState; to: OutputState; reason: StreamwareError | null };
  framesDropped: { frames: number };
  /** While live: whether it takes all it is given. */
  paceChanged: { reason: StreamwareError | null };
}

export interface StreamOutputOptions {
  readonly id: string;
  readonly config: Output;
  readonly driver: OutputDriver;
  readonly relayOf: (renditionId: string) => Relay;
  /** What a rendition is meant to have, picture and sound; a quiet picture may have less. */
  readonly nominalKbpsOf: (renditionId: string) => number;
  /** The address under which people reach a path of the engine. */
  readonly publicUrl: (path: string) => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One output of a running stream: its driver, and a supervisor per connection. */
export class StreamOutput {
  readonly events = new Emitter<StreamOutputEvents>();
  readonly id: string;
  readonly driver: OutputDriver;
  readonly #options: StreamOutputOptions;
  readonly #legs: readonly { renditionId: string; supervisor: OutputSupervisor }[];
  #config: Output;
  #state: OutputState = 'off';
  #isSlow = false;

  constructor(options: StreamOutputOptions) {
    this.#options = options;
    this.#config = options.config;
    this.id = options.id;
    this.driver = options.driver;
    const stalledCode = this.#isLocal ? 'ffmpeg.stalled' : 'destination.stalled';
    this.#legs = options.driver.legs.map(({ id, renditionId, createSession }) => {
      const logger = options.logger.child({ outputId: options.id, leg: id });
      const relay = options.relayOf(renditionId);
      const { clock } = options;
      const supervisor = new OutputSupervisor({ clock, logger, relay, createSession, stalledCode });
      supervisor.events.on('stateChanged', ({ reason }) => this.#combine(reason));
      supervisor.events.on('framesDropped', ({ frames }) => this.events.emit('framesDropped', { frames }));
      supervisor.events.on('paceChanged', () => this.#comparePace());
      return { renditionId, supervisor };
    });
  }

  get config(): Output {
    return this.#config;
  }

  get name(): string {
    return this.#config.name ?? this.driver.target;
  }

  get state(): OutputState {
    return this.#state;
  }

  /** Name and priority need no new connection. */
  relabel(config: Output): void {
    this.#config = config;
  }

  start(): void {
    for (const { supervisor } of this.#legs) supervisor.start();
  }

  /** Resolves within five seconds, also when the far side is frozen. */
  async stop(): Promise<void> {
    await Promise.all(this.#legs.map(({ supervisor }) => supervisor.stop(STOP_GRACE_MS)));
  }

  pause(reason: StreamwareError): void {
    for (const { supervisor } of this.#legs) supervisor.pause(reason);
  }

  resume(): void {
    for (const { supervisor } of this.#legs) supervisor.resume();
  }

  retryNow(): void {
    for (const { supervisor } of this.#legs) supervisor.retryNow();
  }

  networkChanged(): void {
    for (const { supervisor } of this.#legs) supervisor.networkChanged();
  }

  status(): OutputStatus {
    const made = this.driver.status();
    return {
      id: this.id,
      name: this.name,
      kind: this.driver.kind,
      target: this.driver.target,
      priority: this.#config.priority,
      ...combineStatuses(this.#legs.map(({ supervisor }) => supervisor.status())),
      // That of the user. The connections have theirs: they are told to end whenever the stream does.
      order: this.#config.enabled ? 'on' : 'off',
      playbackUrl: made.playbackPath === null ? null : this.#options.publicUrl(encodePath(made.playbackPath)),
      files: [...made.files],
    };
  }

  /** What the congestion controller needs to know. */
  load(status: OutputStatus): OutputLoad {
    const { nominalKbpsOf } = this.#options;
    const wantedKbps = this.#legs.reduce((sum, { renditionId }) => sum + nominalKbpsOf(renditionId), 0);
    return {
      id: this.id,
      priority: status.priority,
      state: status.state,
      queueMs: status.queueMs,
      confirmedKbps: this.#legs.reduce((sum, { supervisor }) => sum + supervisor.confirmedKbps, 0),
      wantedKbps,
      isNetwork: !this.#isLocal,
    };
  }

  /** A recording or a playlist of ours: it uses no line, and what stalls is a muxer on this machine. */
  get #isLocal(): boolean {
    return this.driver.kind === 'file' || this.driver.kind === 'hls';
  }

  #combine(reason: StreamwareError | null): void {
    const from = this.#state;
    const to = combineStatuses(this.#legs.map(({ supervisor }) => supervisor.status())).state;
    if (from !== to) {
      this.#state = to;
      this.events.emit('stateChanged', { from, to, reason });
    }
    this.#comparePace();
  }

  /** Slow as long as one of its connections is; what is not live is told of by its state. */
  #comparePace(): void {
    const reasons = this.#legs.map(({ supervisor }) => supervisor.slowness);
    const reason = reasons.find((one) => one !== null) ?? null;
    const wasSlow = this.#isSlow;
    this.#isSlow = reason !== null;
    if (this.#state === 'live' && this.#isSlow !== wasSlow) this.events.emit('paceChanged', { reason });
  }
}

/** As it stands in an address: a name may hold blanks, letters of any script and percent signs. */
function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
