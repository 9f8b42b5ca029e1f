import type { Size } from './geometry.ts';

/** ITU-T H.264, table A-1: macroblocks per second and per frame, decoded picture buffer in macroblocks, kbit/s (High: × 1.25). */
const levels = [
  { level: '3.0', perSecond: 40_500, perFrame: 1620, buffer: 8100, kbps: 12_500 },
  { level: '3.1', perSecond: 108_000, perFrame: 3600, buffer: 18_000, kbps: 17_500 },
  { level: '3.2', perSecond: 216_000, perFrame: 5120, buffer: 20_480, kbps: 25_000 },
  { level: '4.0', perSecond: 245_760, perFrame: 8192, buffer: 32_768, kbps: 25_000 },
  { level: '4.2', perSecond: 522_240, perFrame: 8704, buffer: 34_816, kbps: 62_500 },
  { level: '5.0', perSecond: 589_824, perFrame: 22_080, buffer: 110_400, kbps: 168_750 },
  { level: '5.1', perSecond: 983_040, perFrame: 36_864, buffer: 184_320, kbps: 300_000 },
  { level: '5.2', perSecond: 2_073_600, perFrame: 36_864, buffer: 184_320, kbps: 300_000 },
  { level: '6.2', perSecond: 16_711_680, perFrame: 139_264, buffer: 696_320, kbps: 1_000_000 },
] as const;

/** References and reordering together: what a decoder must keep at the presets up to `medium`. */
const BUFFERED_PICTURES = 4;

/**
 * The level to declare. It depends on the bitrate only where that is far beyond what the size needs, so that a live
 * change of the bitrate does not change the parameter sets.
 */
export function h264Level(size: Size, fps: number, bitrateKbps: number): string {
  const perFrame = Math.ceil(size.width / 16) * Math.ceil(size.height / 16);
  const fits = levels.find(
    (row) =>
      perFrame <= row.perFrame &&
      perFrame * fps <= row.perSecond * 1.001 &&
      perFrame * BUFFERED_PICTURES <= row.buffer &&
      bitrateKbps <= row.kbps,
  );
  return fits?.level ?? '6.2';
}
