/**
 * Time as a port. Nothing else in main/ reads the system clock or sets a timer, so that tests
 * can advance hours in a millisecond and a wrong wall clock can never stop a broadcast.
 */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, UTC epoch milliseconds. For what people read; it may jump. */
  nowMs(): number;
  /** Milliseconds since an arbitrary start, never going back. For every interval and time-out. */
  monotonicMs(): number;
  /** Runs `run` once after `delayMs` (0 or more). */
  after(delayMs: number, run: () => void): Timer;
  /** Runs `run` every `intervalMs` (1 or more) until cancelled. */
  every(intervalMs: number, run: () => void): Timer;
}

/** Node's timers hold 31 bits: a longer delay (24.8 days) would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs: number, run: () => void): Timer {
    const dueMs = performance.now() + delayMs;
    let handle = setTimeout(fire, Math.min(delayMs, LONGEST_TIMER_MS));
    function fire(): void {
      const leftMs = dueMs - performance.now();
      if (delayMs <= LONGEST_TIMER_MS || leftMs <= 0) run();
      else handle = setTimeout(fire, Math.min(leftMs, LONGEST_TIMER_MS));
    }
    return { cancel: () => clearTimeout(handle) };
  },
  every(intervalMs: number, run: () => void): Timer {
    const handle = setInterval(run, Math.min(intervalMs, LONGEST_TIMER_MS));
    return { cancel: () => clearInterval(handle) };
  },
};

/** Resolves after `delayMs`, or as soon as `signal` aborts (it never rejects: the caller looks at the signal). */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.after(delayMs, finish);
    signal?.addEventListener('abort', finish);
  });
}
