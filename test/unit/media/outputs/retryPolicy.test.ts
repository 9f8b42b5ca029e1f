import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorRegistry, StreamwareError } from '../../../../main/contract/errors.ts';
import { type Outage, planRetry } from '../../../../main/media/outputs/retryPolicy.ts';

const refused = new StreamwareError('destination.refused');

/** When the tries of an outage are made, seconds after its beginning, if each fails at once. */
function schedule(untilSeconds: number, random: number, error = refused): number[] {
  const tries: number[] = [];
  let outage: Outage | null = null;
  let nowMs = 0;
  while (nowMs < untilSeconds * 1000) {
    const decision = planRetry(outage, error, { hasBeenLive: false, nowMs, random });
    if (decision.kind === 'give-up') break;
    outage = decision.outage;
    nowMs += decision.delayMs;
    tries.push(nowMs / 1000);
  }
  return tries;
}

describe('planRetry', () => {
  it('tries at once, then every second for 30 s', () => {
    const tries = schedule(30, 0.5);
    expect(tries.slice(0, 4)).toEqual([0, 1, 2, 3]);
    expect(tries).toHaveLength(31);
  });

  it('then after 2, 4, 8 and 10 s until two minutes have passed, then every minute', () => {
    const tries = schedule(400, 0).filter((seconds) => seconds > 31);
    const delays = tries.slice(1).map((seconds, index) => Math.round(seconds - (tries[index] ?? 0)));
    expect(tries[0]).toBeCloseTo(32, 0);
    expect(delays.slice(0, 9)).toEqual([4, 8, 10, 10, 10, 10, 10, 10, 10]);
    expect(delays.slice(-3)).toEqual([60, 60, 60]);
  });

  it('spreads the tries, but waits no longer than promised', () => {
    for (const random of [0, 0.3, 0.999]) {
      const tries = [0, ...schedule(400, random)];
      for (const [index, seconds] of tries.slice(1).entries()) {
        const from = tries[index] ?? 0;
        const limit = from < 30 ? 1.2 : from < 120 ? 10 : 60;
        expect(Math.round((seconds - from) * 1000)).toBeLessThanOrEqual(limit * 1000);
      }
    }
    expect(schedule(10, 0)).not.toEqual(schedule(10, 0.9));
  });

  it.each(Object.keys(errorRegistry) as ErrorCode[])(
    '%s: is tried again exactly when that can help',
    (code) => {
      const expected = errorRegistry[code].retryable || code === 'internal.unexpected' ? 'retry' : 'give-up';
      expect(
        planRetry(null, new StreamwareError(code), { hasBeenLive: false, nowMs: 0, random: 0.5 }).kind,
      ).toBe(expected);
    },
  );

  it('follows a redirect at once, but not in circles', () => {
    expect(schedule(3, 0.5, new StreamwareError('destination.redirected'))).toEqual([0, 0, 0, 1, 2, 3]);
  });
});

describe('a server that hangs up when it is asked to publish', () => {
  const hangsUp = new StreamwareError('destination.publish_unanswered');

  function triesBeforeGivingUp(hasBeenLive: boolean, errors: readonly StreamwareError[]): number {
    let outage: Outage | null = null;
    for (const [index, error] of errors.entries()) {
      const decision = planRetry(outage, error, { hasBeenLive, nowMs: index * 1000, random: 0.5 });
      if (decision.kind === 'give-up') {
        expect(decision.reason.code).toBe('destination.auth_rejected');
        return index + 1;
      }
      outage = decision.outage;
    }
    return Number.POSITIVE_INFINITY;
  }

  it.each([
    ['does not know the key, after ten times', false, Array(20).fill(hangsUp), 10],
    [
      'is only in trouble, when it has taken the key before',
      true,
      Array(20).fill(hangsUp),
      Number.POSITIVE_INFINITY,
    ],
    [
      'is counted anew when something else went wrong in between',
      false,
      [...Array(9).fill(hangsUp), new StreamwareError('destination.refused'), ...Array(9).fill(hangsUp)],
      Number.POSITIVE_INFINITY,
    ],
  ])('%s', (_name, hasBeenLive, errors, expected) => {
    expect(triesBeforeGivingUp(hasBeenLive, errors)).toBe(expected);
  });
});
