import type { Clock, Timer } from '../../lib/clock.ts';

/**
 * How far apart flushes are. Long enough that sound rides with the pictures around it and two pictures share a system
 * call, short against the seconds that every platform buffers.
 */
const FLUSH_INTERVAL_MS = 40;
/** Sends the rest when nothing comes any more that could take it along. */
const STRAGGLER_MS = 100;

/**
 * Gathers the small writes of all connections into common flushes. They ride on the arrival of tags, when the process
 * is awake anyway: a tag that comes later than the interval after the last flush takes everything along, for every
 * connection, once whoever delivers it has gone round. A timer only looks after stragglers.
 */
export class FlushScheduler {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #waiting: (() => void)[] = [];
  #lastFlushMs = Number.NEGATIVE_INFINITY;
  #isAboutToFlush = false;
  #timer: Timer | null = null;

  constructor(clock: Clock, intervalMs: number = FLUSH_INTERVAL_MS) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Calls `flush` once, soon. */
  request(flush: () => void): void {
    this.#waiting.push(flush);
    this.#timer ??= this.#clock.after(STRAGGLER_MS, this.#collectStragglers);
  }

  /** Says that a tag has just come in: the moment to flush, if it is time. */
  tagArrived(): void {
    if (this.#isAboutToFlush || this.#clock.monotonicMs() - this.#lastFlushMs < this.#intervalMs) return;
    this.#isAboutToFlush = true;
    queueMicrotask(this.#flushAll);
  }

  readonly #flushAll = (): void => {
    this.#isAboutToFlush = false;
    this.#lastFlushMs = this.#clock.monotonicMs();
    const flushes = this.#waiting;
    this.#waiting = [];
    for (const flush of flushes) flush();
  };

  readonly #collectStragglers = (): void => {
    const isStalled = this.#clock.monotonicMs() - this.#lastFlushMs >= STRAGGLER_MS;
    if (isStalled) this.#flushAll();
    this.#timer =
      this.#waiting.length === 0 ? null : this.#clock.after(STRAGGLER_MS, this.#collectStragglers);
  };
}

const schedulers = new WeakMap<Clock, FlushScheduler>();

/** The scheduler that all connections on this clock share. */
export function sharedFlushScheduler(clock: Clock): FlushScheduler {
  const known = schedulers.get(clock) ?? new FlushScheduler(clock);
  schedulers.set(clock, known);
  return known;
}
