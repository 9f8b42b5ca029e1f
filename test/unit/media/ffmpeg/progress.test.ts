import { describe, expect, it } from 'vitest';
import type { FfmpegProgress } from '../../../../main/media/ffmpeg/ffmpegProcess.ts';
import { createProgressParser } from '../../../../main/media/ffmpeg/progress.ts';

function parse(text: string): (FfmpegProgress | null)[] {
  const parser = createProgressParser();
  return text
    .trim()
    .split('\n')
    .map((line) => parser.line(line))
    .filter((block) => block !== null);
}

describe('createProgressParser', () => {
  it('reads a block of version 5.1, where out_time_ms is in microseconds', () => {
    const block = `
frame=26
fps=25.83
stream_0_0_q=23.0
bitrate= 653.4kbits/s
total_size=68730
out_time_us=841000
out_time_ms=841000
out_time=00:00:00.841000
dup_frames=1
drop_frames=2
speed=0.836x
progress=continue`;
    expect(parse(block)).toEqual([
      {
        frame: 26,
        fps: 25.83,
        totalBytes: 68730,
        outTimeMs: 841,
        droppedFrames: 2,
        duplicatedFrames: 1,
        speed: 0.836,
      },
    ]);
  });

  it.each([
    ['N/A, as version 7 prints it', 'out_time_us=N/A\nout_time_ms=N/A\ntotal_size=N/A\nspeed=N/A'],
    [
      'the smallest 64-bit number, as version 5 prints it',
      'out_time_us=-9223372036854775807\ntotal_size=N/A',
    ],
    ['nothing at all', 'bitrate=N/A'],
  ])('knows that a value is not known: %s', (_name, lines) => {
    expect(parse(`${lines}\nprogress=end`)).toEqual([
      {
        frame: null,
        fps: null,
        totalBytes: null,
        outTimeMs: null,
        droppedFrames: null,
        duplicatedFrames: null,
        speed: null,
      },
    ]);
  });

  it('takes out_time_ms for microseconds where there is no out_time_us', () => {
    expect(parse('out_time_ms=2000000\nprogress=continue')[0]?.outTimeMs).toBe(2000);
  });

  it('carries nothing from one block into the next', () => {
    const blocks = parse('frame=10\nprogress=continue\nfps=25\nprogress=continue');
    expect(blocks.map((block) => block?.frame)).toEqual([10, null]);
  });

  it('takes the speed with its blank, as before the first second', () => {
    expect(parse('speed=   1x\nprogress=continue')[0]?.speed).toBe(1);
  });
});
