/** Small tags with real headers, and a source that delivers them in real time on a fake clock. */
import { aacHeaderTag } from '../../../../main/media/flv/aac.ts';
import type { AudioTag, DataTag, MediaTag, VideoTag } from '../../../../main/media/flv/mediaTag.ts';
import { metadataTag } from '../../../../main/media/flv/metadata.ts';
import type { SlateClip } from '../../../../main/media/relay/slateClip.ts';
import type { TagSink, TagSource } from '../../../../main/media/relay/tagSink.ts';
import type { FakeClock } from '../../../helpers/fakeClock.ts';

const SPS = '6742c00cda05067e7c0440000003004000000c83c50aa8';

/** An H.264 header; `variant` makes it a different one, as another encoder would. */
export function videoHeader(variant = 0, timestampMs = 0): VideoTag {
  const pps = `68ce3c8${variant.toString(16)}`;
  const payload = Buffer.from(`17000000000142c00cffe10017${SPS}010004${pps}`, 'hex');
  return { kind: 'video', codec: 'h264', frame: 'header', compositionMs: 0, timestampMs, payload };
}

export function audioHeader(sampleRateHz = 48_000): AudioTag {
  return aacHeaderTag(sampleRateHz, 2, 0);
}

/** A picture of one NAL unit, `bytes` long in all. */
export function picture(
  frame: 'key' | 'inter',
  timestampMs: number,
  options: { compositionMs?: number; bytes?: number } = {},
): VideoTag {
  const { compositionMs = 0, bytes = 20 } = options;
  const payload = Buffer.alloc(bytes, 0x55);
  payload.set([frame === 'key' ? 0x17 : 0x27, 1, 0, 0, compositionMs & 255]);
  payload.writeUInt32BE(bytes - 9, 5);
  payload[9] = frame === 'key' ? 0x65 : 0x41;
  return { kind: 'video', codec: 'h264', frame, compositionMs, timestampMs, payload };
}

export function sound(timestampMs: number, bytes = 8): AudioTag {
  const payload = Buffer.alloc(bytes, 0x33);
  payload.set([0xaf, 1]);
  return { kind: 'audio', codec: 'aac', frame: 'sound', timestampMs, payload };
}

export function metadata(width = 1280): DataTag {
  return metadataTag({ width }, 0);
}

/** Composition times of I P B B P B B at one frame each: decoded in this order, shown in another. */
const reorderedFrames = [1, 3, 0, 0, 3, 0, 0] as const;

export function slateClip(
  options: { durationMs?: number; frameMs?: number; isReordered?: boolean } = {},
): SlateClip {
  const { durationMs = 2000, frameMs = 40, isReordered = false } = options;
  const frames: MediaTag[] = [];
  for (let at = 0; at < durationMs; at += frameMs) {
    const index = frames.length;
    const compositionFrames = isReordered
      ? index === 0
        ? 1
        : (reorderedFrames[1 + ((index - 1) % 3)] ?? 0)
      : 0;
    const compositionMs = compositionFrames * frameMs;
    frames.push(picture(at === 0 ? 'key' : 'inter', at, { bytes: 64, compositionMs }));
  }
  return { videoHeader: videoHeader(9), audioHeader: audioHeader(), frames, durationMs };
}

export interface SourceShape {
  fps: number;
  gopFrames: number;
  hasAudio: boolean;
  hasVideo: boolean;
  /** Where the source's own clock stands at the start. */
  startMs: number;
  headerVariant: number;
}

const usualShape: SourceShape = {
  fps: 25,
  gopFrames: 50,
  hasAudio: true,
  hasVideo: true,
  startMs: 0,
  headerVariant: 0,
};

/** Delivers a live source: everything that falls due while the clock advances, in decoding order. */
export class LiveSource {
  readonly #clock: FakeClock;
  readonly #source: TagSource;
  readonly #shape: SourceShape;
  #video = 0;
  #audio = 0;
  #elapsedMs = 0;
  #offsetMs = 0;
  isVideoMuted = false;
  isAudioMuted = false;

