/**
 * How much of what we sent the peer has surely taken: the measure of whether it is alive. A kernel takes megabytes for
 * a frozen peer, so only what the peer itself acknowledges counts, as long as it keeps the window we announced. A peer
 * that never acknowledges, or much more rarely than asked, is judged by what left the socket instead.
 * Source: RTMP 1.0, 5.4.3 and 5.4.4. Pure: time comes in as a parameter.
 */
const WRAP = 2 ** 32;
/** How long a peer may take to acknowledge its first full window before it is taken for one that never does. */
const FIRST_ACKNOWLEDGEMENT_MS = 5000;

export class ConfirmedBytes {
  readonly #windowBytes: number;
  #acknowledged = 0;
  #lastSequence = 0;
  #keepsWindow = false;
  /** When the first window was full, on the caller's monotonic clock. */
  #firstWindowAtMs: number | null = null;
  #highest = 0;

  /** `windowBytes`: the window announced to the peer. */
  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
  }

  /** Takes an acknowledgement: `sequence` as it came (modulo 2^32), `sentBytes` all that was sent so far. */
  acknowledge(sequence: number, sentBytes: number): void {
    const stepBytes = (sequence - this.#lastSequence + WRAP) % WRAP;
    if (stepBytes === 0) return;
    // Some servers begin again at 0 long before 2^32; as a wrap that would be more than was ever sent.
    const isRestart = sequence < this.#lastSequence && this.#acknowledged + stepBytes > sentBytes;
    const before = this.#acknowledged;
    this.#acknowledged = Math.min(sentBytes, before + (isRestart ? sequence : stepBytes));
    this.#lastSequence = sequence;
    this.#keepsWindow = this.#acknowledged - before <= 2 * this.#windowBytes;
  }

  /** Bytes confirmed so far; never goes back. `drainedBytes`: what the socket has handed to the kernel. */
  confirmed(drainedBytes: number, nowMs: number): number {
    this.#highest = Math.max(this.#highest, this.#evidence(drainedBytes, nowMs));
    return this.#highest;
  }

  #evidence(drainedBytes: number, nowMs: number): number {
    if (this.#keepsWindow) return this.#acknowledged;
    if (this.#acknowledged > 0) return drainedBytes;
    if (drainedBytes < this.#windowBytes) return drainedBytes;
    this.#firstWindowAtMs ??= nowMs;
    return nowMs - this.#firstWindowAtMs < FIRST_ACKNOWLEDGEMENT_MS ? this.#windowBytes : drainedBytes;
  }
}

/**
 * The window to announce for a stream of `bitrateKbps`: what flows in about a second, so that a living peer is heard
 * from all the time, also after the bitrate was lowered to the floor.
 */
export function acknowledgementWindow(bitrateKbps: number): number {
  const bytesPerSecond = (bitrateKbps * 1000) / 8;
  return Math.round(Math.min(128_000, Math.max(32_000, bytesPerSecond)));
}
