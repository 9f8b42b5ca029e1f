import { StreamwareError } from '../../contract/errors.ts';
import { at, type MediaTag } from '../flv/mediaTag.ts';
import { isMetadata } from '../flv/metadata.ts';
import type { StreamHeaders } from './gopCache.ts';
import { PayloadStore, type StoreMark } from './payloadStore.ts';
import type { TagSink } from './tagSink.ts';

/** Sound without a picture is cut into pieces of this length. */
const SOUND_PIECE_MS = 1000;

/** A stretch that can be played on its own: a group of pictures, or a piece of sound. */
interface Stretch {
  readonly headers: StreamHeaders;
  readonly startMs: number;
  /** Its payloads are in the store from here on. */
  readonly mark: StoreMark;
  readonly tags: MediaTag[];
  bytes: number;
}

export interface ReplayBufferOptions {
  /** How far back it reaches, 1 to 600 seconds. */
  seconds: number;
  /** What it may hold, whatever the time. */
  maxBytes: number;
}

/**
 * The last seconds of a rendition, kept in memory, so that a moment can be saved after it happened.
 * It writes no file: clips are made from the snapshot elsewhere.
 */
export class ReplayBuffer implements TagSink {
  readonly #options: ReplayBufferOptions;
  #headers: StreamHeaders = { metadata: null, video: null, audio: null };
  readonly #store = new PayloadStore();
  #stretches: Stretch[] = [];
  #bytes = 0;
  #lastMs = 0;

  constructor(options: ReplayBufferOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How much can be replayed just now, in milliseconds. */
  get lengthMs(): number {
    const first = this.#stretches[0];
    return first === undefined ? 0 : this.#lastMs - first.startMs;
  }

  push(tag: MediaTag): void {
    this.#takeHeader(tag);
    this.#lastMs = Math.max(this.#lastMs, tag.timestampMs);
    if (this.#isStart(tag)) this.#begin(tag);
    const stretch = this.#stretches.at(-1);
    if (stretch === undefined) return;
    stretch.tags.push({ ...tag, payload: this.#store.add(tag.payload) });
    stretch.bytes += tag.payload.length;
    this.#bytes += tag.payload.length;
    this.#evict();
  }

  /**
   * The last `seconds`, rounded up to where a picture can start, as a stream of its own: headers, then tags from 0 on.
   * Throws `replay.empty` when nothing was kept yet.
   */
  snapshot(seconds: number): MediaTag[] {
    const fromMs = this.#lastMs - seconds * 1000;
    const found = this.#stretches.findLastIndex((stretch) => stretch.startMs <= fromMs);
    const stretches = this.#stretches.slice(Math.max(0, found));
    const first = stretches[0];
    if (first === undefined) throw new StreamwareError('replay.empty');
    const { metadata, video, audio } = first.headers;
    this.#store.lend();
    const headers = [metadata, video, audio]
      .filter((header) => header !== null)
      .map((header) => at(header, 0));
    const tags = stretches
      .flatMap((stretch) => stretch.tags)
      .map((tag) => at(tag, Math.max(0, tag.timestampMs - first.startMs)));
    return [...headers, ...tags];
  }

  clear(): void {
    this.#stretches = [];
    this.#store.clear();
    this.#bytes = 0;
  }

  #takeHeader(tag: MediaTag): void {
    if (tag.kind === 'data') {
      if (isMetadata(tag.payload)) this.#headers = { ...this.#headers, metadata: tag };
    } else if (tag.frame === 'header') {
      this.#headers =
        tag.kind === 'video' ? { ...this.#headers, video: tag } : { ...this.#headers, audio: tag };
    }
  }

  #isStart(tag: MediaTag): boolean {
    if (tag.kind === 'video') return tag.frame === 'key';
    if (tag.kind !== 'audio' || tag.frame !== 'sound' || this.#headers.video !== null) return false;
    const stretch = this.#stretches.at(-1);
    return stretch === undefined || tag.timestampMs - stretch.startMs >= SOUND_PIECE_MS;
  }

  #begin(tag: MediaTag): void {
    const { timestampMs } = tag;
    const mark = this.#store.mark();
    this.#stretches.push({ headers: this.#headers, startMs: timestampMs, mark, tags: [], bytes: 0 });
  }

  /** Lets go of the oldest stretches while what is left still reaches far enough back, or while there are too many bytes. */
  #evict(): void {
    while (this.#stretches.length > 0) {
      const second = this.#stretches[1];
      const isOld = second !== undefined && this.#lastMs - second.startMs >= this.#options.seconds * 1000;
      if (!isOld && this.#bytes <= this.#options.maxBytes) return;
      this.#bytes -= this.#stretches.shift()?.bytes ?? 0;
      const next = this.#stretches[0];
      if (next === undefined) this.#store.clear();
      else this.#store.release(next.mark);
    }
  }
}
