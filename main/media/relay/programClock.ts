import type { Clock } from '../../lib/clock.ts';

/** As many encoder starts as can be in flight at once; older shifts are of no use to anybody. */
const MAX_GROUPS = 16;

/**
 * The clock of one stream's output timeline: 0 is when the first rendition went on air. All relays of a stream share it,
 * so that their renditions stay on one timeline, which an HLS ladder needs. It only tells time; it sends nothing.
 */
export class ProgramClock {
  readonly #clock: Clock;
  readonly #groupShifts = new Map<string, number>();
  #anchorMs: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since the program went on air. The first call is that moment. */
  nowMs(): number {
    const monotonicMs = this.#clock.monotonicMs();
    this.#anchorMs ??= monotonicMs;
    return Math.round(monotonicMs - this.#anchorMs);
  }

  /** By how much a sibling rendition of the same encoder was shifted when it went on air, if one did. */
  findGroupShift(group: string): number | null {
    return this.#groupShifts.get(group) ?? null;
  }

  /** Keeps the shift for the sibling renditions. */
  setGroupShift(group: string, shiftMs: number): void {
    this.#groupShifts.set(group, shiftMs);
    if (this.#groupShifts.size <= MAX_GROUPS) return;
    const [oldest] = this.#groupShifts.keys();
    if (oldest !== undefined) this.#groupShifts.delete(oldest);
  }
}
