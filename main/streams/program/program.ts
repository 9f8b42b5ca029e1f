/**
 * The program of one stream: from the input to one relay per rendition. It keeps exactly one encoder on air, brings the
 * input back when it went away, changes quality without a seam, and goes on to the next encoder when one fails.
 * It knows no destinations: those subscribe to its relays.
 *
 *   run ended, input may come back ──▶ waiting (slate on air) ──delay──▶ plan, run
 *   run ended, encoder's fault     ──▶ the encoder is struck off, run again at once
 *   run ended, input is over       ──▶ over: the slate stays, or the stream stops (onEnd)
 *   change asked for               ──▶ a second run beside the first; spliced on its first key frame; the first is stopped
 *                                      (inputs that open only once: the first is stopped before, the slate covers it)
 */
import { StreamwareError, toStreamwareError } from '../../contract/errors.ts';
import { type Clock, delay, type Timer } from '../../lib/clock.ts';
import { Emitter } from '../../lib/emitter.ts';
import type { Logger } from '../../lib/logger.ts';
import { letYoungHeapGrow } from '../../lib/youngHeap.ts';
import { ProgramClock } from '../../media/relay/programClock.ts';
import { Relay } from '../../media/relay/relay.ts';
import type { RenditionPlan } from '../renditions.ts';
import type { EncodePlan, Encoding, PlanRequest, ResolvedRendition } from './encoding.ts';
import { Generation } from './generation.ts';
import { countFailure, restartDelayMs } from './restartPolicy.ts';
import { Slates } from './slates.ts';

/** Whoever starts a stream is told of a refusal that is known by then; a server that is slow to answer keeps nobody waiting. */
const START_PATIENCE_MS = 2000;
/** A changed quality is on air within two key-frame intervals, or it is given up. */
const CHANGE_TIMEOUT_MS = 15_000;
/** How much earlier than needed a seeking second run is aimed, so that its first key frame is not late. */
const START_UP_MS = 900;

export interface ProgramEvents {
  /** The input or encoder failed; `retryInMs` null: it will not be tried again. */
  sourceLost: { reason: StreamwareError; retryInMs: number | null };
  encoderStarted: { encoder: string; notices: readonly string[]; isRestart: boolean };
  encoderReplaced: { failed: string; reason: StreamwareError };
  qualityChanged: { renditions: readonly ResolvedRendition[] };
  /** The input came to its end by itself. */
  inputEnded: { reason: StreamwareError };
  /** The input can never work as asked for, and nothing of it was ever on air. */
  refused: { reason: StreamwareError };
}

