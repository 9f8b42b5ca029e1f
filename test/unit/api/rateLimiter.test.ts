import { describe, expect, it } from 'vitest';
import { RateLimiter, rateLimitPerMinute } from '../../../main/api/rateLimiter.ts';
import { createFakeClock } from '../../helpers/fakeClock.ts';

describe('a limit in requests a minute', () => {
  it.each([
    [1, 1],
    [60, 20],
    [600, 20],
    [6000, 200],
    [600_000, 20_000],
  ])('of %i lets %i through at once, and so many over the next minute', async (requestsPerMinute, burst) => {
    const clock = createFakeClock();
    const limiter = new RateLimiter(rateLimitPerMinute(requestsPerMinute), clock);
    const drain = (): number => {
      let count = 0;
      while (limiter.take('a').isAllowed) count += 1;
      return count;
    };
    expect(drain()).toBe(burst);
    let served = 0;
    for (let second = 0; second < 60; second++) {
      await clock.advance(1000);
      served += drain();
    }
    expect(Math.abs(served - requestsPerMinute)).toBeLessThanOrEqual(1);
  });
});

describe('RateLimiter', () => {
  it('lets a burst through, then the steady rate', async () => {
    const clock = createFakeClock();
    const limiter = new RateLimiter({ perSecond: 10, burst: 20 }, clock);
    const allowed = (count: number): number =>
      Array.from({ length: count }, () => limiter.take('a')).filter((decision) => decision.isAllowed).length;
    expect(allowed(50)).toBe(20);
    await clock.advance(1000);
    expect(allowed(50)).toBe(10);
    await clock.advance(60_000);
    expect(allowed(50)).toBe(20);
  });

  it('keeps callers apart', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, createFakeClock());
    expect(limiter.take('a').isAllowed).toBe(true);
    expect(limiter.take('a').isAllowed).toBe(false);
    expect(limiter.take('b').isAllowed).toBe(true);
  });

  it('says what is left and when to come back', async () => {
    const clock = createFakeClock();
    const limiter = new RateLimiter({ perSecond: 0.5, burst: 2 }, clock);
    expect(limiter.take('a')).toEqual({
      isAllowed: true,
      limit: 2,
      remaining: 1,
      resetSeconds: 2,
      retryAfterSeconds: 0,
    });
    limiter.take('a');
    const refused = limiter.take('a');
    expect(refused).toMatchObject({ isAllowed: false, remaining: 0, retryAfterSeconds: 2 });
    await clock.advance(refused.retryAfterSeconds * 1000);
    expect(limiter.take('a').isAllowed).toBe(true);
  });

  it('is not fooled by a wall clock that jumps', () => {
    const clock = createFakeClock();
    const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, clock);
    limiter.take('a');
    clock.jumpWallClock(3_600_000);
    expect(limiter.take('a').isAllowed).toBe(false);
  });
});
