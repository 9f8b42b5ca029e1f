import { describe, expect, it } from 'vitest';
import { defaultBitrateKbps } from '../../../../main/media/encoder/bitrates.ts';
import { knownAnswer } from '../../../../main/media/encoder/encoderChoice.ts';
import { encoderEnd } from '../../../../main/media/encoder/encoderEnd.ts';
import {
  evenSize,
  fpsText,
  gopFrames,
  hasSameShape,
  limitedSize,
  renditionSize,
} from '../../../../main/media/encoder/geometry.ts';
import { h264Level } from '../../../../main/media/encoder/h264Level.ts';
import { encoderLatencySeconds, mustPace, pacing } from '../../../../main/media/encoder/pacing.ts';
import { wrapText } from '../../../../main/media/encoder/slateClip.ts';
import { findVideoEncoder, videoEncoders } from '../../../../main/media/encoder/videoEncoders.ts';
import type { FfmpegExit } from '../../../../main/media/ffmpeg/ffmpegProcess.ts';
import { someProbe } from '../../../helpers/encoderParts.ts';

const size = (text: string) => {
  const [width = 0, height = 0] = text.split('x').map(Number);
  return { width, height };
};

describe('sizes', () => {
  it.each([
    ['641x361', '640x360'],
    ['683x384', '682x384'],
    ['640x360', '640x360'],
    ['1x1', '2x2'],
  ])('%s is made even: %s', (from, to) => {
    expect(evenSize(size(from))).toEqual(size(to));
  });

  it.each([
    ['3840x2160', '1920x1080'],
    ['2160x3840', '1080x1920'],
    ['2560x1080', '1920x810'],
    ['1440x1440', '1080x1080'],
    ['1366x768', '1366x768'],
    ['641x361', '640x360'],
  ])('%s follows the source within limits: %s', (from, to) => {
    expect(limitedSize(size(from))).toEqual(size(to));
  });

  it.each([
    ['both sides asked for', '1280x720', { width: 640, height: 640 }, '640x640'],
    ['more than usual, asked for', '3840x2160', { width: 3840, height: 2160 }, '3840x2160'],
    ['width alone', '1280x720', { width: 640 }, '640x360'],
    ['height alone', '1366x768', { height: 480 }, '854x480'],
    ['odd', '1280x720', { width: 641, height: 361 }, '640x360'],
    ['nothing asked for', '3840x2160', {}, '1920x1080'],
  ])('%s', (_name, program, wish, expected) => {
    expect(renditionSize(size(program), wish)).toEqual(size(expected));
  });

  it.each([
    ['1366x768', '854x480', true],
    ['1280x720', '640x480', false],
    ['641x361', '640x360', true],
  ])('%s has the shape of %s: %s', (from, to, expected) => {
    expect(hasSameShape(size(from), size(to))).toBe(expected);
  });
});

describe('rates', () => {
  it.each([
    [30, '30'],
    [30_000 / 1001, '30000/1001'],
    [60_000 / 1001, '60000/1001'],
    [24_000 / 1001, '24000/1001'],
    [12.5, '12.5'],
    [25, '25'],
  ])('%d', (fps, text) => {
    expect(fpsText(fps)).toBe(text);
  });

  it.each([
    [30, 2, 60],
    [30_000 / 1001, 2, 60],
    [12.5, 2, 25],
    [1, 1, 1],
  ])('%d fps, key frame each %d s: %d pictures', (fps, seconds, frames) => {
    expect(gopFrames(fps, seconds)).toBe(frames);
  });
});

describe('defaultBitrateKbps', () => {
  it.each([
    ['1280x720', 30, 'h264', 2500],
    ['1920x1080', 30, 'h264', 4500],
    ['1920x1080', 60, 'h264', 6750],
    ['640x360', 30, 'h264', 1000],
    ['64x64', 10, 'h264', 150],
    ['8192x8192', 60, 'h264', 60_000],
    ['1280x720', 30, 'hevc', 1650],
  ] as const)('%s at %d in %s: %d', (text, fps, codec, kbps) => {
    expect(defaultBitrateKbps(size(text), fps, codec)).toBe(kbps);
  });

  it('grows with the size', () => {
    const sizes = ['320x180', '640x360', '960x540', '1280x720', '1600x900', '1920x1080', '3840x2160'];
    const rates = sizes.map((text) => defaultBitrateKbps(size(text), 30, 'h264'));
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
  });
});

