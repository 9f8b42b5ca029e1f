import type { AudioTag } from '../flv/mediaTag.ts';
import type { OutputTimeline } from './outputTimeline.ts';
import type { SourceGeneration } from './sourceGeneration.ts';

/** The new sound has this long to begin, and the old one to come up to it. */
const MAX_HANDOVER_MS = 400;

/**
 * After a planned change the picture is the new source's at once, but its sound begins a little later: with reordered
 * frames sound belongs to the time of presentation, and that is up to 100 ms after the first decoding time. Until there
 * the old source is still heard; the new sound waits meanwhile. It decides who is heard; relay.ts sends.
 */
export class SoundHandover {
  readonly old: SourceGeneration;
  readonly #line: OutputTimeline;
  readonly #endsAtMs: number;
  readonly #waiting: AudioTag[] = [];
  /** Output time of the first new sound; null while none has come. */
  #newSoundMs: number | null = null;

  constructor(old: SourceGeneration, line: OutputTimeline, nowMs: number) {
    this.old = old;
    this.#line = line;
    this.#endsAtMs = nowMs + MAX_HANDOVER_MS;
  }

  /** Keeps a sound of the new source, on its own timeline, for when it is heard. */
  hold(tag: AudioTag, outMs: number): void {
    this.#newSoundMs ??= outMs;
    this.#waiting.push(tag);
  }

  /** Whether the old sound has come up to the new one, or will not. */
  isOver(nowMs: number): boolean {
    if (nowMs >= this.#endsAtMs) return true;
    const lastMs = this.#line.lastMs('audio');
    if (this.#newSoundMs === null || lastMs === null) return false;
    return lastMs >= this.#newSoundMs - 1.5 * this.#line.intervalMs('audio');
  }

  /** The new sounds that waited, given up. */
  takeWaiting(): AudioTag[] {
    return this.#waiting.splice(0);
  }
}
