import { describe, expect, it } from 'vitest';
import { inputSchema } from '../../../../main/contract/inputs.ts';
import { processingStepSchema } from '../../../../main/contract/processing.ts';
import {
  type EncoderPlan,
  type EncoderPlanRequest,
  planEncoder,
} from '../../../../main/media/encoder/encoderPlan.ts';
import { findVideoEncoder } from '../../../../main/media/encoder/videoEncoders.ts';
import { inputSource } from '../../../../main/media/inputs/index.ts';
import { inputContext, someAbilities, someProbe } from '../../../helpers/encoderParts.ts';

const x264 = findVideoEncoder('libx264') ?? undefined;

function plan(
  options: Partial<Omit<EncoderPlanRequest, 'processing' | 'source'>> & {
    steps?: readonly unknown[];
    input?: unknown;
  } = {},
): EncoderPlan {
  const { steps = [], input = { type: 'file', path: '/a.mp4' }, ...more } = options;
  return planEncoder({
    source: inputSource(inputSchema.parse(input), inputContext()),
    probe: someProbe(),
    processing: steps.map((step) => processingStepSchema.parse(step)),
    renditions: [{ id: 'main', request: {} }],
    encoders: x264 === undefined ? {} : { h264: x264 },
    abilities: someAbilities,
    version: { text: '5.1.9', major: 5, minor: 1 },
    images: [],
    textFolder: '/data/texts',
    ...more,
  });
}

function graph({ args }: EncoderPlan): string {
  return args[args.indexOf('-filter_complex') + 1] ?? '';
}

function count(args: readonly string[], value: string): number {
  return args.filter((arg) => arg === value).length;
}

describe('one decode, one encode per rendition', () => {
  const renditions = [
    { id: 'main', request: {} },
    { id: 'r1', request: { width: 640, height: 360, fps: 15 } },
    { id: 'r2', request: { bitrateKbps: 900, audioBitrateKbps: 96 } },
  ];

  it('reads the input once and encodes the picture once per rendition', () => {
    const { args } = plan({ renditions });
    expect([count(args, '-i'), count(args, 'libx264')]).toEqual([1, 3]);
  });

  it('encodes the sound once per sound bitrate', () => {
    const made = plan({ renditions });
    expect(count(made.args, 'aac')).toBe(3);
    const shared = plan({
      renditions: [renditions[0], { id: 'r2', request: { bitrateKbps: 900 } }] as never,
    });
    expect(count(shared.args, 'aac')).toBe(1);
    expect(shared.renditions.map(({ audioPipe }) => audioPipe)).toEqual([2, 2]);
  });

  it('splits the program after the steps that all share', () => {
    const chain = graph(plan({ renditions, steps: [{ type: 'text', text: 'x' }] }));
    expect(chain).toContain('[program]split=3[p0][p1][p2]');
    expect(chain.match(/drawtext/g)).toHaveLength(1);
    expect(chain).toContain('[p1]fps=15,scale=640:360');
  });

  it('writes every pipe on the same clock', () => {
    const { args, pipes } = plan({ renditions });
    expect(pipes).toBe(6);
    expect(count(args, '-output_ts_offset')).toBe(6);
    expect(new Set(args.filter((_, index) => args[index - 1] === '-output_ts_offset'))).toEqual(
      new Set(['1']),
    );
  });
});

