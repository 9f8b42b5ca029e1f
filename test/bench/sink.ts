/** The receivers of the bench: nginx-rtmp servers that count, or record, what they get. */
import { basename } from 'node:path';
import { systemClock } from '../../main/lib/clock.ts';
import { packets } from '../helpers/mediaPackets.ts';
import type { NginxRtmp } from '../helpers/nginxRtmp.ts';
import { waitFor } from '../helpers/waitFor.ts';
import type { Receiver } from './delivery.ts';
import { type ArrivedFrame, FlvTail } from './flvTail.ts';

const POLL_MS = 5;
const BITS_PER_BYTE = 8;

/** Bytes received so far, by key, of those who publish now. */
export async function bytesByKey(sink: NginxRtmp): Promise<ReadonlyMap<string, number>> {
  const streams = (await sink.stat()).filter(({ isPublishing }) => isPublishing);
  return new Map(streams.map(({ name, bytesIn }) => [name, bytesIn]));
}

/** Resolves when every key is being published and bytes have come. */
export async function untilReceiving(
  sink: NginxRtmp,
  keys: readonly string[],
  timeoutMs = 60_000,
): Promise<void> {
  await waitFor(
    async () => {
      const bytes = await bytesByKey(sink);
      const late = keys.filter((key) => (bytes.get(key) ?? 0) < 10_000);
      if (late.length > 0) throw new Error(`nothing yet for ${late.join(', ')}`);
      return true;
    },
    { what: `${keys.length} streams to arrive`, timeoutMs, intervalMs: 100 },
  );
}

/** The lowest rate at which any of the keys was received between two readings, Mbit/s; 0 for one that is gone. */
export function slowestMbps(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  keys: readonly string[],
  seconds: number,
): number {
  const rates = keys.map((key) => {
    const bytes = (after.get(key) ?? 0) - (before.get(key) ?? 0);
    return (Math.max(0, bytes) * BITS_PER_BYTE) / seconds / 1e6;
  });
  return Math.min(...rates);
}

/** When the first video frame of a key was recorded in a file that is not among `known`, on the monotonic clock. */
export async function firstVideoAtMs(
  sink: NginxRtmp,
  key: string,
  known: readonly string[],
  timeoutMs = 60_000,
): Promise<{ readonly atMs: number; readonly isKey: boolean; readonly file: string }> {
  return await waitFor(
    () => {
      const file = sink.recordings(key).find((path) => !known.includes(path));
      if (file === undefined) return null;
      const frame = new FlvTail(file).read(systemClock.monotonicMs()).find(({ kind }) => kind === 'video');
      return frame === undefined ? null : { atMs: frame.arrivedMs, isKey: frame.isKey, file };
    },
    { what: `the first picture of ${key}`, timeoutMs, intervalMs: POLL_MS },
  );
}

/** Notes when each frame arrives in a file, until it is stopped. */
export class ArrivalWatch {
  readonly frames: ArrivedFrame[] = [];
  readonly #tail: FlvTail;
  readonly #timer: { cancel(): void };

  constructor(file: string) {
    this.#tail = new FlvTail(file);
    this.#timer = systemClock.every(POLL_MS, () => this.#read());
    this.#read();
  }

  stop(): void {
    this.#timer.cancel();
    this.#read();
  }

  #read(): void {
    this.frames.push(...this.#tail.read(systemClock.monotonicMs()));
  }
}

/** What a key's recordings hold, as one receiver each; a key without any is one that got nothing. */
export async function receiversOf(sink: NginxRtmp, keys: readonly string[]): Promise<Receiver[]> {
  const perKey = keys.map(async (key): Promise<Receiver[]> => {
    const files = sink.recordings(key);
    if (files.length === 0) return [{ name: key, video: [] }];
    return await Promise.all(files.map(async (file) => ({ name: key, video: (await packets(file)).video })));
  });
  return (await Promise.all(perKey)).flat();
}

/** Recordings of the engine itself. */
export async function receiversOfFiles(files: readonly string[]): Promise<Receiver[]> {
  return await Promise.all(
    files.map(async (path) => ({ name: basename(path), video: (await packets(path)).video })),
  );
}
