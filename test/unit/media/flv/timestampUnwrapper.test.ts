import { describe, expect, it } from 'vitest';
import { TimestampUnwrapper } from '../../../../main/media/flv/timestampUnwrapper.ts';

function unwrap(...raw: number[]): number[] {
  const unwrapper = new TimestampUnwrapper();
  return raw.map((value) => unwrapper.unwrap(value));
}

describe('TimestampUnwrapper', () => {
  it.each([2 ** 31, 2 ** 32])(
    'goes on past a wrap at %d, with a late tag from before it in place',
    (wrap) => {
      expect(unwrap(wrap - 20, wrap - 1, 3, wrap - 5, 20)).toEqual([
        wrap - 20,
        wrap - 1,
        wrap + 3,
        wrap - 5,
        wrap + 20,
      ]);
    },
  );

  it('counts several wraps', () => {
    const half = 2 ** 30;
    expect(unwrap(2 ** 31 - 1, 1, half, 2 ** 31 - 1, 2)).toEqual([
      2 ** 31 - 1,
      2 ** 31 + 1,
      2 ** 31 + half,
      2 ** 32 - 1,
      2 ** 32 + 2,
    ]);
  });

  it('passes 2^31 without a wrap when the writer counts on', () => {
    expect(unwrap(2 ** 31 - 1, 2 ** 31, 2 ** 31 + 40)).toEqual([2 ** 31 - 1, 2 ** 31, 2 ** 31 + 40]);
  });

  it('does not take a source that starts again, or jumps, for a wrap', () => {
    expect(unwrap(1_500_000_000, 0, 40)).toEqual([1_500_000_000, 0, 40]);
    expect(unwrap(0, 2 ** 31 - 10, 50_000_000)).toEqual([0, 2 ** 31 - 10, 50_000_000]);
    expect(unwrap(0, 2 ** 32 - 16)).toEqual([0, 2 ** 32 - 16]);
  });
});
