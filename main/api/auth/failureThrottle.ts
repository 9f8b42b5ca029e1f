/**
 * Wrong tokens, counted per address. After ten within a minute the address is told to wait; a right token is
 * still taken, so that one misbehaving program on this machine cannot lock out the others.
 */
import type { Clock } from '../../lib/clock.ts';

export const MAX_FAILURES = 10;
export const FAILURE_WINDOW_MS = 60_000;
const MAX_ADDRESSES = 1000;

interface Failures {
  count: number;
  windowEndsAtMs: number;
}

export class FailureThrottle {
  readonly #clock: Clock;
  readonly #byAddress = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Counts one failure.
   * @returns whether it is still within the limit, and which failure of this window it is
   */
  count(address: string): { isThrottled: boolean; count: number; retryAfterSeconds: number } {
    const now = this.#clock.monotonicMs();
    let failures = this.#byAddress.get(address);
    if (!failures || failures.windowEndsAtMs <= now) {
      failures = { count: 0, windowEndsAtMs: now + FAILURE_WINDOW_MS };
      this.#byAddress.delete(address);
      this.#byAddress.set(address, failures);
      this.#forgetOldest();
    }
    failures.count += 1;
    return {
      isThrottled: failures.count > MAX_FAILURES,
      count: failures.count,
      retryAfterSeconds: Math.ceil((failures.windowEndsAtMs - now) / 1000),
    };
  }

  #forgetOldest(): void {
    for (const address of this.#byAddress.keys()) {
      if (this.#byAddress.size <= MAX_ADDRESSES) return;
      this.#byAddress.delete(address);
    }
  }
}
