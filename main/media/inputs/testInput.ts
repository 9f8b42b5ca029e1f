import type { Input } from '../../contract/inputs.ts';
import { fontOption } from '../ffmpeg/abilities.ts';
import type { MediaProbe } from '../ffmpeg/mediaProbe.ts';
import { type InputContext, type InputSource, singleSource } from './inputSource.ts';

type TestInput = Extract<Input, { type: 'test' }>;

export interface TestPicture {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

export const defaultTestPicture: TestPicture = { width: 1280, height: 720, fps: 30 };

/**
 * A scene that shows at a glance whether everything works: a swinging block (smooth motion), a running clock, and once a
 * second a white flash together with a beep (sound and picture in step). Everything is a function of the time since
 * the beginning, so that a second encoder can continue where the first is. The ground is drawn once, not per frame.
 */
export function testSource(input: TestInput, picture: TestPicture, context: InputContext): InputSource {
  const graph = [...pictureGraph(picture, context), soundGraph(context.elapsedMs / 1000)].join(';');
  const left = input.durationSeconds === undefined ? null : input.durationSeconds - context.elapsedMs / 1000;
  return singleSource(
    {
      options: ['-f', 'lavfi'],
      readOptions: left === null ? [] : ['-t', Math.max(0.1, left).toFixed(3)],
      url: graph,
    },
    { pacing: 'always', canSeek: true, hasSteadySize: true, probing: 'known' },
  );
}

/** What the scene is, without asking ffmpeg. */
export function testPictureProbe(input: TestInput, { width, height, fps }: TestPicture): MediaProbe {
  return {
    formatName: 'lavfi',
    durationSeconds: input.durationSeconds ?? null,
    startSeconds: 0,
    video: {
      position: 0,
      codec: 'rawvideo',
      profile: null,
      codedWidth: width,
      codedHeight: height,
      width,
      height,
      rotationDegrees: 0,
      sampleAspect: 1,
      fps,
      hasVariableFps: false,
      isInterlaced: false,
      pixelFormat: 'yuv420p',
      colour: { space: 'bt709', primaries: 'bt709', transfer: 'bt709', range: 'tv' },
      startSeconds: 0,
      bitrateKbps: null,
      keyFrameSeconds: null,
    },
    audio: {
      position: 0,
      codec: 'pcm_s16le',
      profile: null,
      sampleRateHz: 48_000,
      channels: 2,
      startSeconds: 0,
      bitrateKbps: null,
    },
  };
}

function pictureGraph(picture: TestPicture, context: InputContext): string[] {
  const { width, height, fps } = picture;
  const size = `${width}x${height}`;
  const unit = Math.max(8, Math.round(height / 18));
  const now = `(t+${(context.elapsedMs / 1000).toFixed(3)})`;
  const box = (x: number, y: number, color: string): string =>
    `drawbox=x=${Math.round(x)}:y=${Math.round(y)}:w=${Math.round(width / 8)}:h=${unit}:color=${color}:t=fill`;
  const bars = ['white', '0xe9c46a', '0x2a9d8f', '0x8ab17d', '0xf4a261', '0xe76f51', '0x3d5a80', 'black'];
  const ground = [
    context.abilities.filters.has('gradients')
      ? `gradients=s=${size}:r=${fps}:c0=0x0b132b:c1=0x27476e:x0=0:y0=0:x1=${width}:y1=${height}:n=2:seed=1`
      : `color=c=0x14213d:s=${size}:r=${fps}`,
    'trim=end_frame=1',
    ...bars.map((color, index) => box((index * width) / 8, height - unit, color)),
    'scale=out_color_matrix=bt709:out_range=tv',
    'format=yuv420p',
    'loop=loop=-1:size=1',
    `setpts=N/(${fps}*TB)`,
  ];
  const sprite = (side: number, color: string): string =>
    `color=c=${color}:s=${side}x${side}:r=${fps},format=yuv420p`;
  const swing = `x='(W-w)/2+W/3*sin(2*PI*${now}/4)':y='H*0.62+H/16*cos(4*PI*${now}/4)'`;
  return [
    `${ground.join(',')}[ground]`,
    `${sprite(2 * unit, '0xf4a261')}[block]`,
    `${sprite(unit, 'white')}[flash]`,
    // Twelve pictures of snow in turn: something for the encoder to do, so that the bitrate asked for is really reached.
    `color=c=gray:s=${4 * unit}x${2 * unit}:r=${fps},format=yuv420p,noise=c0s=90:c0f=t,trim=end_frame=12,loop=loop=-1:size=12,setpts=N/(${fps}*TB)[snow]`,
    `[ground][snow]overlay=x=w/4:y=h/4[textured]`,
    `[textured][block]overlay=${swing}[moving]`,
    `[moving][flash]overlay=x=W-w*1.5:y=w/2:enable='lt(mod(${now},1),0.1)'${texts(picture, context)}[out0]`,
  ];
}

function texts(picture: TestPicture, context: InputContext): string {
  const { font } = context.abilities;
  if (font === null) return '';
  const { height } = picture;
  const seconds = (context.elapsedMs / 1000).toFixed(3);
  const line = (text: string, fontSize: number, y: number): string =>
    `,drawtext=${fontOption(font)}:text='${text}':fontcolor=white:fontsize=${Math.round(fontSize)}:x=(w-text_w)/2:y=${Math.round(y)}`;
  return [
    line('streamware', height / 12, height * 0.2),
    line(`%{pts\\:hms\\:${seconds}}`, height / 6, height * 0.33),
  ].join('');
}

/** A quiet tone that is louder for a tenth of every second. */
function soundGraph(elapsedSeconds: number): string {
  const now = `(t+${elapsedSeconds.toFixed(3)})`;
  return `sine=frequency=440:sample_rate=48000:samples_per_frame=480,volume='if(lt(mod(${now},1),0.1),0.5,0.05)':eval=frame,aformat=channel_layouts=stereo[out1]`;
}
