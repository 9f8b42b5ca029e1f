import { describe, expect, it } from 'vitest';
import { type Lag, LagWatch } from '../../../../main/media/outputs/lagWatch.ts';

const GIVEN_PER_SECOND = 775_000;

interface Peer {
  /** What it takes in a second, from the second on that is named. */
  readonly takes: (second: number) => number;
  /** It confirms whenever so much more has come. */
  readonly windowBytes: number;
}

/** What is said after each second. */
function watch({ takes, windowBytes }: Peer, seconds: number): (Lag | null)[] {
  const lagWatch = new LagWatch();
  let [given, taken, confirmed] = [0, 0, 0];
  return Array.from({ length: seconds }, (_, index) => {
    given += GIVEN_PER_SECOND;
    taken = Math.min(given, taken + takes(index + 1));
    if (taken - confirmed >= windowBytes) confirmed = taken;
    const progress = { bytesSent: given, bytesConfirmed: confirmed, bytesPending: 0, rttMs: null };
    return lagWatch.take(progress, given, (index + 1) * 1000);
  });
}

const firstSecond = (said: readonly (Lag | null)[]): number => said.findIndex((lag) => lag !== null) + 1;

describe('a destination that takes less than it is given', () => {
  it.each([
    ['100 kB/s, confirmed every 512 kB', { takes: () => 100_000, windowBytes: 512_000 }],
    ['100 kB/s, confirmed all the time', { takes: () => 100_000, windowBytes: 1 }],
    ['half of it', { takes: () => 390_000, windowBytes: 512_000 }],
  ])('is told within ten seconds: %s', (_, peer) => {
    const said = watch(peer, 20);
    expect(firstSecond(said)).toBeGreaterThan(4);
    expect(firstSecond(said)).toBeLessThanOrEqual(10);
    const last = said.at(-1);
    expect(last?.givenKbps).toBeCloseTo(6200, 0);
    expect((last?.takenKbps ?? 0) / 6200).toBeLessThan(0.7);
  });

  it('is told once it has become too slow, and no more when it has caught up', () => {
    const takes = (second: number): number => (second > 20 && second <= 35 ? 100_000 : 4_000_000);
    const said = watch({ takes, windowBytes: 100_000 }, 60);
    const slow = said.flatMap((lag, index) => (lag === null ? [] : [index + 1]));
    expect(slow[0]).toBeGreaterThan(22);
    expect(slow[0]).toBeLessThanOrEqual(30);
    expect(slow.at(-1)).toBeLessThan(42);
    expect(slow).toHaveLength((slow.at(-1) ?? 0) - (slow[0] ?? 0) + 1);
  });
});

describe('nothing is said of', () => {
  it.each([
    ['one that keeps up', { takes: () => 4_000_000, windowBytes: 512_000 }],
    ['one that confirms rarely', { takes: () => 4_000_000, windowBytes: 5_000_000 }],
    ['one that never confirms', { takes: () => 4_000_000, windowBytes: Number.POSITIVE_INFINITY }],
    [
      'a short hiccup',
      { takes: (second: number) => (second === 10 || second === 11 ? 0 : 4_000_000), windowBytes: 512_000 },
    ],
  ])('%s', (_, peer) => {
    expect(watch(peer, 60).filter((lag) => lag !== null)).toEqual([]);
  });
});