  constructor(clock: FakeClock, source: TagSource, shape: Partial<SourceShape> = {}) {
    this.#clock = clock;
    this.#source = source;
    this.#shape = { ...usualShape, ...shape };
    source.push(metadata());
    if (this.#shape.hasVideo) source.push(videoHeader(this.#shape.headerVariant));
    if (this.#shape.hasAudio) source.push(audioHeader());
  }

  /** From now on its clock reads this much more (or less). */
  jump(offsetMs: number): void {
    this.#offsetMs += offsetMs;
  }

  /** Real time goes on, the source does nothing and its clock stands still. */
  async freeze(milliseconds: number): Promise<void> {
    await this.#clock.advance(milliseconds);
  }

  /** Real time goes on and so does the source's clock, but nothing is delivered. */
  async loseConnection(milliseconds: number): Promise<void> {
    await this.#clock.advance(milliseconds);
    this.jump(milliseconds);
  }

  async run(milliseconds: number): Promise<void> {
    await runTogether(this.#clock, milliseconds, this);
  }

  /** When its next tag is due, in milliseconds of its own running time. */
  get nextDueMs(): number {
    return Math.min(this.#videoAtMs, this.#audioAtMs) - this.#elapsedMs;
  }

  /** Its running time goes on, nothing is delivered yet. */
  skip(milliseconds: number): void {
    this.#elapsedMs += milliseconds;
  }

  /** Its running time goes on, and what has fallen due is delivered. */
  pass(milliseconds: number): void {
    this.skip(milliseconds);
    while (this.nextDueMs <= 0) {
      const tag = this.#take();
      if (tag) this.#source.push(tag);
    }
  }

  get #videoAtMs(): number {
    return this.#shape.hasVideo
      ? Math.round((this.#video * 1000) / this.#shape.fps)
      : Number.POSITIVE_INFINITY;
  }

  get #audioAtMs(): number {
    return this.#shape.hasAudio ? Math.round((this.#audio * 1024) / 48) : Number.POSITIVE_INFINITY;
  }

  #take(): MediaTag | null {
    const baseMs = this.#shape.startMs + this.#offsetMs;
    const [videoAtMs, audioAtMs] = [this.#videoAtMs, this.#audioAtMs];
    if (videoAtMs <= audioAtMs) {
      const frame = this.#video % this.#shape.gopFrames === 0 ? 'key' : 'inter';
      this.#video += 1;
      return this.isVideoMuted ? null : picture(frame, baseMs + videoAtMs);
    }
    this.#audio += 1;
    return this.isAudioMuted ? null : sound(baseMs + audioAtMs);
  }
}

/** Lets several sources run side by side. A tag due at the very end belongs to the next run. */
export async function runTogether(
  clock: FakeClock,
  milliseconds: number,
  ...sources: LiveSource[]
): Promise<void> {
  let remainingMs = milliseconds;
  while (remainingMs > 0) {
    for (const source of sources) source.pass(0);
    const stepMs = Math.min(remainingMs, ...sources.map((source) => source.nextDueMs));
    await clock.advance(stepMs);
    remainingMs -= stepMs;
    if (remainingMs > 0) for (const source of sources) source.pass(stepMs);
    else for (const source of sources) source.skip(stepMs);
  }
}

export class RecordingSink implements TagSink {
  readonly tags: MediaTag[] = [];

  push(tag: MediaTag): void {
    this.tags.push(tag);
  }

  get pictures(): VideoTag[] {
    return this.tags.filter((tag) => tag.kind === 'video').filter((tag) => tag.frame !== 'header');
  }

  get sounds(): AudioTag[] {
    return this.tags.filter((tag) => tag.kind === 'audio').filter((tag) => tag.frame === 'sound');
  }

  /** `metadata`, `video header`, `key`, … in the order of arrival. */
  get outline(): string[] {
    return this.tags.map((tag) => {
      if (tag.kind === 'data') return 'metadata';
      return tag.frame === 'header' ? `${tag.kind} header` : tag.frame;
    });
  }
}

/** The largest step between neighbours. */
export function largestGapMs(tags: readonly MediaTag[]): number {
  return Math.max(0, ...tags.slice(1).map((tag, index) => tag.timestampMs - (tags[index]?.timestampMs ?? 0)));
}

export function isStrictlyIncreasing(tags: readonly MediaTag[]): boolean {
  return tags.slice(1).every((tag, index) => tag.timestampMs > (tags[index]?.timestampMs ?? 0));
}

export function neverGoesBack(tags: readonly MediaTag[]): boolean {
  return tags.slice(1).every((tag, index) => tag.timestampMs >= (tags[index]?.timestampMs ?? 0));
}
