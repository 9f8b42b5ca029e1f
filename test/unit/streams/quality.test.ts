import { describe, expect, it } from 'vitest';
import { nextQuality } from '../../../main/streams/quality.ts';

describe('nextQuality', () => {
  it.each([
    [
      'what is asked for, and keeps the rest',
      { bitrateKbps: 4000, fps: 30 },
      { bitrateKbps: 2500 },
      { bitrateKbps: 2500, fps: 30 },
    ],
    ['a quarter less when nothing is asked for', { bitrateKbps: 4000 }, {}, { bitrateKbps: 3000 }],
    ['steps of 50', { bitrateKbps: 1150 }, {}, { bitrateKbps: 850 }],
    ['nothing below the floor', { bitrateKbps: 350 }, {}, { bitrateKbps: 300 }],
  ])('gives %s', (_name, current, request, expected) => {
    expect(nextQuality(current, request)).toEqual(expected);
  });

  it('says so when it cannot go lower', () => {
    expect(() => nextQuality({ bitrateKbps: 300 }, {})).toThrow(
      expect.objectContaining({ code: 'stream.quality_unchanged' }),
    );
  });
});
