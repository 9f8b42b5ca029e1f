import { describe, expect, it } from 'vitest';
import { hasRoom, minutesUntilPause } from '../../../../../main/media/outputs/recording/diskSpace.ts';
import { datedName, numberedPath, slug } from '../../../../../main/media/outputs/recording/recordingNames.ts';

describe('the name of a recording', () => {
  it('is dated in local time', () => {
    const at = new Date(2025, 0, 2, 3, 4, 5).getTime();
    expect(datedName('Friday Show', at, '.mp4')).toBe('friday-show-2025-01-02-03-04-05.mp4');
  });

  it.each([
    ['Friday  Show!', 'friday-show'],
    ['../../etc/passwd', 'etc-passwd'],
    ['Środa 番組 🎥', 'środa-番組'],
    ['-v\0\n|%d', 'v-d'],
    ['🎥', 'stream'],
    ['', 'stream'],
    ['x'.repeat(500), 'x'.repeat(80)],
    ['ł'.repeat(100), 'ł'.repeat(40)],
  ])('%j becomes %j', (label, expected) => {
    expect(slug(label)).toBe(expected);
  });

  it('is numbered before its extension', () => {
    expect([1, 2, 12].map((number) => numberedPath('/a.b/show.mp4', number))).toEqual([
      '/a.b/show.mp4',
      '/a.b/show-2.mp4',
      '/a.b/show-12.mp4',
    ]);
  });
});

describe('the room on a disk', () => {
  it('is told in minutes of recording', () => {
    const options = { bitrateKbps: 8000, minFreeMegabytes: 500 };
    expect(minutesUntilPause(1_100_000_000, options)).toBe(10);
    expect(minutesUntilPause(400_000_000, options)).toBe(0);
    expect(minutesUntilPause(1e9, { ...options, bitrateKbps: 0 })).toBeNull();
    expect(minutesUntilPause(1e9, { ...options, bitrateKbps: Number.NaN })).toBeNull();
  });

  it('must be a tenth larger to go on than it was to pause', () => {
    expect([499e6, 500e6].map((free) => hasRoom(free, 500, false))).toEqual([false, true]);
    expect([500e6, 550e6].map((free) => hasRoom(free, 500, true))).toEqual([false, true]);
  });
});
