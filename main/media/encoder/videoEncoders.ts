/**
 * The video encoders we know, best first, and their arguments: constant bitrate with a buffer of one second, a fixed
 * key-frame interval, no pictures out of order from hardware. Pure. Whether one works is tried in encoderChoice.ts.
 */
import type { RenditionRequest } from '../../contract/processing.ts';
import { words } from '../ffmpeg/args.ts';
import { gopFrames, type Size } from './geometry.ts';
import { h264Level } from './h264Level.ts';

export type VideoCodecName = NonNullable<RenditionRequest['codec']>;

/** Everything that decides the bits an encoder makes. Slate and program are alike when these are. */
export interface EncoderSettings extends Size {
  readonly codec: VideoCodecName;
  readonly fps: number;
  readonly bitrateKbps: number;
  readonly keyFrameIntervalSeconds: number;
  readonly preset: NonNullable<RenditionRequest['preset']>;
}

export interface VideoEncoder {
  /** ffmpeg's name. */
  readonly name: string;
  readonly codec: VideoCodecName;
  readonly isHardware: boolean;
  readonly platforms: readonly NodeJS.Platform[] | 'all';
  /** Options before the inputs, such as the device. */
  readonly globalArgs: readonly string[];
  /** End of the filter chain: the pixel format it takes, and the way into its memory. */
  readonly filterTail: string;
  /** Output options that set it up. */
  args(settings: EncoderSettings): string[];
}

const rate = ({ bitrateKbps }: EncoderSettings): string[] => [
  ...['-b:v', `${bitrateKbps}k`, '-maxrate', `${bitrateKbps}k`, '-bufsize', `${bitrateKbps}k`],
];
const gop = (settings: EncoderSettings): string[] => [
  '-g',
  `${gopFrames(settings.fps, settings.keyFrameIntervalSeconds)}`,
];
const level = (settings: EncoderSettings): string[] => [
  ...['-level', h264Level(settings, settings.fps, settings.bitrateKbps)],
];

/** As the presets have them, but no more than every level can hold. */
const x264References: Readonly<Record<EncoderSettings['preset'], number>> = {
  ultrafast: 1,
  superfast: 1,
  veryfast: 1,
  faster: 2,
  fast: 2,
  medium: 3,
  slow: 4,
};

type EncoderArgs = (settings: EncoderSettings) => string[];

const software = (name: string, codec: VideoCodecName, args: EncoderArgs): VideoEncoder => ({
  name,
  codec,
  isHardware: false,
  platforms: 'all',
  globalArgs: [],
  filterTail: 'format=yuv420p',
  args: (settings: EncoderSettings): string[] => ['-c:v', name, ...args(settings)],
});

/** `stitchable` keeps the parameter sets independent of bitrate and content, so that two encodes can follow each other. */
const x264 = software('libx264', 'h264', (settings) => [
  ...['-preset', settings.preset, '-profile:v', 'high', ...level(settings)],
  ...[
    ...rate(settings),
    ...gop(settings),
    '-keyint_min',
    `${gopFrames(settings.fps, settings.keyFrameIntervalSeconds)}`,
  ],
  ...['-refs', `${x264References[settings.preset]}`, '-sc_threshold', '0'],
  ...['-x264-params', 'stitchable=1:open-gop=0'],
]);

const hardware = (
  name: string,
  codec: VideoCodecName,
  platforms: readonly NodeJS.Platform[],
  args: EncoderArgs,
  more: Partial<Pick<VideoEncoder, 'globalArgs' | 'filterTail'>> = {},
): VideoEncoder => ({
  name,
  codec,
  isHardware: true,
  platforms,
  globalArgs: [],
  filterTail: 'format=nv12',
  args: (settings: EncoderSettings): string[] => [
    '-c:v',
    name,
    ...rate(settings),
    ...gop(settings),
    '-bf',
    '0',
    ...args(settings),
  ],
  ...more,
});

const profileOf = (settings: EncoderSettings): string[] =>
  settings.codec === 'h264' ? ['-profile:v', 'high', ...level(settings)] : ['-profile:v', 'main'];

const nvenc = (codec: VideoCodecName): VideoEncoder =>
  hardware(`${codec}_nvenc`, codec, ['linux', 'win32'], (settings) => [
    ...words('-preset p4 -tune ll -rc cbr -forced-idr 1 -no-scenecut 1 -strict_gop 1'),
    ...(codec === 'av1' ? [] : profileOf(settings)),
  ]);
const quickSync = (codec: VideoCodecName): VideoEncoder =>
  hardware(`${codec}_qsv`, codec, ['linux', 'win32'], (settings) => [
    ...words('-preset veryfast -forced_idr 1 -async_depth 2'),
    ...(codec === 'av1' ? [] : profileOf(settings)),
  ]);
const amf = (codec: VideoCodecName): VideoEncoder =>
  hardware(`${codec}_amf`, codec, ['win32'], (settings) => [
    ...words('-usage transcoding -quality balanced -rc cbr'),
    ...(codec === 'av1' ? [] : profileOf(settings)),
  ]);
const vaapi = (codec: VideoCodecName): VideoEncoder =>
  hardware(
    `${codec}_vaapi`,
    codec,
    ['linux'],
    (settings) => ['-rc_mode', 'CBR', ...(codec === 'av1' ? [] : profileOf(settings))],
    { globalArgs: ['-vaapi_device', '/dev/dri/renderD128'], filterTail: 'format=nv12,hwupload' },
  );
const videoToolbox = (codec: VideoCodecName): VideoEncoder =>
  hardware(`${codec}_videotoolbox`, codec, ['darwin'], (settings) => [
    ...words('-realtime 1 -allow_sw 0'),
    ...profileOf(settings),
  ]);

const openH264 = software('libopenh264', 'h264', (settings) => [
  ...words('-rc_mode bitrate -allow_skip_frames 0'),
  ...[...rate(settings), ...gop(settings)],
]);

const x265 = software('libx265', 'hevc', (settings) => {
  const frames = gopFrames(settings.fps, settings.keyFrameIntervalSeconds);
  const parameters = `keyint=${frames}:min-keyint=${frames}:scenecut=0:open-gop=0:log-level=error`;
  return ['-preset', settings.preset, ...rate(settings), ...gop(settings), '-x265-params', parameters];
});

const svtAv1 = software('libsvtav1', 'av1', (settings) => [
  ...['-preset', '10', '-b:v', `${settings.bitrateKbps}k`, ...gop(settings)],
]);

/** In the order in which they are tried. */
export const videoEncoders: readonly VideoEncoder[] = [
  ...(['h264', 'hevc', 'av1'] as const).flatMap((codec) => [
    ...[nvenc(codec), quickSync(codec), amf(codec), vaapi(codec)],
    ...(codec === 'av1' ? [] : [videoToolbox(codec)]),
  ]),
  ...[x264, openH264, x265, svtAv1],
];

export function findVideoEncoder(name: string): VideoEncoder | null {
  return videoEncoders.find((encoder) => encoder.name === name) ?? null;
}

/**
 * Key frames on a grid of the interval, also after a start in the middle, so that renditions of different rates agree.
 * Counted in pictures the interval is `-g`; this aligns the first one.
 */
export function keyFrameArgs({ keyFrameIntervalSeconds: seconds }: EncoderSettings): string[] {
  const next = `(floor((prev_forced_t+0.001)/${seconds})+1)*${seconds}`;
  return ['-force_key_frames', `expr:if(isnan(prev_forced_t),1,gte(t+0.001,${next}))`];
}
