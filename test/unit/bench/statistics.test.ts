import { describe, expect, it } from 'vitest';
import { alternate, median, summarize } from '../../bench/statistics.ts';

describe('median', () => {
  it.each([
    ['one', [3], 3],
    ['an odd count, unsorted', [9, 1, 4], 4],
    ['an even count', [1, 10, 2, 4], 3],
    ['numbers that sort wrongly as text', [10, 9, 100], 10],
  ])('%s', (_name, values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('of nothing is not a number', () => {
    expect(median([])).toBeNaN();
    expect(summarize([])).toEqual({ median: Number.NaN, min: Number.NaN, max: Number.NaN });
  });
});

describe('alternate', () => {
  it('turns the order round every time, so that nobody always follows the same one', () => {
    const order = alternate(['a', 'b', 'c'], 3).map(({ contender, round }) => `${contender}${round}`);
    expect(order).toEqual(['a0', 'b0', 'c0', 'c1', 'b1', 'a1', 'a2', 'b2', 'c2']);
  });
});
