/** A token bucket per caller: a steady rate with room for a burst. */
import type { Clock } from '../lib/clock.ts';

export interface RateLimit {
  readonly perSecond: number;
  /** How many may come at once after a pause. */
  readonly burst: number;
}

export interface RateDecision {
  readonly isAllowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetSeconds: number;
  /** Until the next one is allowed; 0 when this one was. */
  readonly retryAfterSeconds: number;
}

/**
 * A limit as operators give it.
 * @param requestsPerMinute 1 or more. The share of two seconds may come at once after a pause, but never fewer than 20: opening
 *   the studio alone asks about that often
 */
export function rateLimitPerMinute(requestsPerMinute: number): RateLimit {
  const burst = Math.max(20, Math.round(requestsPerMinute / 30));
  return { perSecond: requestsPerMinute / 60, burst: Math.min(requestsPerMinute, burst) };
}

export const DEFAULT_REQUESTS_PER_MINUTE = 6000;

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

const MAX_BUCKETS = 10_000;

export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: RateLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Takes one request of `key` into account. */
  take(key: string): RateDecision {
    const { perSecond, burst } = this.#limit;
    const now = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, filledAtMs: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAtMs) / 1000) * perSecond);
    bucket.filledAtMs = now;
    const isAllowed = bucket.tokens >= 1;
    if (isAllowed) bucket.tokens -= 1;
    this.#keep(key, bucket);
    return {
      isAllowed,
      limit: burst,
      remaining: Math.floor(bucket.tokens),
      resetSeconds: Math.ceil((burst - bucket.tokens) / perSecond),
      retryAfterSeconds: isAllowed ? 0 : Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond)),
    };
  }

  /** Last used last, so that the first is the one to forget. */
  #keep(key: string, bucket: Bucket): void {
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size <= MAX_BUCKETS) return;
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}
