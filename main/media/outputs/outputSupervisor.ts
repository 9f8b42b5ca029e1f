/**
 * Keeps one connection of an output as the user ordered it. `order` is what the user wants, `state` what is:
 *
 *            start                 accepted, bytes taken
 *   off ─────────────▶ connecting ──────────────────────▶ live
 *    ▲                  │ ▲  ▲ ▲                            │
 *    │             lost │ │  │ └── resume ──┐               │ ended or stuck
 *    │ stop             ▼ │  │               │               │
 *    ├───────────── retrying ◀──────────────────────────────┘
 *    │                       │               │
 *    ├───────────── failed ──┘ retryNow      │    ◀── refused for good (from connecting and live)
 *    └───────────── paused ──────────────────┘    ◀── pause (from connecting, live and retrying)
 *
 * An output may own several supervisors (primary and backup ingest, the variants of a ladder); each has its own queue and
 * retries. What a connection does is in destinationLink.ts, when to try again in retryPolicy.ts.
 */
import { StreamwareError, toStreamwareError } from '../../contract/errors.ts';
import type { OutputOrder, OutputState } from '../../contract/streams.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import { Emitter } from '../../lib/emitter.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Relay } from '../relay/relay.ts';
import { DestinationLink, type StalledCode } from './destinationLink.ts';
import { DestinationQueue, type QueueLimits } from './destinationQueue.ts';
import { type Lag, LagWatch } from './lagWatch.ts';
import type { OutputSessionFactory } from './outputSession.ts';
import { type DeliveryStatus, SampledRate } from './outputStats.ts';
import { type Outage, planRetry, RECOVERED_AFTER_MS, startOutage } from './retryPolicy.ts';

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
/** Five seconds are promised to the user; this leaves room for what comes around it. */
const MAX_STOP_MS = 4800;
/** A pause is no hurry for the far side, but the line is wanted by others. */
const PAUSE_GRACE_MS = 500;
const STATS_INTERVAL_MS = 1000;

export interface OutputSupervisorEvents {
  /** Each change exactly once. `reason` says why it is not live. */
  stateChanged: { from: OutputState; to: OutputState; reason: StreamwareError | null };
  /** Frames and bytes dropped since the last report, at most once a second. */
  framesDropped: { frames: number; bytes: number };
  /** While live: it began to take less than it is given, see `slowness`, or takes all again. */
  paceChanged: undefined;
}

export interface OutputSupervisorOptions {
  clock: Clock;
  logger: Logger;
  relay: Pick<Relay, 'subscribe' | 'stats'>;
  createSession: OutputSessionFactory;
  /** For connect, handshake and publish together. Default 10 s. */
  connectTimeoutMs?: number;
  queueLimits?: QueueLimits;
  /** Why it says that it was lost when no progress is made. Default `destination.stalled`. */
  stalledCode?: StalledCode;
  /** 0 to 1; for tests. */
  random?: () => number;
}

const transitions: Readonly<Record<OutputState, readonly OutputState[]>> = {
  off: ['connecting'],
  connecting: ['live', 'retrying', 'paused', 'failed', 'off'],
  live: ['retrying', 'paused', 'failed', 'off'],
  retrying: ['connecting', 'paused', 'off'],
  paused: ['connecting', 'off'],
  failed: ['connecting', 'off'],
};

interface Totals {
  framesSent: number;
  bytesSent: number;
  bytesConfirmed: number;
}

export class OutputSupervisor {
  readonly events = new Emitter<OutputSupervisorEvents>();
  readonly #options: OutputSupervisorOptions;
  readonly #queue: DestinationQueue;
  readonly #frameRate = new SampledRate();
  readonly #sentRate = new SampledRate();
  readonly #confirmedRate = new SampledRate();
  #order: OutputOrder = 'off';
  #state: OutputState = 'off';
  #reason: StreamwareError | null = null;
  #link: DestinationLink | null = null;
  #released: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;
  #retryTimer: Timer | null = null;
  #statsTimer: Timer | null = null;
  #retryAtMs: number | null = null;
  #outage: Outage | null = null;
  #sessions = 0;
  #attempt = 0;
  #reconnects = 0;
  #hasBeenLive = false;
  #startedAtMs = 0;
  #firstFrameAfterMs: number | null = null;
  #liveSince: { wallMs: number; monotonicMs: number } | null = null;
  /** Of the sessions that are over. */
  #past: Totals = { framesSent: 0, bytesSent: 0, bytesConfirmed: 0 };
  #reportedDrops = { frames: 0, bytes: 0 };
  #lagWatch = new LagWatch();

  constructor(options: OutputSupervisorOptions) {
    this.#options = options;
    this.#queue = new DestinationQueue(options.queueLimits);
  }

  get order(): OutputOrder {
    return this.#order;
  }

  get state(): OutputState {
    return this.#state;
  }

