/**
 * Time for tests: stands still until told to advance. Timers run in the order they fall due
 * (equal times: in the order they were set), and after each one everything it set in motion settles
 * before the next one runs. It is not a substitute for waiting on real sockets and processes: see waitFor.ts.
 */
import { setImmediate as settleEventLoop } from 'node:timers/promises';
import type { Clock, Timer } from '../../main/lib/clock.ts';

export interface FakeClock extends Clock {
  /** Lets `milliseconds` pass: runs every timer that falls due on the way, microtasks settled after each. */
  advance(milliseconds: number): Promise<void>;
  /** Moves the wall clock alone, as NTP or a user does; negative goes back. Timers and `monotonicMs` do not notice. */
  jumpWallClock(milliseconds: number): void;
  /** Timers that are set and neither ran out nor were cancelled. Zero when everything was disposed of. */
  readonly pendingTimers: number;
}

interface PendingTimer {
  dueMs: number;
  readonly intervalMs: number | null;
  readonly run: () => void;
}

/** A fake clock whose wall time starts at `startMs` (UTC epoch milliseconds); its monotonic time starts at 0. */
export function createFakeClock(startMs: number = Date.UTC(2025, 0, 1)): FakeClock {
  const pending = new Set<PendingTimer>();
  let elapsedMs = 0;
  let wallOffsetMs = startMs;

  function set(delayMs: number, intervalMs: number | null, run: () => void): Timer {
    const timer = { dueMs: elapsedMs + Math.max(0, delayMs), intervalMs, run };
    pending.add(timer);
    return { cancel: () => void pending.delete(timer) };
  }

  function nextDue(limitMs: number): PendingTimer | null {
    let next: PendingTimer | null = null;
    for (const timer of pending) {
      if (timer.dueMs > limitMs) continue;
      // A set keeps the order in which timers were set, so the first of several that are due together wins.
      if (next === null || timer.dueMs < next.dueMs) next = timer;
    }
    return next;
  }

  return {
    nowMs: () => Math.round(wallOffsetMs + elapsedMs),
    monotonicMs: () => elapsedMs,
    after: (delayMs, run) => set(delayMs, null, run),
    every(intervalMs, run) {
      if (!(intervalMs >= 1)) throw new RangeError(`${intervalMs} ms would never let time pass`);
      return set(intervalMs, intervalMs, run);
    },
    async advance(milliseconds) {
      const targetMs = elapsedMs + milliseconds;
      await settleEventLoop();
      for (let timer = nextDue(targetMs); timer !== null; timer = nextDue(targetMs)) {
        elapsedMs = Math.max(elapsedMs, timer.dueMs);
        if (timer.intervalMs === null) pending.delete(timer);
        else timer.dueMs += timer.intervalMs;
        timer.run();
        await settleEventLoop();
      }
      elapsedMs = targetMs;
    },
    jumpWallClock(milliseconds) {
      wallOffsetMs += milliseconds;
    },
    get pendingTimers() {
      return pending.size;
    },
  };
}
