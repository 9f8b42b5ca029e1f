import type { AudioTag, DataTag, MediaTag, VideoTag } from '../flv/mediaTag.ts';
import type { SourceTimeline } from './sourceTimeline.ts';

/** Sound from before the key frame is kept this long: it closes the small gap that a cut leaves in the sound. */
const PREROLL_MS = 500;
/** What a source that is not on air yet may pile up. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;
const MAX_HELD_MS = 8000;
/** The rarest pictures that a source may send, one a second, with some room. Longer distances are silences. */
const MAX_INTERVAL_MS = 1200;
const INTERVAL_SLACK = 1.5;
const UNKNOWN_INTERVAL_MS = 1200;
/** So much sound without any picture: this source has none. */
const AUDIO_ONLY_AFTER_MS = 1500;

export interface SourceOptions {
  /**
   * Where this source's 0 lies on the timeline of the source on air, in milliseconds of that source. With it the cut is
   * exact in content; without it the new source simply goes on where the old one is when its first key frame comes.
   */
  alignMs?: number | undefined;
  /** Sources of the same encoder, one per rendition, carry the same name: they get the same shift. */
  group?: string | undefined;
  /** It is on air now. */
  onSpliced?: (() => void) | undefined;
  /** Another source took its place, or was attached before this one got on air. Its tags are ignored from now on. */
  onReplaced?: (() => void) | undefined;
}

/**
 * One attached source: the headers it sent, what it sent before it went on air, and when it was last heard.
 * Before the splice it collects; after it the relay plays its tags and keeps the book here.
 */
export class SourceGeneration {
  readonly label: string;
  readonly options: SourceOptions;
  readonly attachedAtMs: number;
  metadata: DataTag | null = null;
  videoHeader: VideoTag | null = null;
  audioHeader: AudioTag | null = null;
  /** Set at the splice. */
  timeline: SourceTimeline | null = null;
  hasEnded = false;
  /** Whether its picture is on air; while it is not, it comes back with a key frame only. */
  isPictureOn = false;
  /** When it was last heard, monotonic. */
  lastVideoAtMs: number;
  lastAudioAtMs: number;
  hasReportedStall = false;
  #hasPicture = false;
  #pictureIntervalMs: number | null = null;
  #held: MediaTag[] = [];
  #heldBytes = 0;
  #key: VideoTag | null = null;
  #keyHeldAtMs = 0;

  constructor(label: string, options: SourceOptions, nowMs: number) {
    this.label = label;
    this.options = options;
    this.attachedAtMs = nowMs;
    this.lastVideoAtMs = nowMs;
    this.lastAudioAtMs = nowMs;
  }

  /** How long it may send no picture before it counts as silent: `limitMs`, or more when its pictures are few. */
  silenceLimitMs(limitMs: number): number {
    const intervalMs = this.#pictureIntervalMs ?? UNKNOWN_INTERVAL_MS;
    return Math.max(limitMs, intervalMs * INTERVAL_SLACK);
  }

  /** A picture came. The interval follows a longer one at once and a shorter one slowly. */
  notePicture(nowMs: number): void {
    const distanceMs = nowMs - this.lastVideoAtMs;
    const known = this.#pictureIntervalMs ?? 0;
    if (this.isPictureOn && this.#hasPicture && distanceMs <= MAX_INTERVAL_MS) {
      this.#pictureIntervalMs = distanceMs > known ? distanceMs : known + (distanceMs - known) * 0.2;
    }
    this.#hasPicture = true;
    this.lastVideoAtMs = nowMs;
  }

  /** The key frame it will go on air with; null while it waits for one. */
  get key(): VideoTag | null {
    return this.#key;
  }

  /** When the key frame came. */
  get keyHeldAtMs(): number {
    return this.#keyHeldAtMs;
  }

  /** Its last timestamp, when it has sent sound and no picture for long enough to be sure that it has none; else null. */
  findSoundOnly(): number | null {
    if (this.videoHeader !== null || this.#key !== null) return null;
    const firstMs = this.#held[0]?.timestampMs ?? 0;
    const lastMs = this.#held.at(-1)?.timestampMs ?? 0;
    return lastMs - firstMs >= AUDIO_ONLY_AFTER_MS ? lastMs : null;
  }

  /** Bytes of what it collected so far. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** True once more is held than can be: it must go on air now or start again with its next key frame. */
  get isOverfull(): boolean {
    const key = this.#key;
    if (key === null) return false;
    const heldMs = (this.#held.at(-1)?.timestampMs ?? key.timestampMs) - key.timestampMs;
    return this.heldBytes > MAX_HELD_BYTES || heldMs > MAX_HELD_MS;
  }

  /** Remembers a decoder configuration; true when the tag was one. */
  takeHeader(tag: MediaTag): boolean {
    if (tag.kind === 'data' || tag.frame !== 'header') return false;
    if (tag.kind === 'video') this.videoHeader = tag;
    else this.audioHeader = tag;
    return true;
  }

  /** Keeps a tag until the splice. Pictures before the first key frame are of no use and are let go. */
  hold(tag: MediaTag, nowMs: number): void {
    if (this.#key === null) {
      if (this.takeHeader(tag)) return;
      if (tag.kind === 'video' && !this.#begin(tag, nowMs)) return;
    }
    this.#held.push(tag);
    this.#heldBytes += tag.payload.length;
    if (this.#key === null) this.#trim(tag.timestampMs);
  }

  /** The held tags, from the key frame on and with the sound right before it. They are given up. */
  takeHeld(): MediaTag[] {
    const key = this.#key;
    const keyIndex = key === null ? 0 : this.#held.indexOf(key);
    const held = this.#held.filter((tag, index) => index >= keyIndex || isPreroll(tag, key));
    this.#held = [];
    this.#heldBytes = 0;
    this.#key = null;
    return held;
  }

  #begin(tag: VideoTag, nowMs: number): boolean {
    if (tag.frame !== 'key' || this.videoHeader === null) return false;
    this.#key = tag;
    this.#keyHeldAtMs = nowMs;
    return true;
  }

  #trim(rawMs: number): void {
    const from = this.#held.findIndex(
      (tag) => Math.abs(rawMs - tag.timestampMs) <= AUDIO_ONLY_AFTER_MS + PREROLL_MS,
    );
    if (from <= 0) return;
    for (const tag of this.#held.splice(0, from)) this.#heldBytes -= tag.payload.length;
  }
}

function isPreroll(tag: MediaTag, key: VideoTag | null): boolean {
  return tag.kind === 'audio' && key !== null && Math.abs(tag.timestampMs - key.timestampMs) <= PREROLL_MS;
}
