import { describe, expect, it } from 'vitest';
import { nullLogger } from '../../../main/lib/logger.ts';
import { startRetention } from '../../../main/store/retention.ts';
import { createFakeClock } from '../../helpers/fakeClock.ts';

describe('retention', () => {
  it('takes a job step by step until nothing is left, then rests until the next round', async () => {
    const clock = createFakeClock();
    const steps: number[] = [];
    let left = 3;
    const job = {
      name: 'test',
      step: async (nowMs: number) => {
        steps.push(nowMs);
        left -= 1;
        return left > 0;
      },
    };
    const retention = startRetention({
      jobs: [job],
      clock,
      logger: nullLogger,
      everyMs: 600_000,
      pauseMs: 50,
    });
    await clock.advance(59_999);
    expect(steps).toHaveLength(0);
    await clock.advance(200);
    expect(steps).toHaveLength(3);
    left = 1;
    await clock.advance(600_000);
    expect(steps).toHaveLength(4);
    retention.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('does the other jobs when one fails, and tries that one again', async () => {
    const clock = createFakeClock();
    const done: string[] = [];
    const failing = { name: 'failing', step: async () => Promise.reject(new Error('database is away')) };
    const fine = { name: 'fine', step: async () => done.push('fine') < 0 };
    const retention = startRetention({ jobs: [failing, fine], clock, logger: nullLogger });
    await retention.runNow();
    await retention.runNow();
    expect(done).toEqual(['fine', 'fine']);
    retention.stop();
  });

  it('begins no further step once it is stopped', async () => {
    const clock = createFakeClock();
    let steps = 0;
    const endless = { name: 'endless', step: async () => ++steps > 0 };
    const retention = startRetention({ jobs: [endless], clock, logger: nullLogger });
    const round = retention.runNow();
    await clock.advance(120);
    retention.stop();
    await round;
    expect(steps).toBe(3);
  });
});
