import type { Clock, Timer } from '../../lib/clock.ts';

/**
 * How far apart the flushes of a connection are at least. Several pictures and the sound around them share a system call;
 * short against the seconds that every platform buffers.
 */
const FLUSH_INTERVAL_MS = 100;

/**
 * Gathers the small writes of all connections into common flushes, since waking up and writing cost more than the bytes.
 * After a rest of one interval a connection is flushed as soon as whoever delivers has gone round, so that what arrives in
 * bursts goes out burst by burst without a delay; what follows waits until the interval has passed. When one flushes all do.
 */
export class FlushScheduler {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #waiting: ((nowMs: number) => void)[] = [];
  #timer: Timer | null = null;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, intervalMs: number = FLUSH_INTERVAL_MS) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /**
   * Calls `flush` once, with the monotonic time.
   * @param lastFlushMs when the connection was last flushed, monotonic; `-Infinity` for never
   */
  request(flush: (nowMs: number) => void, lastFlushMs: number): void {
    this.#waiting.push(flush);
    const nowMs = this.#clock.monotonicMs();
    const dueMs = Math.max(nowMs, lastFlushMs + this.#intervalMs);
    if (dueMs >= this.#dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = this.#clock.after(dueMs - nowMs, this.#flushAll);
  }

  readonly #flushAll = (): void => {
    this.#timer = null;
    this.#dueMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.monotonicMs();
    const flushes = this.#waiting;
    this.#waiting = [];
    for (const flush of flushes) flush(nowMs);
  };
}

const schedulers = new WeakMap<Clock, FlushScheduler>();

/** The scheduler that all connections on this clock share. */
export function sharedFlushScheduler(clock: Clock): FlushScheduler {
  const known = schedulers.get(clock) ?? new FlushScheduler(clock);
  schedulers.set(clock, known);
  return known;
}
