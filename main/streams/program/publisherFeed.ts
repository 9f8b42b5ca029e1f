import { type Clock, delay } from '../../lib/clock.ts';
import { flvFileHeader, flvTagSlices } from '../../media/flv/flvWriter.ts';
import { type AudioTag, at, type MediaTag, type VideoTag } from '../../media/flv/mediaTag.ts';
import { isMetadata } from '../../media/flv/metadata.ts';
import { FanOut, type Subscription } from '../../media/relay/fanOut.ts';
import { GopCache, type StreamHeaders } from '../../media/relay/gopCache.ts';
import type { TagSink } from '../../media/relay/tagSink.ts';
import type { IngestConsumer } from '../../media/rtmp/ingest/ingestSlot.ts';

const NO_HEADERS: StreamHeaders = { metadata: null, video: null, audio: null };
/** Codecs whose frames nobody can decode without the header. */
const NEEDS_HEADER: ReadonlySet<string> = new Set(['h264', 'hevc', 'av1', 'aac']);
/** So long after the first picture sound may be missing before it is taken for absent. */
const SOUND_LATE_MS = 1500;
/** So long after the first sound a picture may be missing before it is taken for absent. */
const PICTURE_LATE_MS = 3000;
/** Sound that is kept for a sample while there is no picture: about two seconds. */
const MAX_SAMPLE_SOUNDS = 100;

/** `replaced`: what runs cannot go on with it; `extended`: it can, but there is more now than it was planned for. */
export type SenderChange = 'replaced' | 'extended';

/**
 * What the publisher of one stream sends, for as many encoders as want it: each begins with the headers and the last key
 * frame. Publishers come and go; the feed stays. A track that a publisher only begins to send once it was looked at is
 * told as a change: until then it was planned without.
 */
export class PublisherFeed {
  readonly #clock: Clock;
  readonly #onChanged: (change: SenderChange) => void;
  readonly #endListeners = new Set<() => void>();
  #headers: StreamHeaders = NO_HEADERS;
  #cache = new GopCache();
  #fanOut = this.#createFanOut();
  #isPublishing = false;
  #firstKeyAtMs: number | null = null;
  #firstSoundAtMs: number | null = null;
  #sounds: MediaTag[] = [];
  /** Somebody has looked at what there was and planned for it. */
  #wasSampled = false;
  #waiters = new Set<() => void>();

  /** @param onChanged a publisher came, or what it sends is no longer what was looked at before */
  constructor(clock: Clock, onChanged: (change: SenderChange) => void) {
    this.#clock = clock;
    this.#onChanged = onChanged;
  }

  get isPublishing(): boolean {
    return this.#isPublishing;
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

  /** The beginning of what is sent, as FLV: headers and a key frame, or sound alone; null when nothing such comes in time. */
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
    this.#wasSampled = this.#isPublishing;
    const group = this.#cache.read();
    if (group !== null) return toFlv(group.headers, group.tags);
    return this.#isSoundOnly() ? toFlv(this.#headers, this.#sounds) : null;
  }

  #isReady(): boolean {
    if (this.#firstKeyAtMs === null) return this.#isSoundOnly();
    return this.#headers.audio !== null || this.#clock.monotonicMs() - this.#firstKeyAtMs > SOUND_LATE_MS;
  }

  #isSoundOnly(): boolean {
    if (this.#headers.video !== null || this.#firstKeyAtMs !== null || this.#firstSoundAtMs === null)
      return false;
    return this.#clock.monotonicMs() - this.#firstSoundAtMs > PICTURE_LATE_MS;
  }

  #begin(): void {
    this.#headers = NO_HEADERS;
    this.#cache = new GopCache();
    this.#fanOut.clear();
    this.#fanOut = this.#createFanOut();
    this.#isPublishing = true;
    this.#firstKeyAtMs = null;
    this.#firstSoundAtMs = null;
    this.#sounds = [];
    this.#wasSampled = false;
    this.#onChanged('replaced');
  }

  #take(tag: MediaTag): void {
    if (tag.kind === 'data') {
      if (isMetadata(tag.payload)) this.#headers = { ...this.#headers, metadata: tag };
    } else if (tag.frame === 'header') this.#takeHeader(tag);
    else if (!this.#isUndecodable(tag)) this.#takeFrame(tag);
    this.#wake();
  }

  /** Some begin in the middle of a stream, or send their headers late: what comes before is of no use to anybody. */
  #isUndecodable(tag: VideoTag | AudioTag): boolean {
    return NEEDS_HEADER.has(tag.codec) && this.#headers[tag.kind] === null;
  }

  #takeFrame(tag: VideoTag | AudioTag): void {
    this.#cache.add(tag, this.#headers);
    if (tag.kind === 'audio') this.#noteSound(tag);
    else if (tag.frame === 'key') this.#notePicture();
    this.#fanOut.send(tag, this.#headers);
  }

  #noteSound(tag: AudioTag): void {
    const isFirst = this.#firstSoundAtMs === null;
    this.#firstSoundAtMs ??= this.#clock.monotonicMs();
    if (this.#firstKeyAtMs === null && this.#sounds.push(tag) > MAX_SAMPLE_SOUNDS) this.#sounds.shift();
    if (isFirst) this.#noteTrack();
  }

  #notePicture(): void {
    if (this.#firstKeyAtMs !== null) return;
    this.#firstKeyAtMs = this.#clock.monotonicMs();
    this.#sounds = [];
    this.#noteTrack();
  }

  /** The first frame of a track. What runs was planned without it, if it was planned already. */
  #noteTrack(): void {
    if (this.#wasSampled) this.#onChanged('extended');
  }

  #takeHeader(tag: VideoTag | AudioTag): void {
    const known = this.#headers[tag.kind];
    this.#headers = { ...this.#headers, [tag.kind]: tag };
    if (known?.payload.equals(tag.payload)) return;
    this.#cache.add(tag, this.#headers);
    this.#fanOut.send(tag, this.#headers);
    // Another size or codec in the middle: decoders that run may not follow, and the plan does not fit any more.
    if (known !== null && tag.kind === 'video') this.#onChanged('replaced');
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
  const has = (kind: 'video' | 'audio'): boolean =>
    headers[kind] !== null || tags.some((tag) => tag.kind === kind);
  const tracks = { hasVideo: has('video'), hasAudio: has('audio') };
  return Buffer.concat([flvFileHeader(tracks), ...all.flatMap((tag) => flvTagSlices(tag))]);
}
