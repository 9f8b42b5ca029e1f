/**
 * Decides at which key frames segments begin, the same way for every variant of a ladder: who reaches a cut first sets
 * it, the others follow at the same time, also when they joined later or started again. Pure but for its memory.
 */
const MAX_REMEMBERED = 64;
/** Two variants of one picture may differ by the rounding of a time stamp. */
const SAME_TIME_MS = 25;

export class CutPlan {
  readonly #targetMs: number;
  readonly #cuts: number[] = [];

  /** @param targetMs wanted length of a segment */
  constructor(targetMs: number) {
    this.#targetMs = targetMs;
  }

  /**
   * @param startMs where the segment in progress began, on the stream's timeline
   * @param keyMs where the key frame is
   * @param keyDistanceMs how far it is from the key frame before
   */
  shouldCut(startMs: number, keyMs: number, keyDistanceMs: number): boolean {
    const planned = this.#cuts.find((cut) => cut > startMs + SAME_TIME_MS);
    if (planned !== undefined) return keyMs >= planned - SAME_TIME_MS;
    // The key frame closest to the wanted length: the one before may be nearer than the one after.
    if (keyMs - startMs < shortestCutMs(this.#targetMs, keyDistanceMs)) return false;
    this.#remember(keyMs);
    return true;
  }

  /** The timeline has begun anew: what was planned on the old one means nothing. */
  reset(): void {
    this.#cuts.length = 0;
  }

  #remember(keyMs: number): void {
    this.#cuts.push(keyMs);
    if (this.#cuts.length > MAX_REMEMBERED) this.#cuts.shift();
  }
}

function shortestCutMs(targetMs: number, keyDistanceMs: number): number {
  return targetMs - keyDistanceMs / 2;
}

/** How long segments become when key frames come at this distance: the whole number of distances closest to the wanted length. */
export function segmentMsAt(targetMs: number, keyDistanceMs: number): number {
  return Math.max(1, Math.ceil(shortestCutMs(targetMs, keyDistanceMs) / keyDistanceMs)) * keyDistanceMs;
}