export interface ProgramOptions {
  readonly encoding: Encoding;
  readonly renditions: readonly RenditionPlan[];
  readonly slateAfterMs: number;
  /** Whether an input that ended is opened again. */
  readonly isEndless: boolean;
  /** False where the next sender may do better than the one that was refused. */
  readonly endsWhenRefused: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Program {
  readonly events = new Emitter<ProgramEvents>();
  readonly #options: ProgramOptions;
  readonly #programClock: ProgramClock;
  readonly #relays = new Map<string, Relay>();
  #renditions: readonly RenditionPlan[];
  #plan: EncodePlan | null = null;
  #current: Generation | null = null;
  #generations = 0;
  #openings = 0;
  #restarts = 0;
  #failures = 0;
  #failedEncoders: string[] = [];
  #retryTimer: Timer | null = null;
  #lastReason: StreamwareError | null = null;
  #isOver = false;
  #wasOnAir = false;
  /** Of the silence of the source that was on air last. */
  #offAir = { silentSinceMs: 0, hasEnded: false };
  readonly #slates: Slates;
  #stopping = new AbortController();
  #change: Promise<unknown> = Promise.resolve();
  readonly #stops = new Set<Promise<void>>();

  constructor(options: ProgramOptions) {
    this.#options = options;
    this.#renditions = options.renditions;
    this.#programClock = new ProgramClock(options.clock);
    this.#ensureRelays();
    this.#slates = new Slates({ ...options, relays: this.#relays });
  }

  /** The relay of a rendition. It exists from the start, before anything is on air. */
  relay(renditionId: string): Relay {
    const relay = this.#relays.get(renditionId);
    if (!relay) throw new Error(`no rendition ${renditionId}`);
    return relay;
  }

  get plan(): EncodePlan | null {
    return this.#plan;
  }

  /** The plan, or what it is taken for while the slate is shown in place of a source that never came. */
  get expected(): EncodePlan | null {
    return this.#plan ?? this.#slates.assumed;
  }

  /** Whether the source was ever seen in this broadcast. */
  get wasOnAir(): boolean {
    return this.#wasOnAir;
  }

  /** How often the input was opened again after it had run. */
  get restarts(): number {
    return this.#restarts;
  }

  get speed(): number | null {
    return this.#current?.run.speed ?? null;
  }

  get sourceState(): 'connecting' | 'ok' | 'stalled' | 'lost' {
    const { onAir } = this.relay('main');
    if (onAir === 'source') return 'ok';
    if (this.#current) return this.#current.isOnAir ? 'stalled' : 'connecting';
    return this.#lastReason ? 'lost' : 'connecting';
  }

  /** Why the source is not there; null while it is. */
  get reason(): StreamwareError | null {
    if (this.sourceState === 'ok') return null;
    return this.#lastReason ?? (this.sourceState === 'stalled' ? this.#silence() : null);
  }

  /**
   * Looks at the input and starts it. Resolves when it runs, after two seconds at the latest: what comes later is told by
   * events. A permanent refusal within that time is thrown and nothing is left running; an input that only does not
   * answer now is tried again while the slate is shown.
   */
  async start(): Promise<void> {
    this.#slates.awaitSource(() => this.#planRequest(this.#renditions));
    const opening = this.#open().then(
      () => null,
      (thrown) => this.#refusal(toStreamwareError(thrown)),
    );
    const patience = new AbortController();
    const early = await Promise.race([
      opening,
      delay(this.#options.clock, START_PATIENCE_MS, patience.signal).then(() => 'not yet' as const),
    ]);
    patience.abort();
    if (early === 'not yet') void opening.then((error) => this.#refuse(error));
    else if (early !== null) throw early;
  }

  /** Null for what may pass: then it is tried again. */
  #refusal(error: StreamwareError): StreamwareError | null {
    if (!error.retryable && this.#options.endsWhenRefused) return error;
    this.#scheduleRestart(error, 0);
    return null;
  }

  #refuse(reason: StreamwareError | null): void {
    if (reason !== null && !this.#stopping.signal.aborted) this.#scheduleRestart(reason, 0);
  }

  /** Opens the input again now, in place of whatever runs: an ingest publisher came, or the user asked. */
  async reopen(): Promise<void> {
    this.#retryTimer?.cancel();
    this.#isOver = false;
    await this.#open().catch((thrown) => this.#scheduleRestart(toStreamwareError(thrown), 0));
  }

  /**
   * Replaces the renditions while live. Resolves when the new ones are on air; when that fails the old ones stay.
   * Changes follow one another.
   */
  async change(renditions: readonly RenditionPlan[]): Promise<void> {
    const plan = await this.#inTurn(() => renditions);
    if (plan !== null) this.events.emit('qualityChanged', { renditions: plan.renditions });
  }

  /** Looks at the input again and splices in what is made of it. What runs goes on meanwhile, and when that fails. */
  async renew(): Promise<void> {
    await this.#inTurn(() => this.#renditions).catch(() => null);
  }

  #inTurn(wanted: () => readonly RenditionPlan[]): Promise<EncodePlan | null> {
    const turn = this.#change.then(() => this.#changeNow(wanted()));
    this.#change = turn.catch(() => null);
    return turn;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#isOver = true;
    this.#retryTimer?.cancel();
    this.#slates.stop();
    if (this.#current) this.#retire(this.#current);
    this.#current = null;
    await Promise.all(this.#stops);
    for (const relay of this.#relays.values()) relay.close();
    await this.#options.encoding.dispose();
  }

  /** Of several that overlap (a retry falls due while a publisher comes) the last one counts, also with what it throws. */
  async #open(): Promise<void> {
    this.#openings += 1;
    const opening = this.#openings;
    const isSuperseded = (): boolean => this.#stopping.signal.aborted || opening !== this.#openings;
    const plan = await this.#planOf(isSuperseded);
    if (plan === null) return;
    if (this.#generations > 0) this.#restarts += 1;
    const place = { positionMs: this.#resumePositionMs(plan), alignMs: undefined };
    const generation = this.#startGeneration(plan, place);
    this.#adopt(plan, generation);
    void this.#slates.renderFor(plan, generation.onAir);
  }

  /** Of the renditions that are wanted by the time it is made; null when it is not wanted any more. */
  async #planOf(isSuperseded: () => boolean): Promise<EncodePlan | null> {
    for (;;) {
      const renditions = this.#renditions;
      const plan = await this.#options.encoding
        .plan(this.#planRequest(renditions))
        .catch((thrown: unknown) => {
          if (isSuperseded()) return null;
          throw thrown;
        });
      if (plan === null || isSuperseded()) return null;
      if (renditions === this.#renditions) return plan;
    }
  }

  #planRequest(renditions: readonly RenditionPlan[]): PlanRequest {
    return { renditions, failedEncoders: this.#failedEncoders };
  }

  /** A file goes on where it was; anything else has no position. */
  #resumePositionMs(plan: EncodePlan): number {
    return plan.canSeek && this.#current ? this.#current.currentPositionMs : 0;
  }

  #startGeneration(plan: EncodePlan, place: { positionMs: number; alignMs: number | undefined }): Generation {
    this.#generations += 1;
    const generation: Generation = new Generation({
      label: `run ${this.#generations}`,
      plan,
      encoding: this.#options.encoding,
      relays: this.#relays,
      clock: this.#options.clock,
      onReplaced: () => this.#retire(generation),
      ...place,
    });
    void generation.run.ended.then((error) => this.#ended(generation, error));
    return generation;
  }

  #adopt(plan: EncodePlan, generation: Generation): void {
    const isRestart = this.#generations > 1;
    const former = this.#current;
    this.#plan = plan;
    this.#current = generation;
    if (former && former !== generation) this.#retire(former);
    this.events.emit('encoderStarted', { encoder: plan.encoder, notices: plan.notices, isRestart });
  }

  #retire(generation: Generation): void {
    const stop = generation.run.stop().finally(() => this.#stops.delete(stop));
    this.#stops.add(stop);
  }

  /** @param reason null when it was stopped by us */
  #ended(generation: Generation, reason: StreamwareError | null): void {
    if (reason === null || generation !== this.#current || this.#stopping.signal.aborted) return;
    if (reason.code === 'encoder.failed') this.#replaceEncoder(generation.plan.encoder, reason);
    else if (reason.code === 'input.ended' && !this.#options.isEndless) this.#finishInput(reason);
    else this.#scheduleRestart(reason, generation.isOnAir ? generation.ageMs : 0);
  }

  #finishInput(reason: StreamwareError): void {
    this.#isOver = true;
    this.#lastReason = reason;
    this.#current = null;
    this.events.emit('inputEnded', { reason });
  }

  #replaceEncoder(failed: string, reason: StreamwareError): void {
    if (!this.#failedEncoders.includes(failed)) this.#failedEncoders.push(failed);
    this.events.emit('encoderReplaced', { failed, reason });
    this.#scheduleRestart(reason, 0);
  }

  #scheduleRestart(reason: StreamwareError, runMs: number): void {
    if (this.#stopping.signal.aborted) return;
    this.#lastReason = reason;
    // A device that is gone, a name that is not there: what was on air once may come back, so it is never given up.
    if (!reason.retryable && !this.#wasOnAir) {
      this.#isOver = true;
      this.#current = null;
      this.events.emit('sourceLost', { reason, retryInMs: null });
      if (this.#options.endsWhenRefused) this.events.emit('refused', { reason });
      return;
    }
    this.#failures = countFailure(this.#failures, runMs);
    const retryInMs = restartDelayMs(this.#failures);
    this.events.emit('sourceLost', { reason, retryInMs });
    this.#retryTimer?.cancel();
    this.#retryTimer = this.#options.clock.after(retryInMs, () => {
      if (!this.#isOver)
        void this.#open().catch((thrown) => this.#scheduleRestart(toStreamwareError(thrown), 0));
    });
  }

  /** Of a source that is connected, as far as anybody knows. */
  #silence(): StreamwareError {
    const { silentSinceMs, hasEnded } = this.#offAir;
    if (hasEnded) return new StreamwareError('input.ended', { detail: 'The sender has gone.' });
    const seconds = Math.max(1, Math.round((this.#options.clock.monotonicMs() - silentSinceMs) / 1000));
    return new StreamwareError('input.stalled', { detail: `No picture has come from it for ${seconds} s.` });
  }

  /** @returns the plan that is on air now; null when nothing was on air to be replaced */
  async #changeNow(renditions: readonly RenditionPlan[]): Promise<EncodePlan | null> {
    const former = this.#current;
    if (!former || this.relay('main').onAir !== 'source') {
      await this.#changeOffAir(renditions, former);
      return null;
    }
    const plan = await this.#options.encoding.plan(this.#planRequest(renditions));
    this.#ensureRelays(renditions);
    if (plan.isExclusive) {
      this.#current = null;
      await former.run.stop();
    }
    const generation = this.#startGeneration(plan, seamFor(plan, former));
    await this.#untilOnAir(generation);
    this.#renditions = renditions;
    this.#adopt(plan, generation);
    void this.#slates.renderFor(plan, generation.onAir);
    return plan;
  }

  /** There is no picture to splice to, and nobody can say when there will be: it comes back with what was asked for. */
  async #changeOffAir(renditions: readonly RenditionPlan[], former: Generation | null): Promise<void> {
    this.#ensureRelays(renditions);
    this.#renditions = renditions;
    if (!former) return this.#slates.wishesChanged(this.#planRequest(renditions));
    if (former.plan.isExclusive) {
      this.#current = null;
      await former.run.stop();
    }
    void this.reopen();
  }

  async #untilOnAir(generation: Generation): Promise<void> {
    const given = new AbortController();
    const outcome = await Promise.race([
      generation.onAir.then(() => null),
      generation.run.ended.then((error) => error ?? new StreamwareError('ffmpeg.exited')),
      delay(this.#options.clock, CHANGE_TIMEOUT_MS, given.signal).then(
        () => new StreamwareError('ffmpeg.stalled'),
      ),
    ]);
    given.abort();
    if (outcome === null) return;
    const hasReplaced = generation.abandon();
    this.#retire(generation);
    if ((hasReplaced || this.#current === null) && !this.#stopping.signal.aborted)
      this.#scheduleRestart(outcome, 0);
    throw outcome;
  }

  #ensureRelays(renditions: readonly RenditionPlan[] = this.#renditions): void {
    letYoungHeapGrow();
    for (const { id } of renditions) {
      if (this.#relays.has(id)) continue;
      const relay = new Relay({
        clock: this.#options.clock,
        program: this.#programClock,
        logger: this.#options.logger.child({ renditionId: id }),
        slateAfterMs: this.#options.slateAfterMs,
      });
      relay.events.on('onAirChanged', ({ to, reason }) => {
        if (id !== 'main') return;
        const { clock, slateAfterMs } = this.#options;
        this.#offAir = { silentSinceMs: clock.monotonicMs() - slateAfterMs, hasEnded: reason === 'ended' };
        if (to !== 'source') return;
        this.#lastReason = null;
        this.#wasOnAir = true;
      });
      this.#relays.set(id, relay);
    }
  }
}

/** Where a second run begins so that its first key frame meets the first run. */
function seamFor(plan: EncodePlan, former: Generation): { positionMs: number; alignMs: number | undefined } {
  if (!plan.canSeek) return { positionMs: 0, alignMs: undefined };
  const positionMs = former.currentPositionMs + START_UP_MS;
  return { positionMs, alignMs: positionMs - former.positionMs };
}