describe('h264Level', () => {
  it.each([
    ['1280x720', 30, 2500, '3.1'],
    ['1280x720', 60, 4000, '3.2'],
    ['1920x1080', 30, 6000, '4.0'],
    ['1920x1080', 60, 6000, '4.2'],
    ['3840x2160', 30, 20_000, '5.1'],
    ['640x360', 30, 1000, '3.0'],
    ['8192x8192', 60, 60_000, '6.2'],
  ])('%s at %d', (text, fps, kbps, level) => {
    expect(h264Level(size(text), fps, kbps)).toBe(level);
  });

  it('stays the same over the bitrates that a size is sent with, so that a live change changes no header', () => {
    const levels = [500, 2500, 8000, 12_000].map((kbps) => h264Level(size('1280x720'), 30, kbps));
    expect(new Set(levels).size).toBe(1);
  });

  it('rises with a bitrate that it would not allow', () => {
    expect(h264Level(size('1280x720'), 30, 60_000)).toBe('4.2');
  });
});

describe('pacing', () => {
  const recorded = someProbe();
  const live = someProbe({ durationSeconds: null });

  it.each([
    ['a file', 'always', live, true],
    ['a camera', 'never', recorded, false],
    ['a film by HTTP', 'when recorded', recorded, true],
    ['a live stream by HTTP', 'when recorded', live, false],
    ['a live playlist, which comes in bursts', 'when recorded', { ...live, formatName: 'hls' }, true],
  ] as const)('%s', (_name, rule, probe, expected) => {
    expect(mustPace({ pacing: rule }, probe)).toBe(expected);
  });

  it('fills the look-ahead at the start, by what each version offers', () => {
    const version = (major: number, minor: number) => ({ text: '', major, minor });
    expect(pacing(0.6, version(5, 1), false)).toEqual({
      args: ['-re', '-itsoffset', '-0.600'],
      pictureFilters: ['setpts=PTS+0.600/TB'],
      soundFilters: ['asetpts=PTS+0.600/TB'],
    });
    expect(pacing(0.6, version(7, 0), false)).toEqual({
      args: ['-readrate', '1', '-readrate_initial_burst', '0.600'],
      pictureFilters: [],
      soundFilters: [],
    });
    expect(pacing(0, version(5, 1), true)).toEqual({ args: ['-re'], pictureFilters: [], soundFilters: [] });
  });

  it('loses nothing of the burst when a film is entered in the middle', () => {
    expect(pacing(0.6, { text: '', major: 5, minor: 1 }, true)).toEqual({
      args: ['-re', '-itsoffset', '-0.600', '-noaccurate_seek'],
      pictureFilters: ['trim=start=-0.600', 'setpts=PTS+0.600/TB'],
      soundFilters: ['atrim=start=-0.600', 'asetpts=PTS+0.600/TB'],
    });
  });

  it('knows that slow presets and low rates hold pictures longer, within reason', () => {
    const at = (preset: 'veryfast' | 'slow', fps: number) => encoderLatencySeconds({ preset, fps }, false);
    expect([at('veryfast', 30), at('slow', 30), at('slow', 1)]).toEqual([0.6, 58 / 30, 3]);
  });
});

