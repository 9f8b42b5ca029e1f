import { type Clock, delay } from '../../lib/clock.ts';
import { flvFileHeader, flvTagSlices } from '../../media/flv/flvWriter.ts';
import { at, type MediaTag } from '../../media/flv/mediaTag.ts';
import { isMetadata } from '../../media/flv/metadata.ts';
import { FanOut, type Subscription } from '../../media/relay/fanOut.ts';
import { GopCache, type StreamHeaders } from '../../media/relay/gopCache.ts';
import type { TagSink } from '../../media/relay/tagSink.ts';
import type { IngestConsumer } from '../../media/rtmp/ingest/ingestSlot.ts';

const NO_HEADERS: StreamHeaders = { metadata: null, video: null, audio: null };
/** So long after the first picture sound may be missing before it is taken for absent. */
const SOUND_LATE_MS = 1500;

/**
 * What the publisher of one stream sends, for as many encoders as want it: each begins with the headers and the last key
 * frame. Publishers come and go; the feed stays.
 */
export class PublisherFeed {
  readonly #clock: Clock;
  readonly #onChanged: () => void;
  readonly #endListeners = new Set<() => void>();
  #headers: StreamHeaders = NO_HEADERS;
  #cache = new GopCache();
  #fanOut = this.#createFanOut();
  #isPublishing = false;
  #firstKeyAtMs: number | null = null;
  #waiters = new Set<() => void>();

  /** @param onChanged a publisher came, or what it sends can no longer be read by a decoder that began before */
  constructor(clock: Clock, onChanged: () => void) {
    this.#clock = clock;
    this.#onChanged = onChanged;
  }

  /** Where the tags of a publisher that was accepted go. */
  openPublisher(): IngestConsumer {
    this.#begin();
    return {
      push: (tag) => this.#take(tag),
      end: () => this.#end(),
    };
  }

  subscribe(sink: TagSink): Subscription {
    return this.#fanOut.subscribe(sink);
  }

  /** Called when the publisher has gone; returns the function that ends it. */
  onEnd(listener: () => void): () => void {
    this.#endListeners.add(listener);
    return () => this.#endListeners.delete(listener);
  }

  /** The beginning of what is sent, as FLV: headers and a key frame; null when nothing such comes in time. */
  async sample(timeoutMs: number): Promise<Buffer | null> {
    if (!this.#isPublishing) return null;
    const given = new AbortController();
    while (!this.#isReady() && this.#isPublishing) {
      const changed = new Promise<void>((resolve) => this.#waiters.add(resolve));
      const outcome = await Promise.race([
        changed.then(() => 'changed'),
        delay(this.#clock, timeoutMs, given.signal).then(() => 'late'),
      ]);
      if (outcome === 'late') break;
    }
    given.abort();
    const group = this.#cache.read();
    return group === null ? null : toFlv(group.headers, group.tags);
  }

  #isReady(): boolean {
    if (this.#firstKeyAtMs === null) return false;
    return this.#headers.audio !== null || this.#clock.monotonicMs() - this.#firstKeyAtMs > SOUND_LATE_MS;
  }

  #begin(): void {
    this.#headers = NO_HEADERS;
    this.#cache = new GopCache();
    this.#fanOut.clear();
    this.#fanOut = this.#createFanOut();
    this.#isPublishing = true;
    this.#firstKeyAtMs = null;
    this.#onChanged();
  }

  #take(tag: MediaTag): void {
    if (tag.kind === 'data') {
      if (isMetadata(tag.payload)) this.#headers = { ...this.#headers, metadata: tag };
    } else if (tag.frame === 'header') this.#takeHeader(tag);
    else {
      this.#cache.add(tag, this.#headers);
      if (tag.kind === 'video' && tag.frame === 'key') this.#firstKeyAtMs ??= this.#clock.monotonicMs();
      this.#fanOut.send(tag, this.#headers);
    }
    this.#wake();
  }

  #takeHeader(tag: Extract<MediaTag, { kind: 'video' | 'audio' }>): void {
    const known = this.#headers[tag.kind];
    this.#headers = { ...this.#headers, [tag.kind]: tag };
    if (known === null || known.payload.equals(tag.payload)) return;
    // Another size or codec in the middle: decoders that run may not follow, and the plan does not fit any more.
    this.#fanOut.send(tag, this.#headers);
    if (tag.kind === 'video') this.#onChanged();
  }

  #end(): void {
    this.#isPublishing = false;
    for (const listener of [...this.#endListeners]) listener();
    this.#wake();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const wake of waiters) wake();
  }

  #createFanOut(): FanOut {
    return new FanOut(this.#cache, (error) => {
      throw error;
    });
  }
}

function toFlv(headers: StreamHeaders, tags: readonly MediaTag[]): Buffer {
  const startMs = tags[0]?.timestampMs ?? 0;
  const first = [headers.metadata, headers.video, headers.audio]
    .filter((tag) => tag !== null)
    .map((tag) => at(tag, startMs));
  const all = [...first, ...tags].map((tag) => at<MediaTag>(tag, Math.max(0, tag.timestampMs - startMs)));
  const tracks = { hasVideo: headers.video !== null, hasAudio: headers.audio !== null };
  return Buffer.concat([flvFileHeader(tracks), ...all.flatMap((tag) => flvTagSlices(tag))]);
}
