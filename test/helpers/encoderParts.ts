/** What plans and sources of inputs are made from, for tests that need no ffmpeg. */
import type { FfmpegAbilities } from '../../main/media/ffmpeg/abilities.ts';
import type { MediaProbe, RawStream } from '../../main/media/ffmpeg/mediaProbe.ts';
import { toMediaProbe } from '../../main/media/ffmpeg/mediaProbe.ts';
import type { InputContext } from '../../main/media/inputs/inputSource.ts';

export const someAbilities: FfmpegAbilities = {
  encoders: new Set(['libx264', 'aac']),
  muxers: new Set(['flv']),
  demuxers: new Set(['flv', 'pulse']),
  filters: new Set(['bwdif', 'gradients', 'zscale', 'tonemap', 'drawtext']),
  inputProtocols: new Set(['file']),
  outputProtocols: new Set(['pipe']),
  enhancedFlv: new Set(),
  colours: new Set(['white', 'black', 'gold']),
  font: { kind: 'family', family: 'Sans' },
};

export function inputContext(more: Partial<InputContext> = {}): InputContext {
  return {
    abilities: someAbilities,
    platform: 'linux',
    environment: { DISPLAY: ':3' },
    elapsedMs: 0,
    durationSeconds: null,
    gateUrl: null,
    ...more,
  };
}

/** A film of 1280x720 at 30 frames per second with stereo sound, or what is said otherwise. */
export function someProbe(
  options: {
    video?: Partial<RawStream> | null;
    audio?: Partial<RawStream> | null;
    durationSeconds?: number | null;
  } = {},
): MediaProbe {
  const { video = {}, audio = {}, durationSeconds = 60 } = options;
  const picture: RawStream = {
    kind: 'video',
    codec: 'h264',
    width: 1280,
    height: 720,
    baseFps: 30,
    averageFps: 30,
    pixelFormat: 'yuv420p',
    startSeconds: 0,
  };
  const sound: RawStream = {
    kind: 'audio',
    codec: 'aac',
    sampleRateHz: 44_100,
    channels: 2,
    startSeconds: 0,
  };
  return toMediaProbe({ name: 'mov,mp4', durationSeconds, startSeconds: 0 }, [
    ...(video === null ? [] : [{ ...picture, ...video }]),
    ...(audio === null ? [] : [{ ...sound, ...audio }]),
  ]);
}
