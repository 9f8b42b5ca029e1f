import type { FfmpegProgress } from './ffmpegProcess.ts';

/**
 * Reads what `ffmpeg -progress` prints: `key=value` lines, a block ends with `progress=continue` or `progress=end`.
 * `out_time_ms` is in microseconds in every version (a bug that became the format), so `out_time_us` and it read alike.
 */
export interface ProgressParser {
  /** Takes one line; returns the block that it completes, otherwise null. */
  line(line: string): FfmpegProgress | null;
}

export function createProgressParser(): ProgressParser {
  let block = new Map<string, string>();
  return {
    line(line: string): FfmpegProgress | null {
      const separator = line.indexOf('=');
      if (separator < 0) return null;
      const key = line.slice(0, separator).trim();
      block.set(key, line.slice(separator + 1).trim());
      if (key !== 'progress') return null;
      const complete = toProgress(block);
      block = new Map();
      return complete;
    },
  };
}

function toProgress(block: ReadonlyMap<string, string>): FfmpegProgress {
  const microseconds = count(block.get('out_time_us') ?? block.get('out_time_ms'));
  return {
    frame: count(block.get('frame')),
    fps: count(block.get('fps')),
    totalBytes: count(block.get('total_size')),
    outTimeMs: microseconds === null ? null : microseconds / 1000,
    droppedFrames: count(block.get('drop_frames')),
    duplicatedFrames: count(block.get('dup_frames')),
    speed: count(block.get('speed')?.replace(/x$/, '')),
  };
}

/** A number of 0 or more. ffmpeg 4 and 5 print the smallest 64-bit integer where later ones print N/A. */
function count(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}
