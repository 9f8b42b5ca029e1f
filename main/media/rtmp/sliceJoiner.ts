const DEFAULT_MAX_BYTES = 512 * 1024;
const STEP_BYTES = 64 * 1024;

/**
 * Joins small pieces into one, so that a socket has one write to manage instead of many. Sockets that send the same
 * array of pieces one after the other share the work. The memory is used again as long as nobody keeps it: a socket that
 * could not hand everything to the kernel at once does, see `giveAway`.
 */
export class SliceJoiner {
  readonly maxBytes: number;
  #memory: Buffer | null = null;
  #slices: readonly Buffer[] | null = null;
  #joined: Buffer = Buffer.alloc(0);
  #isGivenAway = false;

  constructor(maxBytes: number = DEFAULT_MAX_BYTES) {
    this.maxBytes = maxBytes;
  }

  /**
   * The pieces in one. Good until the next call, for longer only after `giveAway`.
   * `bytes`: what they are together, `maxBytes` at most. Do not change the array or the pieces afterwards.
   */
  join(slices: readonly Buffer[], bytes: number): Buffer {
    if (slices === this.#slices) return this.#joined;
    if (this.#memory === null || this.#isGivenAway || this.#memory.length < bytes) {
      this.#memory = Buffer.allocUnsafeSlow(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
      this.#isGivenAway = false;
    }
    let offset = 0;
    for (const slice of slices) offset += slice.copy(this.#memory, offset);
    this.#slices = slices;
    this.#joined = this.#memory.subarray(0, bytes);
    return this.#joined;
  }

  /** The last result is still referred to: its memory is left alone from now on. */
  giveAway(): void {
    this.#isGivenAway = true;
  }
}
