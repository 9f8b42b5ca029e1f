import { describe, expect, it } from 'vitest';
import { chooseFps, type RawStream, toMediaProbe } from '../../../../main/media/ffmpeg/mediaProbe.ts';
import { keyFrameDistance } from '../../../../main/media/ffmpeg/probe.ts';
import { parseProbeJson } from '../../../../main/media/ffmpeg/probeJson.ts';
import { parseProbeText } from '../../../../main/media/ffmpeg/probeText.ts';

const format = { name: 'mov,mp4,m4a,3gp,3g2,mj2', durationSeconds: 20, startSeconds: 0 };
const picture = (more: Partial<RawStream>): RawStream => ({
  kind: 'video',
  codec: 'h264',
  width: 640,
  height: 360,
  baseFps: 25,
  averageFps: 25,
  ...more,
});

describe('toMediaProbe', () => {
  it.each([
    ['upright', 0, { width: 640, height: 360, rotationDegrees: 0 }],
    ['a phone held upright, counted by ffmpeg as -90', -90, { width: 360, height: 640, rotationDegrees: 90 }],
    ['the other way round', 90, { width: 360, height: 640, rotationDegrees: 270 }],
    ['head over', 180, { width: 640, height: 360, rotationDegrees: 180 }],
    ['an angle that is no quarter', -89.99, { width: 360, height: 640, rotationDegrees: 90 }],
  ])('turns the size: %s', (_name, rotation, expected) => {
    expect(toMediaProbe(format, [picture({ rotation })]).video).toMatchObject(expected);
  });

  it('shows anamorphic pictures with square pixels', () => {
    const { video } = toMediaProbe(format, [picture({ width: 720, height: 576, sampleAspect: 64 / 45 })]);
    expect(video).toMatchObject({ width: 1024, height: 576, codedWidth: 720 });
  });

  it('does not believe absurd pixel shapes', () => {
    const { video } = toMediaProbe(format, [picture({ sampleAspect: 5000 })]);
    expect(video).toMatchObject({ width: 640, sampleAspect: 1 });
  });

  it('does not take a cover picture for a film', () => {
    const streams: RawStream[] = [
      { kind: 'audio', codec: 'mp3', sampleRateHz: 44_100, channels: 2 },
      picture({ codec: 'mjpeg', isCoverPicture: true }),
    ];
    expect(toMediaProbe(format, streams)).toMatchObject({ video: null, audio: { codec: 'mp3' } });
  });

  it('takes the default stream, else the largest, and counts within its kind', () => {
    const streams: RawStream[] = [
      { kind: 'audio', codec: 'aac', sampleRateHz: 48_000, channels: 2 },
      picture({ width: 320, height: 180 }),
      picture({ width: 1280, height: 720 }),
      { kind: 'audio', codec: 'ac3', sampleRateHz: 48_000, channels: 6 },
      { kind: 'audio', codec: 'aac', sampleRateHz: 48_000, channels: 1, isDefault: true },
    ];
    expect(toMediaProbe(format, streams)).toMatchObject({
      video: { position: 1, width: 1280 },
      audio: { position: 2, channels: 1 },
    });
  });

  it('leaves out what has no decoder or no size', () => {
    const streams = [picture({ codec: null }), picture({ width: 0 })];
    expect(toMediaProbe(format, streams).video).toBeNull();
  });
});

describe('chooseFps', () => {
  it.each([
    ['constant', { baseFps: 25, averageFps: 25 }, 25, false],
    ['29.97, written rounded', { baseFps: 29.97, averageFps: 29.97 }, 30_000 / 1001, false],
    ['a little off the base', { baseFps: 60, averageFps: 59.2 }, 60, false],
    ['a phone', { baseFps: 60, averageFps: 27.5 }, 30, true],
    ['a screen recording', { baseFps: 60, averageFps: 8 }, 10, true],
    ['WebM, which counts milliseconds', { baseFps: 1000, averageFps: 29.97 }, 30_000 / 1001, false],
    ['an RTMP source without numbers', { baseFps: 90_000, averageFps: null }, null, false],
    ['no average yet', { baseFps: 25, averageFps: null }, 25, false],
    ['interlaced: fields are not frames', { baseFps: 50, averageFps: 25, isInterlaced: true }, 25, false],
  ])('%s', (_name, stream, value, isVariable) => {
    expect(chooseFps(stream)).toEqual({ value, isVariable });
  });
});

/** As ffmpeg 5.1.9 and 7.0.2 print it, to stderr. */
const reports = {
  '5.1': `Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/tmp/rot90.mp4':
  Metadata:
    major_brand     : isom
    encoder         : Lavf59.27.100
  Duration: 00:00:20.00, start: 0.000000, bitrate: 1907 kb/s
  Stream #0:0[0x1](und): Video: h264 (Constrained Baseline) (avc1 / 0x31637661), yuv420p(progressive), 640x360 [SAR 1:1 DAR 16:9], 1832 kb/s, 25 fps, 25 tbr, 12800 tbn (default)
    Metadata:
      handler_name    : VideoHandler
    Side data:
      displaymatrix: rotation of 90.00 degrees
  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706d), 44100 Hz, mono, fltp, 69 kb/s (default)
    Metadata:
      handler_name    : SoundHandler
At least one output file must be specified`,
  '7.0': `Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/tmp/rot90.mp4':
  Duration: 00:00:20.00, start: 0.000000, bitrate: 1907 kb/s
  Stream #0:0[0x1](und): Video: h264 (Constrained Baseline) (avc1 / 0x31637661), yuv420p(progressive), 640x360 [SAR 1:1 DAR 16:9], 1832 kb/s, 25 fps, 25 tbr, 12800 tbn (default)
      Metadata:
        handler_name    : VideoHandler
      Side data:
        displaymatrix: rotation of 90.00 degrees
  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706d), 44100 Hz, mono, fltp, 69 kb/s (default)`,
};

