/**
 * How long a publisher's bytes may gather in the kernel before they are read. Waking up for every piece, and sending it on
 * to every destination, costs more than relaying it.
 */

/** In the beginning nobody waits: the first picture is wanted. */
const NO_GATHERING_MS = 2000;
/** What is read at once. Where more waits, the sender's window closes, and it falls behind real time. */
const ENOUGH_BYTES = 64 * 1024;

export class Gathering {
  readonly #maxMs: number;
  #startedAtMs: number | null = null;
  #lastAtMs = 0;
  #lastBytes = 0;

  /** @param maxMs 0 for never */
  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  /**
   * To be asked when everything there was has been read.
   * @param bytesReceived by the connection so far
   * @param nowMs monotonic
   * @returns milliseconds to wait before reading on
   */
  pauseMs(bytesReceived: number, nowMs: number): number {
    this.#startedAtMs ??= nowMs;
    const bytes = bytesReceived - this.#lastBytes;
    const elapsedMs = nowMs - this.#lastAtMs;
    this.#lastBytes = bytesReceived;
    this.#lastAtMs = nowMs;
    if (nowMs - this.#startedAtMs < NO_GATHERING_MS) return 0;
    return gatherTime(this.#maxMs, bytes, elapsedMs);
  }
}

/** As long as enough bytes take to come at that rate, `maxMs` at most. */
export function gatherTime(maxMs: number, bytes: number, elapsedMs: number): number {
  if (bytes <= 0) return maxMs;
  return Math.min(maxMs, Math.round((ENOUGH_BYTES * elapsedMs) / bytes));
}