describe('the picture', () => {
  it('follows the source', () => {
    const [main] = plan().renditions;
    expect(main?.settings).toMatchObject({
      width: 1280,
      height: 720,
      fps: 30,
      bitrateKbps: 2500,
      codec: 'h264',
    });
  });

  it.each([
    ['an odd size loses a line and a column', { width: 641, height: 361 }, 'crop=640:360:0:0', '640x360'],
    [
      'wide pixels become square',
      { width: 720, height: 576, sampleAspect: 64 / 45 },
      'scale=1024:576',
      '1024x576',
    ],
    ['too large is made smaller', { width: 3840, height: 2160 }, 'scale=1920:1080', '1920x1080'],
  ])('%s', (_name, video, filter, expected) => {
    const made = plan({ probe: someProbe({ video }) });
    expect(graph(made)).toContain(filter);
    expect(`${made.renditions[0]?.settings.width}x${made.renditions[0]?.settings.height}`).toBe(expected);
  });

  it('has a constant rate, capped at 60', () => {
    expect(graph(plan({ probe: someProbe({ video: { baseFps: 60, averageFps: 27.5 } }) }))).toContain(
      'fps=30',
    );
    expect(graph(plan({ probe: someProbe({ video: { baseFps: 120, averageFps: 120 } }) }))).toContain(
      'fps=60',
    );
  });

  it('gets bars rather than a wrong shape', () => {
    const renditions = [{ id: 'main', request: { width: 640, height: 640 } }];
    expect(graph(plan({ renditions }))).toContain(
      'scale=640:640:force_original_aspect_ratio=decrease,pad=640:640:(ow-iw)/2:(oh-ih)/2:color=black',
    );
  });

  it('is converted where its numbers mean other colours', () => {
    expect(graph(plan({ probe: someProbe({ video: { pixelFormat: 'bgr0' } }) }))).toContain(
      'scale=out_color_matrix=bt709:out_range=tv',
    );
    const hdr = someProbe({ video: { pixelFormat: 'yuv420p10le', colour: { transfer: 'smpte2084' } } });
    expect(graph(plan({ probe: hdr }))).toContain('tonemap=tonemap=hable');
    expect(plan({ probe: hdr }).notices[0]).toContain('HDR');
  });

  it('is deinterlaced before anything else when asked, and when not, that is said', () => {
    const probe = someProbe({ video: { isInterlaced: true, baseFps: 50, averageFps: 25 } });
    expect(graph(plan({ probe, steps: [{ type: 'deinterlace' }] }))).toMatch(/bwdif=[^,]*,fps=25/);
    expect(plan({ probe }).notices.join()).toContain('deinterlace');
  });

  it('survives a source that changes its size while it runs', () => {
    const chain = graph(plan({ input: { type: 'ingest', key: 'k' } }));
    expect(chain).toContain(
      'scale=iw*sar:ih,scale=1280:720:force_original_aspect_ratio=decrease,pad=1280:720',
    );
  });

  it('is drawn from the sound when there is none, and ends with it', () => {
    const made = plan({ probe: someProbe({ video: null }) });
    expect(graph(made)).toContain('[0:a:0]asplit=2[heard][sound0]');
    expect(graph(made)).toContain('shortest=1[wave]');
    expect(made.notices).toContain('There is no picture: the sound is shown as a wave.');
  });
});

describe('the steps', () => {
  it('are done in the order in which they were put', () => {
    const steps = [
      { type: 'crop', x: 0, y: 0, width: 640, height: 640 },
      { type: 'scale', width: 320, height: 320 },
      { type: 'pad', width: 400, height: 320, color: 'white' },
    ];
    const made = plan({ steps });
    expect(graph(made)).toContain(
      'crop=640:640:0:0,scale=320:320,setsar=1,pad=400:320:(ow-iw)/2:(oh-ih)/2:color=white',
    );
    expect(made.renditions[0]?.settings).toMatchObject({ width: 400, height: 320 });
  });

  it('refuse what cannot fit, and name the step', () => {
    const steps = [
      { type: 'scale', width: 320, height: 180 },
      { type: 'crop', x: 0, y: 0, width: 640, height: 100 },
    ];
    expect(() => plan({ steps })).toThrow(
      expect.objectContaining({ code: 'request.invalid', field: 'processing.1' }),
    );
  });

  it('refuse a colour that ffmpeg would not know', () => {
    const steps = [{ type: 'text', text: 'x', color: 'nocolour' }];
    expect(() => plan({ steps })).toThrow(expect.objectContaining({ field: 'processing.0.color' }));
  });

  it('never make a filter of a text', () => {
    const text = "x':drawtext=textfile=/etc/passwd,[in]%{metadata:x}";
    const made = plan({ steps: [{ type: 'text', text }] });
    expect(made.args.join(' ')).not.toContain('passwd');
    expect(graph(made)).toContain('textfile=/data/texts/text-0.txt:reload=1:expansion=none');
    expect(made.textFiles).toEqual([{ path: '/data/texts/text-0.txt', text }]);
  });

  it('find their files in folders with any name', () => {
    const made = plan({ steps: [{ type: 'text', text: 'x' }], textFolder: "/home/o'neil/a:b [c]" });
    expect(graph(made)).toContain("textfile=/home/o\\\\\\'neil/a\\\\:b \\[c\\]/text-0.txt");
  });

  it('open a watermark as a picture and nothing else', () => {
    const images = [{ path: '/logos/%d.png', format: 'png_pipe' }];
    const made = plan({ steps: [{ type: 'watermark', image: '/logos/%d.png', opacity: 0.5 }], images });
    expect(made.args.join(' ')).toContain('-protocol_whitelist file -f png_pipe -i file:/logos/%d.png');
    expect(graph(made)).toContain('[1:v:0]format=rgba');
    expect(graph(made)).toContain('colorchannelmixer=aa=0.5');
  });

  it('leave text out, and say so, where it cannot be drawn', () => {
    const made = plan({ steps: [{ type: 'text', text: 'x' }], abilities: { ...someAbilities, font: null } });
    expect(graph(made)).not.toContain('drawtext');
    expect(made.notices).toContain('This ffmpeg cannot draw text: it is left out.');
  });
});

