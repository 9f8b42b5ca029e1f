import { describe, expect, it } from 'vitest';
import { FlushScheduler, sharedFlushScheduler } from '../../../../main/media/rtmp/flushScheduler.ts';
import { createFakeClock } from '../../../helpers/fakeClock.ts';

/** Connections that ask for a flush when something comes for them, as a publisher does. */
function setUp() {
  const clock = createFakeClock();
  const scheduler = new FlushScheduler(clock, 100);
  const flushed: string[] = [];
  const lastFlushMs = new Map<string, number>();
  const asking = new Set<string>();
  return {
    clock,
    flushed,
    async deliver(atMs: number, ...names: string[]): Promise<void> {
      await clock.advance(atMs - clock.monotonicMs());
      for (const name of names.filter((one) => !asking.has(one))) {
        asking.add(name);
        scheduler.request((nowMs) => {
          asking.delete(name);
          lastFlushMs.set(name, nowMs);
          flushed.push(`${name}@${nowMs}`);
        }, lastFlushMs.get(name) ?? Number.NEGATIVE_INFINITY);
      }
      await clock.advance(0);
    },
  };
}

describe('FlushScheduler', () => {
  it('flushes what comes after a rest at once, for all connections that it reached', async () => {
    const { deliver, flushed } = setUp();
    await deliver(1000, 'a', 'b');
    expect(flushed).toEqual(['a@1000', 'b@1000']);
  });

  it('lets what follows wait until the interval has passed, and then takes everything along', async () => {
    const { clock, deliver, flushed } = setUp();
    await deliver(1000, 'a');
    await deliver(1020, 'a');
    await deliver(1080, 'b');
    expect(flushed).toEqual(['a@1000', 'a@1080', 'b@1080']);
    await deliver(1090, 'b');
    await clock.advance(200);
    expect(flushed.slice(3)).toEqual(['b@1180']);
  });

  it('leaves no timer behind', async () => {
    const { clock, deliver } = setUp();
    await deliver(1000, 'a');
    await deliver(1010, 'a');
    await clock.advance(1000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is one for all connections on a clock', () => {
    const clock = createFakeClock();
    expect(sharedFlushScheduler(clock)).toBe(sharedFlushScheduler(clock));
    expect(sharedFlushScheduler(createFakeClock())).not.toBe(sharedFlushScheduler(clock));
  });
});
