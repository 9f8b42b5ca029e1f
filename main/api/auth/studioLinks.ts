/** One-time codes that sign a browser in: made by somebody who holds an admin token, put into a link, spent by opening it. */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';

const CODE_BYTES = 18;
export const LINK_LIFETIME_MS = 5 * 60_000;
const MAX_OPEN_LINKS = 20;

export class StudioLinks {
  readonly #clock: Clock;
  /** Hash of the code → when it ends. */
  readonly #open = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  create(): { code: string; expiresAt: number } {
    const code = randomBytes(CODE_BYTES).toString('base64url');
    this.#open.set(hash(code), this.#clock.monotonicMs() + LINK_LIFETIME_MS);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= MAX_OPEN_LINKS) break;
      this.#open.delete(oldest);
    }
    return { code, expiresAt: this.#clock.nowMs() + LINK_LIFETIME_MS };
  }

  /** True once per code, within its lifetime. */
  redeem(code: string): boolean {
    const key = hash(code);
    const endsAt = this.#open.get(key);
    this.#open.delete(key);
    return endsAt !== undefined && this.#clock.monotonicMs() < endsAt;
  }
}

/** The look-up goes by hash, so that its timing says nothing about the code. */
function hash(code: string): string {
  return createHash('sha256').update(code).digest('hex');
}