describe('the sound', () => {
  const soundArgs = (made: EncoderPlan): string => made.args[made.args.indexOf('-af') + 1] ?? '';

  it('becomes 48 kHz stereo', () => {
    const made = plan();
    expect(soundArgs(made)).toContain(
      'aresample=48000:async=1,aformat=sample_fmts=fltp:channel_layouts=stereo',
    );
    expect(made.args.join(' ')).toContain('-c:a aac -b:a 160k -ar 48000 -ac 2');
  });

  it('has the user’s steps in their order', () => {
    const steps = [{ type: 'audio', gainDb: -3, delayMs: 120, loudness: true }];
    expect(soundArgs(plan({ steps }))).toContain('volume=-3dB,adelay=delays=120:all=1,loudnorm=');
  });

  it.each([
    ['none', { probe: someProbe({ audio: null }) }, 'There is no sound: silence is added.'],
    ['muted', { steps: [{ type: 'audio', mute: true }] }, undefined],
  ])('%s: nothing is encoded', (_name, options, notice) => {
    const made = plan(options);
    expect(count(made.args, 'aac')).toBe(0);
    expect(made.renditions[0]?.audioPipe).toBeNull();
    expect(made.notices[0]).toBe(notice);
  });

  it('follows its own clock when it is another device', () => {
    const made = plan({ input: { type: 'camera', device: '0', audioDevice: 'hw:0' } });
    expect(made.args.join(' ')).toContain('-map 1:a:0');
    expect(soundArgs(made)).toContain('async=1000');
  });

  it('is waited for longer when it is measured first', () => {
    const skew = (steps: readonly unknown[]): number => plan({ steps }).trackSkewMs.audioBehind;
    expect(skew([{ type: 'audio', loudness: true }]) - skew([])).toBe(3500);
  });
});

describe('passing through', () => {
  it('copies both tracks and encodes nothing', () => {
    const made = plan({ steps: [{ type: 'copy' }] });
    expect(made.args.join(' ')).toContain('-map 0:v:0 -c:v copy');
    expect(made.args).not.toContain('-filter_complex');
    expect(made.encoderNames).toEqual(['copy']);
  });

  it('still encodes the renditions beside it', () => {
    const renditions = [
      { id: 'main', request: {} },
      { id: 'r1', request: { height: 360 } },
    ];
    const made = plan({ steps: [{ type: 'copy' }], renditions });
    expect(made.encoderNames).toEqual(['copy', 'libx264']);
    expect(graph(made)).toContain('[v1]');
  });
});

describe('other codecs', () => {
  const renditions = [{ id: 'main', request: { codec: 'hevc' as const } }];

  it('are refused with the cure where this ffmpeg cannot carry them', () => {
    expect(() => plan({ renditions })).toThrow(
      expect.objectContaining({
        code: 'destination.codec_unsupported',
        hint: 'Choose H.264, or install a newer ffmpeg.',
      }),
    );
  });

  it('are used where it can', () => {
    const x265 = findVideoEncoder('libx265');
    const made = plan({
      renditions,
      abilities: { ...someAbilities, enhancedFlv: new Set(['hevc']) },
      encoders: x265 === null ? {} : { hevc: x265 },
    });
    expect(made.encoderNames).toEqual(['libx265']);
  });

  it('need an encoder that works', () => {
    expect(() => plan({ encoders: {} })).toThrow(expect.objectContaining({ code: 'encoder.none_works' }));
  });
});
