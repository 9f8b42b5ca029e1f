import { describe, expect, it } from 'vitest';
import {
  parseAvcConfiguration,
  parseAvcHeaderTag,
  withParameterSets,
} from '../../../../main/media/flv/avc.ts';
import type { VideoTag } from '../../../../main/media/flv/mediaTag.ts';
import { parseVideoTag } from '../../../../main/media/flv/tagParser.ts';

function video(hex: string): VideoTag {
  const tag = parseVideoTag(0, Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  if (tag === null) throw new Error('not a video tag');
  return tag;
}

const SPS = '6742c00cda05067e7c0440000003004000000c83c50aa8';
const PPS = '68ce0fc8';
/** Header tags as libx264 made them in ffmpeg 5.1. */
const baseline = video(`1700000000 0142c00cffe10017${SPS}010004${PPS}`);
const interlacedHigh = video(
  '1700000000 01640020ffe1001a67640020acd940560c3cde0220000003002000000643e2c5b2c001000668fba3cb22c0fdf8f800',
);
const high422 = video(
  '1700000000 017a002affe1001b677a002abcd940780227e27011000003000100000300780f18319601000668ebe3cb22c0fef8f800',
);

describe('parseAvcHeaderTag', () => {
  it.each([
    ['baseline 320x180', baseline, { profile: 66, level: 12, width: 320, height: 180 }],
    ['interlaced high 1366x768', interlacedHigh, { profile: 100, level: 32, width: 1366, height: 768 }],
    ['4:2:2 1920x1080', high422, { profile: 122, level: 42, width: 1920, height: 1080 }],
  ])('reads %s', (_name, header, expected) => {
    expect(parseAvcHeaderTag(header)).toMatchObject({ nalLengthBytes: 4, ...expected });
  });

  it('gives the parameter sets', () => {
    const { sequenceParameterSets, pictureParameterSets } = parseAvcHeaderTag(baseline);
    expect(sequenceParameterSets.map((set) => set.toString('hex'))).toEqual([SPS]);
    expect(pictureParameterSets.map((set) => set.toString('hex'))).toEqual([PPS]);
  });

  it('refuses every truncation of a configuration', () => {
    const record = baseline.payload.subarray(5);
    for (let length = 0; length < record.length; length++) {
      expect(() => parseAvcConfiguration(record.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'media.malformed' }),
      );
    }
  });

  it('refuses a key frame', () => {
    expect(() => parseAvcHeaderTag(video('1701000000 00000001 65'))).toThrow('not an H.264 header');
  });
});

describe('withParameterSets', () => {
  const sets = `00000017${SPS}00000004${PPS}`;

  it('puts the sets before the picture and keeps time and composition', () => {
    const key = video('1701000050 00000002 6588');
    const result = withParameterSets(baseline, { ...key, timestampMs: 9 });
    expect(result.payload.toString('hex')).toBe(`1701000050${sets}000000026588`);
    expect(result).toMatchObject({ timestampMs: 9, compositionMs: 80, frame: 'key' });
  });

  it('leaves an access unit delimiter first', () => {
    const key = video('1701000000 00000002 0910 00000002 6588');
    expect(withParameterSets(baseline, key).payload.toString('hex')).toBe(
      `1701000000000000020910${sets}000000026588`,
    );
  });

  it('works on an enhanced header', () => {
    const key = video('9161766331000000 00000002 6588');
    expect(withParameterSets(baseline, key).payload.toString('hex')).toBe(
      `9161766331000000${sets}000000026588`,
    );
  });

  it.each([
    ['has them already', video(`1701000000${sets}000000026588`)],
    ['is damaged', video('1701000000 000000ff 6588')],
    ['is not a key frame', video('2701000000 00000002 4188')],
    ['is HEVC', video('9168766331000000 00000002 2688')],
  ])('returns a frame as it is when it %s', (_name, frame) => {
    expect(withParameterSets(baseline, frame)).toBe(frame);
  });

  it('returns the frame as it is when the header is damaged', () => {
    const key = video('1701000000 00000002 6588');
    expect(withParameterSets(video('1700000000 0142'), key)).toBe(key);
  });
});
