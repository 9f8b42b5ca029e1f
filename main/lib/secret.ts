import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A stream key, passphrase or token. It prints as `[redacted]` wherever a value can be printed
 * (string, template, JSON, console), so that only code which calls `reveal()` can leak it.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that must send it. */
  reveal(): string {
    return this.#value;
  }

  get isEmpty(): boolean {
    return this.#value === '';
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
