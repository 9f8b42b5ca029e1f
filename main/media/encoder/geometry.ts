/** Sizes and rates: what a picture becomes. Pure. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Encoders of 4:2:0 pictures need even sizes: at most one line or column is cut off. */
export function evenSize(size: Size): Size {
  return { width: even(size.width), height: even(size.height) };
}

function even(length: number): number {
  return Math.max(2, Math.floor(length / 2) * 2);
}

/** The nearest even number: for sizes that are scaled to, so that nothing is cut off. */
function nearestEven(length: number): number {
  return Math.max(2, Math.round(length / 2) * 2);
}

/** Largest program by default; a portrait picture may be as large the other way round. */
const LONG_SIDE = 1920;
const SHORT_SIDE = 1080;
export const MAX_DEFAULT_FPS = 60;
export const FALLBACK_FPS = 30;

/** The size made to fit the default limits, never enlarged, its shape kept. */
export function limitedSize(size: Size): Size {
  const long = Math.max(size.width, size.height);
  const short = Math.min(size.width, size.height);
  const factor = Math.min(1, LONG_SIDE / long, SHORT_SIDE / short);
  if (factor === 1) return evenSize(size);
  return { width: nearestEven(size.width * factor), height: nearestEven(size.height * factor) };
}

/** The size a rendition gets: what was asked for; a missing side follows the shape of the program. */
export function renditionSize(
  program: Size,
  wish: { width?: number | undefined; height?: number | undefined },
): Size {
  const { width, height } = wish;
  if (width !== undefined && height !== undefined) return evenSize({ width, height });
  const shape = program.width / program.height;
  if (width !== undefined) return { width: even(width), height: nearestEven(width / shape) };
  if (height !== undefined) return { width: nearestEven(height * shape), height: even(height) };
  return limitedSize(program);
}

/** How much of the shape may be off before bars are added: the pixel that evening a size can cost. */
const SHAPE_TOLERANCE_PX = 2;

/** Whether scaling from one size to the other keeps the shape. */
export function hasSameShape(from: Size, to: Size): boolean {
  return Math.abs((from.width * to.height) / from.height - to.width) <= SHAPE_TOLERANCE_PX;
}

/** Rates as ffmpeg wants them: exactly, also 29.97. */
export function fpsText(fps: number): string {
  const ntsc = Math.round(fps * 1.001);
  const isNtsc = Math.abs(ntsc / 1.001 - fps) < 0.001 && Math.abs(fps - Math.round(fps)) > 0.001;
  return isNtsc ? `${ntsc * 1000}/1001` : `${Math.round(fps * 1000) / 1000}`;
}

/** Pictures between two key frames. */
export function gopFrames(fps: number, keyFrameIntervalSeconds: number): number {
  return Math.max(1, Math.round(fps * keyFrameIntervalSeconds));
}
