import { describe, expect, it } from 'vitest';
import { framesInHoles, groupRates, longestSilenceMs, lossAmong } from '../../bench/delivery.ts';
import type { ArrivedFrame } from '../../bench/flvTail.ts';
import type { MediaPacket } from '../../helpers/mediaPackets.ts';

const FPS = 25;
const INTERVAL_MS = 40;

/** Frames of one encode, by number: those of the same number have the same content everywhere. */
function frames(numbers: readonly number[], shiftMs = 0): MediaPacket[] {
  return numbers.map((number) => ({
    dtsMs: number * INTERVAL_MS + shiftMs,
    ptsMs: number * INTERVAL_MS + shiftMs,
    isKey: number % 50 === 0,
    size: 1000,
    md5: `frame ${number}`,
  }));
}
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);
const without = (gone: readonly number[], numbers: readonly number[]): number[] =>
  numbers.filter((number) => !gone.includes(number));

describe('frames lost among receivers', () => {
  it.each<[string, MediaPacket[], number]>([
    ['all of it', frames(range(0, 100)), 0],
    ['a later start, on a clock of its own', frames(range(50, 100), -2000), 0],
    ['an end a few frames earlier', frames(range(0, 90)), 0],
    ['an end more than a second earlier', frames(range(0, 60)), 40],
    ['one frame missing', frames(without([30], range(0, 100))), 1],
    ['a group missing', frames(without(range(50, 60), range(0, 100))), 10],
    ['a frame that the others do not have', [...frames(range(0, 99)), ...frames([999], -35_980)], 1],
    ['nothing at all', [], 100],
  ])('beside a whole one: %s', (_name, video, lost) => {
    const loss = lossAmong(
      [
        { name: 'whole', video: frames(range(0, 100)) },
        { name: 'other', video },
      ],
      FPS,
    );
    expect(loss.frames).toBe(lost);
    expect(loss.remarks.length).toBe(lost === 0 ? 0 : 1);
  });

  it('is seen also when all of them miss the same frame', () => {
    const video = frames(without([30, 31], range(0, 100)));
    expect(
      lossAmong(
        [
          { name: 'a', video },
          { name: 'b', video },
        ],
        FPS,
      ).frames,
    ).toBe(2);
  });

  it('is everything when nobody got anything', () => {
    expect(lossAmong([{ name: 'a', video: [] }], FPS).frames).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('framesInHoles', () => {
  it('takes jitter for no loss', () => {
    expect(
      framesInHoles(
        [0, 33, 67, 100, 134].map((dtsMs) => ({ dtsMs })),
        30,
      ),
    ).toBe(0);
    expect(
      framesInHoles(
        [0, 33, 100].map((dtsMs) => ({ dtsMs })),
        30,
      ),
    ).toBe(1);
  });
});

describe('groupRates', () => {
  it('gives the rate of each whole group', () => {
    // 50 frames of 1000 bytes in 2 s.
    expect(groupRates(frames(range(0, 120)))).toEqual([
      { fromMs: 0, kbps: 200 },
      { fromMs: 2000, kbps: 200 },
    ]);
  });
});

describe('longestSilenceMs', () => {
  const arrived = (...moments: number[]): ArrivedFrame[] =>
    moments.map((arrivedMs) => ({ kind: 'video', arrivedMs, dtsMs: 0, isKey: false, bytes: 1 }));

  it.each([
    ['begins with the last frame before', arrived(900, 1950, 2000, 3000), 1050],
    ['counts to the end when nothing comes any more', arrived(990), 2010],
    ['looks at nothing outside', arrived(0, 990, 1990, 2990, 9000), 1000],
  ])('%s', (_name, frames_, expected) => {
    expect(longestSilenceMs(frames_, 1000, 3000)).toBe(expected);
  });

  it('does not take sound for a picture', () => {
    const sound: ArrivedFrame = { kind: 'audio', arrivedMs: 2000, dtsMs: 0, isKey: true, bytes: 1 };
    expect(longestSilenceMs([...arrived(1000), sound], 1000, 3000)).toBe(2000);
  });
});
