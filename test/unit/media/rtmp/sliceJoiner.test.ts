import { describe, expect, it } from 'vitest';
import { SliceJoiner } from '../../../../main/media/rtmp/sliceJoiner.ts';

const pieces = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));

describe('SliceJoiner', () => {
  it('joins pieces in their order', () => {
    expect(String(new SliceJoiner(16).join(pieces('ab', 'c', 'def'), 6))).toBe('abcdef');
  });

  it('does the work once for those who send the same array of pieces', () => {
    const joiner = new SliceJoiner(16);
    const slices = pieces('ab', 'c');
    expect(joiner.join(slices, 3)).toBe(joiner.join(slices, 3));
  });

  it('tells pieces apart that only look alike', () => {
    const joiner = new SliceJoiner(16);
    joiner.join(pieces('ab', 'c'), 3);
    const [first] = pieces('ab');
    expect(String(joiner.join([first as Buffer, Buffer.from('d')], 3))).toBe('abd');
    expect(String(joiner.join([first as Buffer], 2))).toBe('ab');
  });

  it('uses its memory again, unless the last result was given away', () => {
    const joiner = new SliceJoiner(16);
    const first = joiner.join(pieces('first'), 5);
    joiner.join(pieces('other'), 5);
    expect(String(first)).toBe('other');
    joiner.giveAway();
    const kept = joiner.join(pieces('third'), 5);
    joiner.join(pieces('fourth'), 6);
    expect(String(first)).toBe('other');
    expect(String(kept)).toBe('fourt');
  });

  it('keeps what was given away also when it is asked for once more', () => {
    const joiner = new SliceJoiner(16);
    const slices = pieces('kept');
    const kept = joiner.join(slices, 4);
    joiner.giveAway();
    expect(joiner.join(slices, 4)).toBe(kept);
    joiner.join(pieces('gone'), 4);
    expect(String(kept)).toBe('kept');
  });
});