describe('parseProbeText', () => {
  it.each(Object.entries(reports))('reads a report of version %s', (_version, report) => {
    expect(parseProbeText(report)).toMatchObject({
      formatName: 'mov,mp4,m4a,3gp,3g2,mj2',
      durationSeconds: 20,
      video: {
        codec: 'h264',
        profile: 'Constrained Baseline',
        width: 360,
        height: 640,
        rotationDegrees: 270,
        fps: 25,
        pixelFormat: 'yuv420p',
        bitrateKbps: 1832,
      },
      audio: { codec: 'aac', profile: 'LC', sampleRateHz: 44_100, channels: 1 },
    });
  });

  it.each([
    [
      'colours',
      'h264 (High), yuv420p(tv, bt709, top first), 1920x1080 [SAR 4:3 DAR 16:9], 25 fps, 50 tbr, 90k tbn',
      {
        width: 2560,
        isInterlaced: true,
        colour: { space: 'bt709', primaries: 'bt709', transfer: 'bt709', range: 'tv' },
      },
    ],
    [
      'three colours',
      'hevc (Main 10), yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67), 1920x1080, 29.97 fps, 29.97 tbr',
      { colour: { space: 'bt2020nc', primaries: 'bt2020', transfer: 'arib-std-b67', range: 'tv' } },
    ],
    [
      'a plain pixel format',
      'vp9 (Profile 0), yuv420p, 320x180, 25 fps, 25 tbr, 1k tbn',
      { pixelFormat: 'yuv420p', fps: 25 },
    ],
  ])('reads %s', (_name, description, expected) => {
    const report = `Input #0, matroska,webm, from 'x':\n  Duration: N/A, start: 0.000000\n  Stream #0:0: Video: ${description}`;
    expect(parseProbeText(report)).toMatchObject({ durationSeconds: null, video: expected });
  });

  it('is not taken in by a title that looks like a stream', () => {
    const report = `Input #0, mp3, from 'x':\n  Metadata:\n    title           : Stream #0:0: Video: h264, 640x360\n  Duration: 00:00:01.00\n  Stream #0:0: Audio: mp3, 44100 Hz, 5.1(side), fltp, 192 kb/s`;
    expect(parseProbeText(report)).toMatchObject({ video: null, audio: { channels: 6 } });
  });

  it('finds nothing where ffmpeg could not open it', () => {
    expect(parseProbeText('file:/nope.mp4: No such file or directory')).toBeNull();
  });
});

describe('parseProbeJson', () => {
  it('reads what ffprobe says of a transport stream', () => {
    const json = JSON.stringify({
      streams: [
        {
          index: 0,
          codec_type: 'video',
          codec_name: 'h264',
          width: 320,
          height: 180,
          sample_aspect_ratio: '0:1',
          r_frame_rate: '25/1',
          avg_frame_rate: '0/0',
          field_order: 'progressive',
          color_range: 'tv',
          color_space: 'unknown',
          start_time: '-9.317689',
        },
        { index: 1, codec_type: 'data', codec_name: 'bin_data' },
      ],
      format: { format_name: 'mpegts', duration: '20.023222', start_time: '-9.340911' },
    });
    expect(parseProbeJson(json)).toMatchObject({
      formatName: 'mpegts',
      startSeconds: -9.340911,
      audio: null,
      video: { fps: 25, sampleAspect: 1, startSeconds: -9.317689, colour: { space: null, range: 'tv' } },
    });
  });

  it.each([
    ['half of an answer', '{"streams": ['],
    ['something else', '[]'],
  ])('refuses %s', (_name, text) => {
    expect(parseProbeJson(text)).toBeNull();
  });

  it('reads an answer that says nothing as nothing usable', () => {
    expect(parseProbeJson('{}')).toMatchObject({ video: null, audio: null, durationSeconds: null });
  });
});

describe('keyFrameDistance', () => {
  it.each([
    ['steady', '0.0,K__\n0.5,___\n2.0,K__\n2.5,___\n4.0,K__\n', 2],
    ['one long group', '0.0,K__\n2.0,K__\n14.0,K__\n', 12],
    ['a single key frame', '0.0,K__\n30.0,___\n59.9,___\n', 59.9],
    ['no key frame at all', '0.0,___\n', null],
    ['nothing', '', null],
    ['pictures without a time', 'N/A,K__\n1.0,K__\n3.0,___\n', 2],
  ])('%s', (_name, csv, seconds) => {
    expect(keyFrameDistance(csv)).toBe(seconds);
  });
});
