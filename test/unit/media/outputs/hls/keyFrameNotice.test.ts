import { describe, expect, it } from 'vitest';
import { keyFrameNotice } from '../../../../../main/media/outputs/hls/keyFrameNotice.ts';

describe('what is said of the length of segments', () => {
  it.each([
    ['key frames as far apart as segments are long', 2000, { ms: 2000, hasCome: true, previousMs: 2000 }],
    ['29.97 frames a second', 2000, { ms: 2002, hasCome: true, previousMs: 2002 }],
    ['several key frames in a segment', 6000, { ms: 2000, hasCome: true, previousMs: 2000 }],
    ['a first key frame that is only early', 3000, { ms: 2000, hasCome: true, previousMs: null }],
    ['key frames at changes of scene', 2000, { ms: 1300, hasCome: true, previousMs: 700 }],
    ['one that may only be late', 2000, { ms: 3900, hasCome: false, previousMs: 2000 }],
  ])('nothing of %s', (_, targetMs, distance) => {
    expect(keyFrameNotice(targetMs, distance)).toBeNull();
  });

  it.each([
    [
      'a distance longer than a segment',
      2000,
      { ms: 10_000, hasCome: true, previousMs: null },
      /every 10\.0 s, so HLS segments are 10\.0 s long instead of 2 s/,
    ],
    [
      'a segment that is no multiple of it',
      3000,
      { ms: 2000, hasCome: true, previousMs: 2000 },
      /every 2\.0 s, so HLS segments are 2\.0 s long instead of 3 s/,
    ],
    [
      'one that does not come',
      2000,
      { ms: 4100, hasCome: false, previousMs: 2000 },
      /less often than every 4\.1 s, so HLS segments are at least 4\.1 s long/,
    ],
  ])('%s', (_, targetMs, distance, expected) => {
    expect(keyFrameNotice(targetMs, distance)).toMatch(expected);
  });
});
