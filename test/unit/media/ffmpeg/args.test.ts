import { describe, expect, it } from 'vitest';
import { concatString, filterValue } from '../../../../main/media/ffmpeg/args.ts';
import { jobArguments } from '../../../../main/media/ffmpeg/command.ts';
import { runArguments } from '../../../../main/media/ffmpeg/ffmpegRunner.ts';

describe('filterValue', () => {
  it.each([
    ['plain path', '/tmp/a.txt', '/tmp/a.txt'],
    ['colon', 'C:/a.txt', 'C\\\\:/a.txt'],
    ['quote', "it's", "it\\\\\\'s"],
    ['backslash', 'a\\b', 'a\\\\\\\\b'],
    ['what separates filters', '[x],y;z', '\\[x\\]\\,y\\;z'],
  ])('%s', (_name, value, escaped) => {
    expect(filterValue(value)).toBe(escaped);
  });
});

describe('concatString', () => {
  it('cannot be closed from inside', () => {
    expect(concatString("a'b\\c")).toBe("'a'\\''b\\c'");
  });
});

describe('runArguments', () => {
  it('never overwrites unless told so', () => {
    expect(runArguments({ args: ['-i', 'a', 'b'], feedsStdin: false })).toContain('-n');
    expect(runArguments({ args: ['-y', '-i', 'a', 'b'], feedsStdin: false })).not.toContain('-n');
  });

  it('keeps ffmpeg from reading commands out of the stream that it is fed', () => {
    expect(runArguments({ args: [], feedsStdin: true })).toContain('-nostdin');
    expect(runArguments({ args: [], feedsStdin: false, stdinText: 'ffconcat' })).toContain('-nostdin');
    expect(runArguments({ args: [], feedsStdin: false })).not.toContain('-nostdin');
  });
});

describe('jobArguments', () => {
  it('keeps the order, and arguments with blanks whole', () => {
    const args = jobArguments({
      input: { url: 'file:/my pictures/a b.png', options: ['-f', 'png_pipe'] },
      videoFilters: ['scale=64:64', 'format=yuv420p'],
      outputOptions: ['-x264-params', 'a=1 b=2', '-f', 'flv'],
    });
    expect(args.join('|')).toBe(
      '-nostdin|-hide_banner|-loglevel|error|-f|png_pipe|-i|file:/my pictures/a b.png|' +
        '-filter:v|scale=64:64,format=yuv420p|-map_metadata|-1|-x264-params|a=1 b=2|-f|flv|pipe:1',
    );
  });
});
