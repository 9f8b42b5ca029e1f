import type { Clock } from '../../../lib/clock.ts';

/** The clock of the computer may be this far from the dates given before they are corrected. */
const TOLERANCE_MS = 1000;
/** Frames that come late, as those out of a cache do, say nothing. */
const ESTIMATES = 64;

/**
 * Which time of day a moment of the stream was, for EXT-X-PROGRAM-DATE-TIME. Taken from the frames that came with the
 * least delay, then left alone: dates in a playlist must advance exactly as the media does, also when the clock of the
 * computer is set meanwhile. Shared by the variants of a ladder.
 */
export class MediaClock {
  readonly #clock: Clock;
  #offsetMs: number | null = null;
  #recent: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A frame of that time has just come. */
  note(timeMs: number): void {
    this.#recent.push(this.#clock.nowMs() - timeMs);
    if (this.#recent.length > ESTIMATES) this.#recent.shift();
  }

  /**
   * UTC epoch milliseconds, whole.
   * @param mayCorrect the segment does not go on from the one before, so its date need not either
   */
  dateOf(timeMs: number, mayCorrect: boolean): number {
    const estimate = this.#recent.length === 0 ? this.#clock.nowMs() - timeMs : Math.min(...this.#recent);
    const isOff = this.#offsetMs === null || Math.abs(estimate - this.#offsetMs) > TOLERANCE_MS;
    if (this.#offsetMs === null || (mayCorrect && isOff)) this.#offsetMs = estimate;
    return Math.round(timeMs + this.#offsetMs);
  }
}
