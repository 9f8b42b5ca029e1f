/** How much a disk still takes, and for how long that is enough. */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

const BYTES_PER_MEGABYTE = 1_000_000;

export interface DiskForecast {
  /** What this user may still write. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Until recording pauses at this bitrate; null when nothing is written. */
  readonly minutesLeft: number | null;
}

export interface DiskForecastOptions {
  /** What is written to this disk in all, kbit/s. */
  readonly bitrateKbps: number;
  /** What stays free: recording pauses before. */
  readonly minFreeMegabytes: number;
}

/** @param path a folder or file, which need not exist yet: the disk is that of its deepest existing folder. */
export async function diskForecast(path: string, options: DiskForecastOptions): Promise<DiskForecast> {
  const { freeBytes, totalBytes } = await diskSpace(path);
  return { freeBytes, totalBytes, minutesLeft: minutesUntilPause(freeBytes, options) };
}

export function minutesUntilPause(freeBytes: number, options: DiskForecastOptions): number | null {
  const bytesPerMinute = (options.bitrateKbps * 1000 * 60) / 8;
  if (!(bytesPerMinute > 0)) return null;
  return Math.max(
    0,
    Math.floor((freeBytes - options.minFreeMegabytes * BYTES_PER_MEGABYTE) / bytesPerMinute),
  );
}

export async function diskSpace(path: string): Promise<{ freeBytes: number; totalBytes: number }> {
  let folder = path;
  for (;;) {
    try {
      const { bavail, blocks, bsize } = await statfs(folder);
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    } catch (error) {
      const parent = dirname(folder);
      if (parent === folder) throw error;
      folder = parent;
    }
  }
}

/**
 * Whether recording may write. Once it has paused it waits for a tenth more than the limit, so that it does not start
 * and stop with every file that somebody deletes.
 */
export function hasRoom(freeBytes: number, minFreeMegabytes: number, hasPaused: boolean): boolean {
  const limitBytes = minFreeMegabytes * BYTES_PER_MEGABYTE;
  return freeBytes >= (hasPaused ? limitBytes * 1.1 : limitBytes);
}
