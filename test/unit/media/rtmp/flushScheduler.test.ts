import { describe, expect, it } from 'vitest';
import { FlushScheduler, sharedFlushScheduler } from '../../../../main/media/rtmp/flushScheduler.ts';
import { createFakeClock } from '../../../helpers/fakeClock.ts';

function setUp() {
  const clock = createFakeClock();
  const scheduler = new FlushScheduler(clock, 40);
  const flushed: string[] = [];
  return {
    clock,
    flushed,
    /** A tag reaches the given connections at `atMs`. */
    async deliver(atMs: number, ...names: string[]): Promise<void> {
      await clock.advance(atMs - clock.monotonicMs());
      for (const name of names) {
        scheduler.request(() => flushed.push(`${name}@${clock.monotonicMs()}`));
        scheduler.tagArrived();
      }
      await clock.advance(0);
    },
  };
}

describe('FlushScheduler', () => {
  it('flushes the first tag at once, for all connections that it reached', async () => {
    const { deliver, flushed } = setUp();
    await deliver(1000, 'a', 'b');
    expect(flushed).toEqual(['a@1000', 'b@1000']);
  });

  it('lets tags within the interval wait for the next one after it', async () => {
    const { deliver, flushed } = setUp();
    await deliver(1000, 'a');
    await deliver(1020, 'a');
    await deliver(1039, 'a');
    expect(flushed).toEqual(['a@1000']);
    await deliver(1043, 'a');
    expect(flushed).toEqual(['a@1000', 'a@1043', 'a@1043', 'a@1043']);
  });

  it('sends the rest when no tag follows, and leaves no timer behind', async () => {
    const { clock, deliver, flushed } = setUp();
    await deliver(1000, 'a');
    await deliver(1010, 'b');
    await clock.advance(190);
    expect(flushed).toEqual(['a@1000', 'b@1100']);
    await clock.advance(1000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is one for all connections on a clock', () => {
    const clock = createFakeClock();
    expect(sharedFlushScheduler(clock)).toBe(sharedFlushScheduler(clock));
    expect(sharedFlushScheduler(createFakeClock())).not.toBe(sharedFlushScheduler(clock));
  });
});
