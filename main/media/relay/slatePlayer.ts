import { withParameterSets } from '../flv/avc.ts';
import { at, type VideoTag } from '../flv/mediaTag.ts';
import type { ProgramOutput } from './programOutput.ts';
import type { SlateClip } from './slateClip.ts';

/** While the output is ahead of real time, the slate runs this much slower until it is not. */
const CATCH_DOWN_SPEED = 0.9;

/** The pictures of a clip, with parameter sets in its key frames; null when it does not begin with a key frame. */
export function slateFrames(clip: SlateClip): readonly VideoTag[] | null {
  const frames = clip.frames.filter((tag) => tag.kind === 'video' && tag.frame !== 'header') as VideoTag[];
  if (frames[0]?.frame !== 'key') return null;
  return frames.map((frame) => (frame.frame === 'key' ? withParameterSets(clip.videoHeader, frame) : frame));
}

/**
 * Plays the pictures of the slate onto the program, in a loop. It follows a time it is told: everything that has fallen
 * due is sent at once, so the gap that the source left is closed with the first call. Silence is not its business.
 */
export class SlatePlayer {
  readonly #output: ProgramOutput;
  readonly #header: VideoTag;
  readonly #frames: readonly VideoTag[];
  readonly #durationMs: number;
  #loopStartMs: number;
  #index = 0;
  /** Where the pace by the clock began; null while the slate follows the sound of the source. */
  #pace: { outMs: number; monotonicMs: number } | null = null;

  /** @param frames of `slateFrames`. @param startMs output time of the first frame. */
  constructor(output: ProgramOutput, clip: SlateClip, frames: readonly VideoTag[], startMs: number) {
    this.#output = output;
    this.#header = clip.videoHeader;
    this.#frames = frames;
    this.#durationMs = Math.max(1, Math.round(clip.durationMs));
    this.#loopStartMs = startMs;
    this.#sendNext();
  }

  /** Sends what has fallen due beside sound that goes on: the picture never runs ahead of it. */
  followAudio(audioMs: number, maxCatchUpMs: number): void {
    this.#pace = null;
    this.#sendUntil(audioMs, maxCatchUpMs);
  }

  /**
   * Sends what has fallen due by the clock. A source that delivered early has left the output ahead of real time:
   * then the slate goes on at once, a little slower, until real time has caught up.
   */
  followClock(programNowMs: number, monotonicMs: number, maxCatchUpMs: number): void {
    this.#pace ??= { outMs: this.#output.line.lastMs('video') ?? programNowMs, monotonicMs };
    const pacedMs = this.#pace.outMs + (monotonicMs - this.#pace.monotonicMs) * CATCH_DOWN_SPEED;
    this.#sendUntil(Math.max(programNowMs, pacedMs), maxCatchUpMs);
  }

  /** Sends what can be decoded and shown before a key frame of the source. */
  sendBefore(keyMs: number, keyPresentationMs: number): void {
    const halfFrameMs = this.#output.line.intervalMs('video') / 2;
    const isBefore = (frame: VideoTag): boolean =>
      this.#nextMs() < keyMs - halfFrameMs &&
      this.#nextMs() + frame.compositionMs < keyPresentationMs - halfFrameMs;
    for (let frame = this.#next; frame !== undefined && isBefore(frame); frame = this.#next) this.#sendNext();
  }

  #sendUntil(dueMs: number, maxCatchUpMs: number): void {
    // After the machine slept, an hour of slate in one burst would help nobody: the time is left out.
    if (dueMs - this.#nextMs() > maxCatchUpMs) {
      this.#index = 0;
      this.#loopStartMs = Math.round(dueMs);
    }
    while (this.#nextMs() <= dueMs) this.#sendNext();
  }

  get #next(): VideoTag | undefined {
    return this.#frames[this.#index];
  }

  #nextMs(): number {
    return this.#loopStartMs + (this.#next?.timestampMs ?? 0);
  }

  #sendNext(): void {
    const frame = this.#next;
    if (frame === undefined) return;
    const lastMs = this.#output.line.lastMs('video');
    const timestampMs = lastMs === null ? this.#nextMs() : Math.max(this.#nextMs(), lastMs + 1);
    this.#output.sendVideo(at(frame, timestampMs), this.#header);
    this.#index += 1;
    if (this.#index < this.#frames.length) return;
    this.#index = 0;
    this.#loopStartMs += this.#durationMs;
  }
}
