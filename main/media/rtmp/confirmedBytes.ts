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
  readonly #firstWindowBytes: number;
  #windowBytes: number;
  /** A larger window announced before, which the peer may still be keeping. */
  #formerWindowBytes = 0;
  #acknowledged = 0;
  #lastSequence = 0;
  #keepsWindow = false;
  /** When the first window was full, on the caller's monotonic clock. */
  #firstWindowAtMs: number | null = null;
  #highest = 0;

  /** `windowBytes`: the window announced to the peer. */
  constructor(windowBytes: number) {
    this.#firstWindowBytes = windowBytes;
    this.#windowBytes = windowBytes;
  }

  /** The window announced last. */
  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** Another window was announced. A peer that goes on with the one before is not taken for one that keeps none. */
  changeWindow(windowBytes: number): void {
    this.#formerWindowBytes = Math.max(this.#formerWindowBytes, this.#windowBytes);
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
    const takenBytes = this.#acknowledged - before;
    this.#keepsWindow = takenBytes <= 2 * Math.max(this.#windowBytes, this.#formerWindowBytes);
    if (takenBytes <= 2 * this.#windowBytes) this.#formerWindowBytes = 0;
  }

  /** Bytes confirmed so far; never goes back. `drainedBytes`: what the socket has handed to the kernel. */
  confirmed(drainedBytes: number, nowMs: number): number {
    this.#highest = Math.max(this.#highest, this.#evidence(drainedBytes, nowMs));
    return this.#highest;
  }

  #evidence(drainedBytes: number, nowMs: number): number {
    if (this.#keepsWindow) return this.#acknowledged;
    if (this.#acknowledged > 0) return drainedBytes;
    if (drainedBytes < this.#firstWindowBytes) return drainedBytes;
    this.#firstWindowAtMs ??= nowMs;
    return nowMs - this.#firstWindowAtMs < FIRST_ACKNOWLEDGEMENT_MS ? this.#firstWindowBytes : drainedBytes;
  }
}

/** Below this even a stream at its floor would have its peer say something every few messages. */
const MIN_WINDOW_BYTES = 32_000;
/**
 * Each acknowledgement wakes us up, for each destination. A larger window would save little more, and after a sudden fall
 * of the bitrate to 0.5 Mbit/s a frozen peer would be noticed later than after 15 s.
 */
const MAX_WINDOW_BYTES = 512_000;
/** A window that is off by less than this is left as it is. */
const CLEARLY_OFF = 2;

/** The window to announce for a stream of `bitrateKbps`: what flows in about a second, so that a living peer is heard from all the time. */
export function acknowledgementWindow(bitrateKbps: number): number {
  const bytesPerSecond = (bitrateKbps * 1000) / 8;
  return Math.round(Math.min(MAX_WINDOW_BYTES, Math.max(MIN_WINDOW_BYTES, bytesPerSecond)));
}

/** The window to announce now that `bitrateKbps` was measured; null when the one in force will do. */
export function betterWindow(windowBytes: number, bitrateKbps: number): number | null {
  const wanted = acknowledgementWindow(bitrateKbps);
  const isOff = wanted >= windowBytes * CLEARLY_OFF || wanted * CLEARLY_OFF <= windowBytes;
  return isOff ? wanted : null;
}
