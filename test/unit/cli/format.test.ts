import { describe, expect, it } from 'vitest';
import { inputOf } from '../../../main/cli/commands/probe.ts';
import { formatBytes, formatSpan, formatTable, printable, shorten } from '../../../main/cli/format.ts';

describe('figures', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [99_940, '99.9 kB'],
    [99_960, '100 kB'],
    [999_600, '1.0 MB'],
    [34_700_000, '34.7 MB'],
    [5e15, '5000 TB'],
  ])('%i bytes', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [-5, '0:00:00'],
    [59_999, '0:00:59'],
    [3_723_000, '1:02:03'],
    [360_000_000, '100:00:00'],
  ])('%i ms', (milliseconds, text) => {
    expect(formatSpan(milliseconds)).toBe(text);
  });

  it('stand in columns, right-aligned where asked', () => {
    const columns = [{ title: 'NAME' }, { title: 'RATE', align: 'right' }] as const;
    expect(
      formatTable(columns, [
        ['Żółw', '5'],
        ['a', '12345'],
      ]),
    ).toEqual(['NAME   RATE', 'Żółw      5', 'a     12345']);
  });

  it('cannot be repainted by a name from outside', () => {
    expect(printable('a\u001b[2Jb\r\u202ec\u0085')).toBe('a\ufffd[2Jb\ufffd\ufffdc\ufffd');
    expect(printable('Żółw 🎥')).toBe('Żółw 🎥');
  });

  it('are shortened by characters, not by halves of them', () => {
    expect(shorten('🎥🎥🎥', 2)).toBe('🎥…');
    expect(shorten('abc', 3)).toBe('abc');
  });
});

describe('inputOf', () => {
  it.each([
    ['show.mp4', { type: 'file', path: '/videos/show.mp4' }],
    ['/abs/show.mp4', { type: 'file', path: '/abs/show.mp4' }],
    ['-v.mp4', { type: 'file', path: '/videos/-v.mp4' }],
    ['concat:a|b', { type: 'file', path: '/videos/concat:a|b' }],
    ['RTMPS://host/live', { type: 'rtmp', url: 'RTMPS://host/live' }],
    ['srt://host:9000', { type: 'srt', url: 'srt://host:9000' }],
    ['https://host/a.m3u8', { type: 'http', url: 'https://host/a.m3u8' }],
  ])('%s', (place, expected) => {
    expect(inputOf(place, '/videos')).toEqual(expected);
  });

  it('refuses other schemes by name', () => {
    expect(() => inputOf('gopher://x', '/')).toThrow('gopher:// is not an input');
  });
});
