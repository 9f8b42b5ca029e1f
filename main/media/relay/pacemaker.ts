import type { Clock, Timer } from '../../lib/clock.ts';

/** A repeating timer whose distance can be changed while it runs. */
export class Pacemaker {
  readonly #clock: Clock;
  readonly #beat: () => void;
  #timer: Timer;
  #intervalMs: number;

  constructor(clock: Clock, intervalMs: number, beat: () => void) {
    this.#clock = clock;
    this.#beat = beat;
    this.#intervalMs = intervalMs;
    this.#timer = clock.every(intervalMs, beat);
  }

  /** From now on every `intervalMs`. Nothing happens when it is so already. */
  setInterval(intervalMs: number): void {
    if (intervalMs === this.#intervalMs) return;
    this.#timer.cancel();
    this.#intervalMs = intervalMs;
    this.#timer = this.#clock.every(intervalMs, this.#beat);
  }

  stop(): void {
    this.#timer.cancel();
  }
}
