import { describe, expect, it } from 'vitest';
import { unpackedPath } from '../../../../main/media/ffmpeg/binary.ts';
import { isAtLeast, parseVersion } from '../../../../main/media/ffmpeg/version.ts';

function output(version: string, libavutil = '57. 28.100'): string {
  return [
    `ffmpeg version ${version} Copyright (c) 2000-2024 the FFmpeg developers`,
    'built with gcc 12 (Debian 12.2.0-14+deb12u1)',
    `libavutil      ${libavutil} / ${libavutil}`,
    'libavcodec     59. 37.100 / 59. 37.100',
  ].join('\n');
}

describe('parseVersion', () => {
  it.each([
    ['Debian', output('5.1.9-0+deb12u1'), 5, 1],
    ['Ubuntu', output('6.1.1-3ubuntu5'), 6, 1],
    ['a git tag', output('n6.0'), 6, 0],
    ['commits behind a git tag', output('n7.1-19-gabcdef'), 7, 1],
    ['gyan.dev', output('7.1.1-essentials_build-www.gyan.dev'), 7, 1],
    ['John Van Sickle', output('7.0.2-static https://johnvansickle.com/ffmpeg/ '), 7, 0],
    ['two digits', output('10.0'), 10, 0],
    ['from git, by libavutil 57.28', output('N-108888-g1234567'), 5, 1],
    ['from git, by libavutil 58.29', output('N-112222-gfedcba9', '58. 29.100'), 6, 1],
    ['a nightly, by libavutil 60.8', output('2025-09-01-git-3ea6c2fe25-full_build', '60.  8.100'), 8, 0],
    ['newer than this table', output('N-199999-g0000000', '61. 99.100'), 8, 1],
    ['older than this table', output('git-2016-01-01', '55. 11.100'), 0, 0],
  ])('reads %s', (_name, text, major, minor) => {
    expect(parseVersion(text)).toMatchObject({ major, minor });
  });

  it.each([
    ['another program', 'Python 3.11.2'],
    ['an empty answer', ''],
    ['a build from git without its libraries', 'ffmpeg version N-1-gabc Copyright'],
  ])('refuses %s', (_name, text) => {
    expect(parseVersion(text)).toBeNull();
  });

  it('keeps the text as it was printed', () => {
    expect(parseVersion(output('n6.0'))?.text).toBe('n6.0');
  });
});

describe('isAtLeast', () => {
  it.each([
    [5, 1, true],
    [5, 0, false],
    [4, 9, false],
    [6, 0, true],
  ])('%i.%i', (major, minor, expected) => {
    expect(isAtLeast({ text: '', major, minor }, 5, 1)).toBe(expected);
  });
});

describe('unpackedPath', () => {
  it.each([
    [
      '/opt/Streamware/resources/app.asar/node_modules/ffmpeg-static/ffmpeg',
      '/opt/Streamware/resources/app.asar.unpacked/node_modules/ffmpeg-static/ffmpeg',
    ],
    [
      'C:\\S\\resources\\app.asar\\node_modules\\ffmpeg.exe',
      'C:\\S\\resources\\app.asar.unpacked\\node_modules\\ffmpeg.exe',
    ],
    ['/home/app.asarium/ffmpeg', '/home/app.asarium/ffmpeg'],
  ])('%s', (packed, expected) => {
    expect(unpackedPath(packed)).toBe(expected);
  });
});
