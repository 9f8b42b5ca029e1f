/**
 * `Idempotency-Key`: a POST that is sent again, because its answer got lost, is carried out once and answered twice.
 * Kept in memory for a day; a restart of the engine forgets.
 */
import { createHash } from 'node:crypto';
import { StreamwareError } from '../contract/errors.ts';
import type { Clock } from '../lib/clock.ts';

const KEPT_MS = 24 * 3_600_000;
const MAX_ENTRIES = 1000;

interface Entry {
  readonly fingerprint: string;
  readonly result: Promise<unknown>;
  readonly endsAtMs: number;
}

export class IdempotencyCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The result of `execute`, or of the earlier call under the same key.
   * An error that may pass (5xx, 429) is not kept: the next try is carried out.
   * @param fingerprint tells whether it is the same request
   * @throws `request.idempotency_conflict` when the key was used for another request
   */
  async run<Result>(
    key: string,
    fingerprint: string,
    execute: () => Promise<Result>,
  ): Promise<{ result: Result; isReplay: boolean }> {
    const known = this.#find(key);
    if (known) {
      if (known.fingerprint !== fingerprint) throw new StreamwareError('request.idempotency_conflict');
      return { result: (await known.result) as Result, isReplay: true };
    }
    const result = execute();
    const entry: Entry = { fingerprint, result, endsAtMs: this.#clock.monotonicMs() + KEPT_MS };
    this.#entries.set(key, entry);
    this.#forgetOldest();
    try {
      return { result: await result, isReplay: false };
    } catch (error) {
      const isFinal = error instanceof StreamwareError && error.status < 500 && !error.retryable;
      if (!isFinal && this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  #find(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry && entry.endsAtMs > this.#clock.monotonicMs()) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  #forgetOldest(): void {
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES) return;
      this.#entries.delete(oldest);
    }
  }
}

/** @throws `request.invalid` for a key that is no key */
export function assertIdempotencyKey(key: string): void {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return;
  throw new StreamwareError('request.invalid', {
    field: 'Idempotency-Key',
    detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters.',
  });
}

export function fingerprintOf(method: string, url: string, body: string): string {
  return createHash('sha256').update(`${method} ${url}\n${body}`).digest('hex');
}
