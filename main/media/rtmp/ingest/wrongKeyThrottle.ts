/**
 * Slows down whoever guesses keys: each wrong key from an address makes the answer to its next wrong one later.
 * Right keys are never delayed, so a mistyped key in one program cannot lock out another on the same machine.
 */
const FREE_MISTAKES = 3;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;
const FORGET_AFTER_MS = 10 * 60 * 1_000;
const MAX_ADDRESSES = 1_000;

export class WrongKeyThrottle {
  readonly #mistakes = new Map<string, { count: number; lastMs: number }>();

  /** Notes a wrong key and says how long to wait before the refusal, in milliseconds. `nowMs`: monotonic. */
  noteMistake(address: string, nowMs: number): number {
    const known = this.#mistakes.get(address);
    const isRecent = known !== undefined && nowMs - known.lastMs < FORGET_AFTER_MS;
    const count = (isRecent ? known.count : 0) + 1;
    // Entered anew, so that the map stays in the order of the last mistake.
    this.#mistakes.delete(address);
    this.#mistakes.set(address, { count, lastMs: nowMs });
    this.#forgetOldest();
    return count <= FREE_MISTAKES
      ? 0
      : Math.min(FIRST_DELAY_MS * 2 ** (count - FREE_MISTAKES - 1), MAX_DELAY_MS);
  }

  #forgetOldest(): void {
    if (this.#mistakes.size <= MAX_ADDRESSES) return;
    const [oldest] = this.#mistakes.keys();
    if (oldest !== undefined) this.#mistakes.delete(oldest);
  }
}
