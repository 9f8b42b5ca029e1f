/** One-time codes that sign a browser in: made by somebody who holds an admin token, put into a link, spent by opening it. */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../../lib/clock.ts';

const CODE_BYTES = 18;
export const LINK_LIFETIME_MS = 5 * 60_000;
const MAX_OPEN_LINKS = 20;

interface OpenLink {
  readonly endsAtMs: number;
  end(): void;
}

export class StudioLinks {
  readonly #clock: Clock;
  readonly #onEnded: (code: string) => void;
  /** By hash of the code. */
  readonly #open = new Map<string, OpenLink>();

  /** @param onEnded called once per code, when it is spent, has run out, or the engine ends */
  constructor(clock: Clock, onEnded: (code: string) => void = () => undefined) {
    this.#clock = clock;
    this.#onEnded = onEnded;
  }

  create(): { code: string; expiresAt: number } {
    const code = randomBytes(CODE_BYTES).toString('base64url');
    this.#keep(code);
    for (const oldest of this.#open.values()) {
      if (this.#open.size <= MAX_OPEN_LINKS) break;
      oldest.end();
    }
    return { code, expiresAt: this.#clock.nowMs() + LINK_LIFETIME_MS };
  }

  /** True once per code, within its lifetime. */
  redeem(code: string): boolean {
    const link = this.#open.get(hash(code));
    link?.end();
    return link !== undefined && this.#clock.monotonicMs() < link.endsAtMs;
  }

  /** No code is good any more. */
  close(): void {
    for (const link of [...this.#open.values()]) link.end();
  }

  #keep(code: string): void {
    const timer: Timer = this.#clock.after(LINK_LIFETIME_MS, () => end());
    const end = (): void => {
      timer.cancel();
      if (this.#open.delete(hash(code))) this.#onEnded(code);
    };
    this.#open.set(hash(code), { endsAtMs: this.#clock.monotonicMs() + LINK_LIFETIME_MS, end });
  }
}

/** The look-up goes by hash, so that its timing says nothing about the code. */
function hash(code: string): string {
  return createHash('sha256').update(code).digest('hex');
}
