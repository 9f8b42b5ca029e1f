import type { MediaTag } from '../flv/mediaTag.ts';
import { isMetadata } from '../flv/metadata.ts';

export interface QueueLimits {
  readonly maxBytes: number;
  /** Of media time, from the oldest to the newest tag. */
  readonly maxMs: number;
}

/** More than the relay hands over at once (GOP cache: 24 MB, 8 s), so that a new session never overflows by itself. */
const DEFAULT_QUEUE_LIMITS: QueueLimits = { maxBytes: 32 * 1024 * 1024, maxMs: 10_000 };

export interface DropCounters {
  /** Video frames. */
  frames: number;
  /** Of pictures and sound. */
  bytes: number;
}

/** Taken tags in front of the array are cut off once there are this many. */
const COMPACT_AFTER = 256;

/**
 * What one destination has not taken yet. Bounded: when it overflows, the oldest whole groups of pictures are dropped
 * with their sound, so that what follows a gap is always a key frame; headers and metadata are never lost.
 * It keeps tags by reference and knows nothing of sessions.
 */
export class DestinationQueue {
  readonly #limits: QueueLimits;
  #tags: MediaTag[] = [];
  #head = 0;
  #bytes = 0;
  /** After a drop: nothing is taken before the next key frame. */
  #isWaitingForKey = false;
  #hasPicture = false;
  /** Headers out of what was dropped: they go before whatever comes next. */
  #owedHeaders: MediaTag[] = [];
  #dropped: DropCounters = { frames: 0, bytes: 0 };

  constructor(limits: QueueLimits = DEFAULT_QUEUE_LIMITS) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#head === this.#tags.length && this.#owedHeaders.length === 0;
  }

  /** After a drop: the next picture must be a key frame. Tags must go through the queue then. */
  get isWaitingForKey(): boolean {
    return this.#isWaitingForKey;
  }

  /** Of pictures and sound; headers do not count. */
  get bytes(): number {
    return this.#bytes;
  }

  get lengthMs(): number {
    const first = this.#tags[this.#head];
    const last = this.#tags.at(-1);
    return first === undefined || last === undefined ? 0 : Math.max(0, last.timestampMs - first.timestampMs);
  }

  /** Everything dropped so far. */
  get dropped(): Readonly<DropCounters> {
    return this.#dropped;
  }

  push(tag: MediaTag): void {
    if (tag.kind === 'video') this.#hasPicture = true;
    if (this.#isWaitingForKey && !isKey(tag)) {
      if (isHeader(tag)) this.#owe([tag]);
      else this.#countDrop(tag);
      return;
    }
    this.#isWaitingForKey = false;
    this.#tags.push(tag);
    this.#bytes += weight(tag);
    while (this.#bytes > this.#limits.maxBytes || this.lengthMs > this.#limits.maxMs) this.#dropOldestGroup();
  }

  shift(): MediaTag | null {
    const header = this.#owedHeaders.shift();
    if (header) return header;
    const tag = this.#tags[this.#head];
    if (tag === undefined) return null;
    this.#head += 1;
    this.#bytes -= weight(tag);
    if (this.isEmpty) this.#replace([]);
    else if (this.#head >= COMPACT_AFTER) this.#replace(this.#tags.slice(this.#head));
    return tag;
  }

  /** For a new session: empty, counters kept. */
  clear(): void {
    this.#replace([]);
    this.#owedHeaders = [];
    this.#bytes = 0;
    this.#isWaitingForKey = false;
  }

  /** Drops up to the next key frame behind the head; without one, everything, and waits for one to come. */
  #dropOldestGroup(): void {
    const next = this.#hasPicture ? this.#findKeyBehindHead() : this.#head + 1;
    const cut = next ?? this.#tags.length;
    const gone = this.#tags.slice(this.#head, cut);
    for (const tag of gone) {
      this.#bytes -= weight(tag);
      if (!isHeader(tag)) this.#countDrop(tag);
    }
    this.#owe(gone);
    this.#replace(this.#tags.slice(cut));
    if (next === null) this.#isWaitingForKey = true;
  }

  #owe(tags: readonly MediaTag[]): void {
    this.#owedHeaders = latestHeaders([...this.#owedHeaders, ...tags]);
  }

  #findKeyBehindHead(): number | null {
    for (let index = this.#head + 1; index < this.#tags.length; index++) {
      const tag = this.#tags[index];
      if (tag !== undefined && isKey(tag)) return index;
    }
    return null;
  }

  #countDrop(tag: MediaTag): void {
    const frames = tag.kind === 'video' ? 1 : 0;
    this.#dropped = {
      frames: this.#dropped.frames + frames,
      bytes: this.#dropped.bytes + tag.payload.length,
    };
  }

  #replace(tags: MediaTag[]): void {
    this.#tags = tags;
    this.#head = 0;
  }
}

function isKey(tag: MediaTag): boolean {
  return tag.kind === 'video' && tag.frame === 'key';
}

function isHeader(tag: MediaTag | undefined): boolean {
  if (tag === undefined) return false;
  return tag.kind === 'data' ? isMetadata(tag.payload) : tag.frame === 'header';
}

function weight(tag: MediaTag): number {
  return isHeader(tag) ? 0 : tag.payload.length;
}

/** The last of each kind, in the order in which a stream begins. */
function latestHeaders(tags: readonly MediaTag[]): MediaTag[] {
  const kinds = ['data', 'video', 'audio'] as const;
  const latest = kinds.map((kind) => tags.findLast((tag) => tag.kind === kind && isHeader(tag)));
  return latest.filter((tag) => tag !== undefined);
}
