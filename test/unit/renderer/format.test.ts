import { describe, expect, it } from 'vitest';
import {
  fileName,
  formatBitrate,
  formatBytes,
  formatDuration,
  secondsUntil,
} from '../../../renderer/components/format.ts';

/** The blanks that numbers are grouped with are not all the same character. */
const plain = (text: string): string => text.replace(/\s/g, ' ');

describe('numbers', () => {
  it.each([
    [4630, 'en', '4.6 Mb/s'],
    [4630, 'pl', '4,6 Mb/s'],
    [0, 'pl', '0,0 Mb/s'],
  ])('%d kbit/s in %s', (kbps, language, text) => expect(plain(formatBitrate(kbps, language))).toBe(text));

  it.each([
    [0, 'en', '0 B'],
    [999, 'en', '999 B'],
    [34_700, 'en', '35 kB'],
    [34_700_000, 'en', '34.7 MB'],
    [1_234_567_890, 'pl', '1,2 GB'],
    [5e15, 'pl', '5000,0 TB'],
  ])('%d bytes in %s', (bytes, language, text) => expect(plain(formatBytes(bytes, language))).toBe(text));
});

describe('times', () => {
  it.each([
    [-5, '00:00:00'],
    [999, '00:00:00'],
    [4_351_000, '01:12:31'],
    [360_000_000, '100:00:00'],
  ])('%d ms', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

  it('counts down in whole seconds and stops at nought', () => {
    expect([5000, 4001, 4000, 1, 0, -9].map((left) => secondsUntil(left, 0))).toEqual([5, 5, 4, 1, 0, 0]);
  });
});

describe('file names', () => {
  it.each(['/home/ola/clip.mp4', 'C:\\Users\\ola\\clip.mp4', 'clip.mp4'])('%s', (path) =>
    expect(fileName(path)).toBe('clip.mp4'),
  );
});