  /** The user wants it on. During a stop it begins when that has ended. */
  start(): void {
    this.#order = 'on';
    if (this.#stopping !== null) void this.#stopping.then(() => this.#startNow());
    else this.#startNow();
  }

  /** The user wants it off. Resolves when nothing of it is left, after `graceMs` (at most 4.8 s) even when the far side is frozen. */
  stop(graceMs: number): Promise<void> {
    this.#order = 'off';
    this.#stopping ??= this.#stop(Math.min(graceMs, MAX_STOP_MS)).finally(() => {
      this.#stopping = null;
    });
    return this.#stopping;
  }

  /** Tries at once, and often again for a while: the user says that it should work now. Does nothing unless retrying or failed. */
  retryNow(): void {
    if (this.#state === 'retrying' || this.#state === 'failed') this.#restart();
  }

  /** The network came back or changed: whoever waits tries at once. */
  networkChanged(): void {
    if (this.#state === 'retrying') this.#restart();
  }

  /** Gives way: disconnects, and stays so until `resume`. Does nothing when off, failed or paused. */
  pause(reason: StreamwareError): void {
    if (!transitions[this.#state].includes('paused') || this.#stopping !== null) return;
    this.#cancelRetry();
    if (this.#link) this.#released = this.#closeLink(this.#link, PAUSE_GRACE_MS);
    this.#enter('paused', reason);
  }

  resume(): void {
    if (this.#state === 'paused' && this.#stopping === null) this.#connect();
  }

  status(): DeliveryStatus {
    const progress = this.#link?.progress();
    const program = this.#options.relay.stats();
    const pendingBytes = progress?.bytesPending ?? 0;
    const totals = this.#totals();
    return {
      order: this.#order,
      state: this.#state,
      reason: this.#reason?.toProblem() ?? null,
      attempt: this.#attempt,
      retryAt: this.#retryAtMs,
      liveSince: this.#liveSince?.wallMs ?? null,
      bitrateKbps: (this.#sentRate.perSecond * 8) / 1000,
      fps: this.#frameRate.perSecond,
      framesSent: totals.framesSent,
      bytesSent: totals.bytesSent,
      droppedFrames: this.#queue.dropped.frames,
      reconnects: this.#reconnects,
      queueMs: this.#queue.lengthMs + playTimeMs(pendingBytes, program.bitrateKbps),
      queueBytes: this.#queue.bytes + pendingBytes,
      rttMs: progress?.rttMs ?? null,
      firstFrameAfterMs: this.#firstFrameAfterMs,
      avOffsetMs: program.avOffsetMs,
    };
  }

  /** Why it takes less than it is given; null as long as it keeps up, or is not live. */
  get slowness(): StreamwareError | null {
    return this.#state === 'live' ? this.#reason : null;
  }

  /** What the far side has confirmed, over the last four seconds. */
  get confirmedKbps(): number {
    return (this.#confirmedRate.perSecond * 8) / 1000;
  }

  #startNow(): void {
    if (this.#order !== 'on' || this.#state !== 'off') return;
    const { clock } = this.#options;
    this.#startedAtMs = clock.monotonicMs();
    this.#firstFrameAfterMs = null;
    this.#outage = null;
    this.#attempt = 0;
    this.#hasBeenLive = false;
    this.#statsTimer = clock.every(STATS_INTERVAL_MS, () => this.#takeReadings());
    this.#connect();
  }

  async #stop(graceMs: number): Promise<void> {
    this.#cancelRetry();
    if (this.#link) await this.#closeLink(this.#link, graceMs);
    await this.#released;
    this.#statsTimer?.cancel();
    if (this.#state !== 'off') this.#enter('off', null);
  }

  #restart(): void {
    const { clock } = this.#options;
    this.#cancelRetry();
    this.#outage = { ...startOutage(clock.monotonicMs()), retries: 1 };
    this.#connect();
  }

  /** A new session, as soon as the one before has let go of what both would use. */
  #connect(): void {
    this.#enter('connecting', this.#reason);
    this.#sessions += 1;
    this.#attempt += 1;
    const session = this.#sessions;
    void this.#released.then(() => {
      if (this.#state === 'connecting' && this.#sessions === session && this.#stopping === null)
        this.#open(session);
    });
  }

  #open(attempt: number): void {
    const { clock, relay, createSession, connectTimeoutMs, stalledCode } = this.#options;
    this.#queue.clear();
    try {
      this.#link = new DestinationLink({
        session: createSession(attempt),
        queue: this.#queue,
        relay,
        clock,
        connectTimeoutMs: connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
        stalledCode,
        onFirstFrame: (atMs: number): void => this.#noteFirstFrame(atMs),
        onLive: (): void => this.#enterLive(),
        onEnded: (error: StreamwareError): void => this.#lost(error),
      });
      this.#link.start();
    } catch (thrown) {
      this.#lost(toStreamwareError(thrown));
    }
  }

  #enterLive(): void {
    const { clock } = this.#options;
    if (this.#hasBeenLive) this.#reconnects += 1;
    this.#hasBeenLive = true;
    this.#attempt = 0;
    this.#lagWatch = new LagWatch();
    this.#liveSince = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
    this.#enter('live', null);
  }

  #lost(error: StreamwareError): void {
    const { clock, random } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#link) {
      this.#released = this.#link.released;
      this.#forgetLink(this.#link);
    }
    if (this.#liveSince && nowMs - this.#liveSince.monotonicMs >= RECOVERED_AFTER_MS) this.#outage = null;
    const decision = planRetry(this.#outage, error, {
      hasBeenLive: this.#hasBeenLive,
      nowMs,
      random: (random ?? Math.random)(),
    });
    if (decision.kind === 'give-up') {
      this.#enter('failed', decision.reason);
      return;
    }
    this.#outage = decision.outage;
    this.#retryAtMs = clock.nowMs() + decision.delayMs;
    this.#retryTimer = clock.after(decision.delayMs, () => {
      this.#cancelRetry();
      this.#connect();
    });
    this.#enter('retrying', error);
  }
  async #closeLink(link: DestinationLink, graceMs: number): Promise<void> {
    await link.close(graceMs);
    this.#forgetLink(link);
  }

  #forgetLink(link: DestinationLink): void {
    if (link !== this.#link) return;
    this.#past = this.#totals();
    this.#link = null;
  }

  #totals(): Totals {
    const past = this.#past;
    if (this.#link === null) return past;
    const { bytesSent, bytesConfirmed } = this.#link.progress();
    return {
      framesSent: past.framesSent + this.#link.framesSent,
      bytesSent: past.bytesSent + bytesSent,
      bytesConfirmed: past.bytesConfirmed + bytesConfirmed,
    };
  }

  #cancelRetry(): void {
    this.#retryTimer?.cancel();
    this.#retryTimer = null;
    this.#retryAtMs = null;
  }

  #noteFirstFrame(atMs: number): void {
    this.#firstFrameAfterMs ??= atMs - this.#startedAtMs;
  }

  #takeReadings(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const totals = this.#totals();
    this.#frameRate.add(totals.framesSent, nowMs);
    this.#sentRate.add(totals.bytesSent, nowMs);
    this.#confirmedRate.add(totals.bytesConfirmed, nowMs);
    if (this.#state === 'live' && this.#link !== null) this.#checkPace(this.#link, nowMs);
    this.#reportDrops();
  }

  /** A muxer on this machine has no way that could be slow; it stalls or it works. */
  #checkPace(link: DestinationLink, nowMs: number): void {
    if (this.#options.stalledCode === 'ffmpeg.stalled') return;
    const progress = link.progress();
    const givenBytes = progress.bytesSent + progress.bytesPending + this.#queue.bytes;
    const lag = this.#lagWatch.take(progress, givenBytes, nowMs);
    if ((lag !== null) === (this.#reason !== null)) return;
    this.#reason = lag === null ? null : tooSlow(lag);
    const { logger } = this.#options;
    if (lag === null) logger.info('the destination keeps up again');
    else logger.warn('the destination is too slow', { ...lag });
    this.events.emit('paceChanged', undefined);
  }

  #reportDrops(): void {
    const { frames, bytes } = this.#queue.dropped;
    if (bytes === this.#reportedDrops.bytes) return;
    const dropped = { frames: frames - this.#reportedDrops.frames, bytes: bytes - this.#reportedDrops.bytes };
    this.#reportedDrops = { frames, bytes };
    this.#options.logger.warn('frames dropped, the destination is too slow', dropped);
    this.events.emit('framesDropped', dropped);
  }

  #enter(to: OutputState, reason: StreamwareError | null): void {
    const from = this.#state;
    if (!transitions[from].includes(to)) throw new Error(`an output cannot go from ${from} to ${to}`);
    this.#state = to;
    this.#reason = reason;
    if (to !== 'live') this.#liveSince = null;
    const fields = { from, to, ...(reason === null ? {} : { code: reason.code, detail: reason.detail }) };
    if (to === 'failed') this.#options.logger.error('output refused for good', fields);
    else if (to === 'retrying') this.#options.logger.warn('output lost', fields);
    else this.#options.logger.info('output state changed', fields);
    this.events.emit('stateChanged', { from, to, reason });
  }
}

function tooSlow({ takenKbps, givenKbps }: Lag): StreamwareError {
  const inMbps = (kbps: number): string => (kbps / 1000).toFixed(1);
  return new StreamwareError('destination.too_slow', {
    detail: `It takes ${inMbps(takenKbps)} of ${inMbps(givenKbps)} Mbit/s.`,
  });
}

/** How much media that many bytes are at the bitrate of the program. */
function playTimeMs(bytes: number, bitrateKbps: number): number {
  return bitrateKbps > 0 ? (bytes * 8) / bitrateKbps : 0;
}
