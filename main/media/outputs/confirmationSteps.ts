/** The last confirmations show how much this peer lets come together before it sends one. */
const KNOWN_STEPS = 4;

/** How a far side confirms: in how large steps. Fed with a running total, as often as it is read. */
export class ConfirmationSteps {
  readonly #steps: number[] = [];
  #confirmed: number;

  /** @param confirmedBytes what is no step any more */
  constructor(confirmedBytes: number) {
    this.#confirmed = confirmedBytes;
  }

  /** Bytes confirmed by the last reading. */
  get confirmedBytes(): number {
    return this.#confirmed;
  }

  /** The largest of the last steps; null before the first. */
  get largest(): number | null {
    return this.#steps.length === 0 ? null : Math.max(...this.#steps);
  }

  /** Takes a reading. @returns whether something more was confirmed */
  note(confirmedBytes: number): boolean {
    const step = confirmedBytes - this.#confirmed;
    if (step <= 0) return false;
    this.#confirmed = confirmedBytes;
    this.#steps.push(step);
    if (this.#steps.length > KNOWN_STEPS) this.#steps.shift();
    return true;
  }
}
