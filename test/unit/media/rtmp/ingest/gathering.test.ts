import { describe, expect, it } from 'vitest';
import { Gathering, gatherTime } from '../../../../../main/media/rtmp/ingest/gathering.ts';

describe('gatherTime', () => {
  it.each<[string, [number, number, number], number]>([
    ['as long as allowed at a low bitrate', [200, 10_000, 100], 200],
    ['until enough has come at a high one', [200, 65_536, 100], 100],
    ['as long as allowed when nothing came', [200, 0, 100], 200],
    ['never when it is switched off', [0, 10_000, 100], 0],
  ])('is %s', (_name, given, expected) => {
    expect(gatherTime(...given)).toBe(expected);
  });
});

describe('Gathering', () => {
  it('lets nobody wait in the first two seconds: the first picture is wanted', () => {
    const gathering = new Gathering(200);
    expect([5000, 5500, 6999].map((atMs, index) => gathering.pauseMs(index * 1000, atMs))).toEqual([0, 0, 0]);
    expect(gathering.pauseMs(2100, 7200)).toBe(200);
  });
});
