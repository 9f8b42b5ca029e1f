import { expect, test } from 'vitest';
import { compare, continuity, type MediaPacket } from '../../helpers/mediaPackets.ts';

const at = (dtsMs: number, content = `frame ${dtsMs}`, isKey = dtsMs % 2_000 === 0): MediaPacket => ({
  dtsMs,
  ptsMs: dtsMs,
  isKey,
  size: content.length,
  md5: content,
});
const track = [0, 40, 80, 120, 160, 200].map((dtsMs) => at(dtsMs));

test('continuity counts steps back and finds the biggest hole', () => {
  expect(continuity([at(40), at(80), at(70), at(500)])).toEqual({
    count: 4,
    backwards: 1,
    biggestGapMs: 430,
    startsWithKey: false,
    spanMs: 460,
  });
  expect(continuity([])).toEqual({
    count: 0,
    backwards: 0,
    biggestGapMs: 0,
    startsWithKey: false,
    spanMs: 0,
  });
});

test('compare tells a late start, a hole, an early end and a stranger apart', () => {
  const received = [at(0, 'frame 40'), at(1, 'slate'), at(2, 'frame 160')];
  expect(compare(track, received)).toEqual({
    missingAtStart: 1,
    missingInside: 2,
    missingAtEnd: 1,
    extra: 1,
    missingAtMs: [80, 120],
  });
});

test('equal packets, as of silence, are matched in their order', () => {
  const silence = [0, 20, 40, 60].map((dtsMs) => at(dtsMs, 'silence'));
  expect(compare(silence, silence)).toMatchObject({ missingInside: 0, missingAtEnd: 0, extra: 0 });
  expect(compare(silence, silence.slice(1))).toMatchObject({ missingInside: 0, missingAtEnd: 1, extra: 0 });
});

test('nothing received is everything missing', () => {
  expect(compare(track, [])).toMatchObject({ missingAtStart: 6, missingInside: 0, missingAtEnd: 0 });
});
