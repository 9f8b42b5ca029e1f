const WRAP_31_BITS = 2 ** 31;
const WRAP_32_BITS = 2 ** 32;
/** A wrap is believed only this close to it, so that a source which starts again from zero is not mistaken for one. */
const WRAP_ZONE_MS = 10 * 60 * 1000;

/**
 * Turns the timestamps of FLV and RTMP, which begin again at 0 after 2^32 ms (2^31 ms where ffmpeg wrote them:
 * it leaves the sign bit clear), into a timeline that goes on. Tracks may straddle the wrap: a late tag from
 * before it keeps its place.
 */
export class TimestampUnwrapper {
  #offsetMs = 0;
  #lastWrapMs = 0;
  #lastRawMs = 0;

  /** `rawMs`: the 32-bit value as read. Returns 0 or more, not limited to 32 bits. */
  unwrap(rawMs: number): number {
    if (
      this.#lastWrapMs !== 0 &&
      rawMs >= this.#lastWrapMs - WRAP_ZONE_MS &&
      this.#lastRawMs < WRAP_ZONE_MS
    ) {
      return rawMs + this.#offsetMs - this.#lastWrapMs;
    }
    if (rawMs < WRAP_ZONE_MS && rawMs < this.#lastRawMs) this.#passWrap();
    this.#lastRawMs = rawMs;
    return rawMs + this.#offsetMs;
  }

  #passWrap(): void {
    const wrapMs = [WRAP_31_BITS, WRAP_32_BITS].find(
      (candidate) => this.#lastRawMs < candidate && this.#lastRawMs >= candidate - WRAP_ZONE_MS,
    );
    if (wrapMs === undefined) return;
    this.#lastWrapMs = wrapMs;
    this.#offsetMs += wrapMs;
  }
}
