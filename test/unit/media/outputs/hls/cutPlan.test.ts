import { describe, expect, it } from 'vitest';
import { CutPlan } from '../../../../../main/media/outputs/hls/cutPlan.ts';

/** Lengths of the segments cut from key frames at these times. */
function lengths(targetMs: number, keys: readonly number[], plan = new CutPlan(targetMs)): number[] {
  const [first = 0, ...rest] = keys;
  let start = first;
  const found: number[] = [];
  let before = first;
  for (const key of rest) {
    if (plan.shouldCut(start, key, key - before)) {
      found.push(key - start);
      start = key;
    }
    before = key;
  }
  return found;
}

const every = (ms: number, count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, index) => Math.round(from + index * ms));

describe('where segments are cut', () => {
  it.each([
    ['key frames as far apart as segments are long', 2000, every(2000, 5), [2000, 2000, 2000, 2000]],
    ['two key frames in a segment', 2000, every(1000, 7), [2000, 2000, 2000]],
    ['29.97 frames a second', 2000, every(2002, 4), [2002, 2002, 2002]],
    ['times that are rounded', 2000, [0, 1999, 4001, 5999, 8001], [1999, 2002, 1998, 2002]],
    ['the nearer key frame', 2000, every(1800, 5), [1800, 1800, 1800, 1800]],
    ['key frames too far apart', 2000, every(10_000, 3), [10_000, 10_000]],
    ['many key frames', 2000, every(500, 9), [2000, 2000]],
  ])('%s', (_, target, keys, expected) => {
    expect(lengths(target, keys)).toEqual(expected);
  });

  it('is the same for a variant that joined later, that began again, or that lags behind', () => {
    const plan = new CutPlan(2000);
    expect(lengths(2000, every(1000, 13), plan)).toEqual([2000, 2000, 2000, 2000, 2000, 2000]);
    expect(lengths(2000, every(1000, 10, 3001), plan)).toEqual([1000, 2000, 2000, 2000, 2000]);
    expect(lengths(2000, every(1000, 6, 4000), plan)).toEqual([2000, 2000]);
  });
});
