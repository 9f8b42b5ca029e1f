import type { RenditionRequest } from '../../contract/processing.ts';
import type { Size } from './geometry.ts';

/**
 * What a picture of this size needs to look good live, in kbit/s of H.264, at 30 frames per second. Taken from what the
 * large services recommend; between two rows it is interpolated by the number of pixels.
 */
const tableAt30: readonly (readonly [pixels: number, kbps: number])[] = [
  [256 * 144, 200],
  [426 * 240, 400],
  [640 * 360, 1000],
  [854 * 480, 1500],
  [1280 * 720, 2500],
  [1920 * 1080, 4500],
  [2560 * 1440, 9000],
  [3840 * 2160, 20_000],
];

/** Twice the pictures need about half as much again: neighbours resemble each other more. */
const EXPONENT_OF_FPS = 0.585;
const MIN_KBPS = 150;
const MAX_KBPS = 60_000;
const SHARE_OF_H264 = { h264: 1, hevc: 0.65, av1: 0.6 } as const;

export function defaultBitrateKbps(
  size: Size,
  fps: number,
  codec: NonNullable<RenditionRequest['codec']>,
): number {
  const at30 = interpolate(size.width * size.height);
  const kbps = at30 * (Math.max(10, fps) / 30) ** EXPONENT_OF_FPS * SHARE_OF_H264[codec];
  return Math.min(MAX_KBPS, Math.max(MIN_KBPS, Math.round(kbps / 50) * 50));
}

function interpolate(pixels: number): number {
  const above = tableAt30.findIndex(([size]) => size >= pixels);
  const [largest = 0, most = 0] = tableAt30.at(-1) ?? [];
  if (above < 0) return (most * pixels) / largest;
  const [highSize, highKbps] = tableAt30[above] ?? [1, MIN_KBPS];
  const [lowSize, lowKbps] = tableAt30[above - 1] ?? [0, 0];
  return lowKbps + ((highKbps - lowKbps) * (pixels - lowSize)) / (highSize - lowSize);
}

export function defaultAudioBitrateKbps(size: Size): number {
  return size.width * size.height >= 1280 * 720 ? 160 : 128;
}
