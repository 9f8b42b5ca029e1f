import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { delay, systemClock } from '../../../main/lib/clock.ts';
import { createFakeClock } from '../../helpers/fakeClock.ts';

const DAY_MS = 86_400_000;

describe('the system clock', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('waits as long as it was told, also beyond the 24.8 days that a timer of Node can hold', () => {
    const run = vi.fn();
    systemClock.after(60 * DAY_MS, run);
    vi.advanceTimersByTime(60 * DAY_MS - 1);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledOnce();
  });

  it('lets a long wait be cancelled after its first stage', () => {
    const run = vi.fn();
    const timer = systemClock.after(60 * DAY_MS, run);
    vi.advanceTimersByTime(40 * DAY_MS);
    timer.cancel();
    vi.advanceTimersByTime(40 * DAY_MS);
    expect(run).not.toHaveBeenCalled();
  });

  it('repeats until cancelled', () => {
    const run = vi.fn();
    const timer = systemClock.every(1000, run);
    vi.advanceTimersByTime(3500);
    timer.cancel();
    vi.advanceTimersByTime(5000);
    expect(run).toHaveBeenCalledTimes(3);
  });
});

describe('delay', () => {
  it('takes its time', async () => {
    const clock = createFakeClock();
    let isOver = false;
    const waiting = delay(clock, 1000).then(() => {
      isOver = true;
    });
    await clock.advance(999);
    expect(isOver).toBe(false);
    await clock.advance(1);
    await waiting;
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends at once when it is aborted, and leaves no timer', async () => {
    const clock = createFakeClock();
    const stop = new AbortController();
    const waiting = delay(clock, 1000, stop.signal);
    stop.abort();
    await waiting;
    await delay(clock, 1000, stop.signal);
    expect(clock.pendingTimers).toBe(0);
  });
});
