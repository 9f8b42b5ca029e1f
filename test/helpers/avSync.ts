/** Measures how far sound and picture are apart, on material made of a white flash and a beep each second (fixture `sync.mp4`). */
import { runTool } from './childProcess.ts';

export interface SyncPoint {
  /** When the flash is seen, seconds from the start of the file's timeline. */
  readonly flashSeconds: number;
  /** Beep minus flash. Positive: the sound is late. */
  readonly offsetMs: number;
}

const FLASH_LUMA = 100;
/** A beep further away belongs to another flash. */
const FURTHEST_OFFSET_MS = 500;

/**
 * One point per flash that has a beep. The generator itself jitters by about 25 ms and starts with a constant offset of its own,
 * so judge the change of the offset between two places, not its value.
 */
export async function measureAvSync(file: string): Promise<SyncPoint[]> {
  const [flashes, beeps] = await Promise.all([findFlashes(file), findBeeps(file)]);
  return flashes.flatMap((flashSeconds) => {
    const offsets = beeps.map((beepSeconds) => Math.round((beepSeconds - flashSeconds) * 1_000));
    const offsetMs = offsets.reduce(
      (best, offset) => (Math.abs(offset) < Math.abs(best) ? offset : best),
      Number.POSITIVE_INFINITY,
    );
    return Math.abs(offsetMs) <= FURTHEST_OFFSET_MS ? [{ flashSeconds, offsetMs }] : [];
  });
}

/** The middle offset, in milliseconds. NaN when there is no flash. */
export function medianOffsetMs(points: readonly SyncPoint[]): number {
  const sorted = points.map((point) => point.offsetMs).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function findFlashes(file: string): Promise<number[]> {
  const filter = 'signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-';
  const input = ['-nostdin', '-v', 'error', '-i', file];
  const text = await runTool('ffmpeg', [...input, '-map', '0:v:0', '-vf', filter, '-f', 'null', '-']);
  const flashes: number[] = [];
  let seconds = 0;
  let lumaBefore = 0;
  for (const line of text.split('\n')) {
    const time = /pts_time:(?<seconds>[\d.]+)/.exec(line)?.groups?.seconds;
    if (time !== undefined) seconds = Number(time);
    const luma = /YAVG=(?<luma>[\d.]+)/.exec(line)?.groups?.luma;
    if (luma === undefined) continue;
    if (Number(luma) > FLASH_LUMA && lumaBefore <= FLASH_LUMA) flashes.push(seconds);
    lumaBefore = Number(luma);
  }
  return flashes;
}

async function findBeeps(file: string): Promise<number[]> {
  const filter = 'silencedetect=n=-35dB:d=0.2,ametadata=print:key=lavfi.silence_end:file=-';
  const input = ['-nostdin', '-v', 'error', '-i', file];
  const text = await runTool('ffmpeg', [...input, '-map', '0:a:0', '-af', filter, '-f', 'null', '-']);
  return [...text.matchAll(/lavfi\.silence_end=(?<seconds>[\d.]+)/g)].map((match) =>
    Number(match.groups?.seconds),
  );
}
