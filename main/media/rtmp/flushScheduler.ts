import type { Clock } from '../../lib/clock.ts';

/**
 * How long small writes wait for company: long enough that sound rides with the pictures around it, short against
 * the seconds that every platform buffers. Chosen by measurement: see the relay figures in README.
 */
const FLUSH_DELAY_MS = 40;

/**
 * One timer for all connections: whoever has something to send is flushed together with the others. Ten destinations
 * then cost one wake-up, not ten.
 */
export class FlushScheduler {
  readonly #clock: Clock;
  readonly #delayMs: number;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, delayMs: number = FLUSH_DELAY_MS) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  /** Calls `flush` once, soon. */
  request(flush: () => void): void {
    if (this.#waiting.push(flush) === 1) this.#clock.after(this.#delayMs, () => this.#flushAll());
  }

  #flushAll(): void {
    const flushes = this.#waiting;
    this.#waiting = [];
    for (const flush of flushes) flush();
  }
}

const schedulers = new WeakMap<Clock, FlushScheduler>();

/** The scheduler that all connections on this clock share. */
export function sharedFlushScheduler(clock: Clock): FlushScheduler {
  const known = schedulers.get(clock) ?? new FlushScheduler(clock);
  schedulers.set(clock, known);
  return known;
}