describe('video encoders', () => {
  const settings = {
    codec: 'h264',
    width: 1280,
    height: 720,
    fps: 30,
    bitrateKbps: 2500,
    keyFrameIntervalSeconds: 2,
    preset: 'veryfast',
  } as const;

  it('are tried hardware first, x264 before openh264', () => {
    const names = videoEncoders.filter(({ codec }) => codec === 'h264').map(({ name }) => name);
    expect(names).toEqual([
      'h264_nvenc',
      'h264_qsv',
      'h264_amf',
      'h264_vaapi',
      'h264_videotoolbox',
      'libx264',
      'libopenh264',
    ]);
  });

  it.each(videoEncoders.map((encoder) => [encoder.name, encoder] as const))(
    '%s keeps to the bitrate and to the key-frame interval',
    (_name, encoder) => {
      const args = encoder.args({ ...settings, codec: encoder.codec }).join(' ');
      expect(args).toContain('-b:v 2500k');
      expect(args).toContain('-g 60');
      if (encoder.isHardware) expect(args).toContain('-bf 0');
    },
  );

  it('x264 is told everything that decides its headers', () => {
    const args = findVideoEncoder('libx264')?.args(settings).join(' ');
    expect(args).toBe(
      '-c:v libx264 -preset veryfast -profile:v high -level 3.1 -b:v 2500k -maxrate 2500k -bufsize 2500k ' +
        '-g 60 -keyint_min 60 -refs 1 -sc_threshold 0 -x264-params stitchable=1:open-gop=0',
    );
  });
});

describe('knownAnswer', () => {
  const answers = [
    { encoder: 'a', width: 1280, height: 720, fps: 30, works: true },
    { encoder: 'b', width: 1280, height: 720, fps: 30, works: false },
    { encoder: 'd', width: 64, height: 64, fps: 30, works: false },
  ];
  const wish = (text: string, fps: number) => ({ codec: 'h264', ...size(text), fps }) as const;

  it.each([
    ['what worked for more works for less', 'a', wish('640x360', 30), true],
    ['what worked for less must be tried for more', 'a', wish('1920x1080', 30), null],
    ['what worked at 30 must be tried at 60', 'a', wish('1280x720', 60), null],
    ['what failed for less fails for more', 'b', wish('1920x1080', 60), false],
    ['what failed for more must be tried for less', 'b', wish('640x360', 30), null],
    ['what failed for a very small picture', 'd', wish('1280x720', 30), null],
    ['what was never tried', 'c', wish('640x360', 30), null],
  ])('%s', (_name, name, asked, expected) => {
    expect(knownAnswer(answers, { name }, asked)).toBe(expected);
  });
});

describe('encoderEnd', () => {
  const exit = (more: Partial<FfmpegExit>): FfmpegExit => ({
    code: 0,
    signal: null,
    wasAsked: false,
    lastLines: [],
    ...more,
  });

  it.each([
    ['asked to stop', exit({ code: 255, wasAsked: true }), true, undefined],
    ['the end of the file', exit({}), true, 'input.ended'],
    ['an end before the first picture', exit({}), false, 'input.unreadable'],
    [
      'a refused connection',
      exit({ code: 1, lastLines: ['[error] x: Connection refused'] }),
      false,
      'input.unreachable',
    ],
    [
      'a graphics card that went away',
      exit({ code: 1, lastLines: ['[h264_nvenc] [error] x'] }),
      true,
      'encoder.failed',
    ],
    ['a crash', exit({ code: null, signal: 'SIGSEGV' }), true, 'ffmpeg.exited'],
    ['an unknown reason', exit({ code: 1, lastLines: ['[fatal] something new'] }), true, 'ffmpeg.exited'],
  ])('%s', (_name, ended, hadPicture, code) => {
    expect(encoderEnd(ended, hadPicture)?.code).toBe(code);
  });

  it('says the last words of what it does not know', () => {
    const error = encoderEnd(exit({ code: 1, lastLines: ['[fatal] something new'] }), true);
    expect(error?.detail).toBe('ffmpeg: exit code 1: [fatal] something new');
  });
});

describe('wrapText', () => {
  it.each([
    ["We'll be right back", 28, ["We'll be right back"]],
    ['one two three', 7, ['one two', 'three']],
    ['Donaudampfschiff ahoy', 8, ['Donaudam', 'pfschiff', 'ahoy']],
    ['  ', 8, []],
    ['🎥🎥🎥', 2, ['🎥🎥', '🎥']],
  ])('%j', (text, lineChars, lines) => {
    expect(wrapText(text, lineChars)).toEqual(lines);
  });
});
