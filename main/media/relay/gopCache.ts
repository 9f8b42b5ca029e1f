import type { AudioTag, DataTag, MediaTag, VideoTag } from '../flv/mediaTag.ts';
import { PayloadStore } from './payloadStore.ts';

/** What a decoder needs before the first frame. */
export interface StreamHeaders {
  readonly metadata: DataTag | null;
  readonly video: VideoTag | null;
  readonly audio: AudioTag | null;
}

export interface GopCacheLimits {
  readonly maxBytes: number;
  readonly maxMs: number;
}

/** More than any destination's queue should have to take at once. */
const DEFAULT_GOP_CACHE_LIMITS: GopCacheLimits = { maxBytes: 24 * 1024 * 1024, maxMs: 8000 };

/**
 * Everything since the last key frame, so that a new destination starts at once instead of waiting for the next one.
 * A group that outgrows the limits is forgotten until the next key frame: it would be too much to send in one go.
 * What it keeps are copies, see PayloadStore.
 */
export class GopCache {
  readonly #limits: GopCacheLimits;
  readonly #store = new PayloadStore();
  #headers: StreamHeaders = { metadata: null, video: null, audio: null };
  #tags: MediaTag[] = [];
  #bytes = 0;
  #lengthMs = 0;

  constructor(limits: GopCacheLimits = DEFAULT_GOP_CACHE_LIMITS) {
    this.#limits = limits;
  }

  /** @param headers those in force; remembered when the tag is a key frame. */
  add(tag: MediaTag, headers: StreamHeaders): void {
    const isKey = tag.kind === 'video' && tag.frame === 'key';
    if (isKey) this.#begin(headers);
    else if (this.#tags.length === 0) return;
    else if (tag.kind === 'audio' && tag.frame === 'header' && this.#headers.audio === null) {
      // Sound that begins within the group: who starts with the group is to know of it from the beginning.
      this.#headers = { ...this.#headers, audio: tag };
      return;
    }
    this.#tags.push({ ...tag, payload: this.#store.add(tag.payload) });
    this.#bytes += tag.payload.length;
    const startMs = this.#tags[0]?.timestampMs ?? tag.timestampMs;
    this.#lengthMs = Math.max(this.#lengthMs, tag.timestampMs - startMs);
    if (this.#bytes <= this.#limits.maxBytes && this.#lengthMs <= this.#limits.maxMs) return;
    this.#forget();
    this.#store.clear();
  }

  /** The headers and the group to start with; null when there is none just now. */
  read(): { headers: StreamHeaders; tags: readonly MediaTag[] } | null {
    if (this.#tags.length === 0) return null;
    this.#store.lend();
    return { headers: this.#headers, tags: this.#tags };
  }

  #begin(headers: StreamHeaders): void {
    this.#forget();
    this.#store.release(this.#store.mark());
    this.#headers = headers;
  }

  #forget(): void {
    this.#tags = [];
    this.#bytes = 0;
    this.#lengthMs = 0;
  }
}
