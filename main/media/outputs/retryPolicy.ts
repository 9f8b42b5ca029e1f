import { StreamwareError } from '../../contract/errors.ts';

/** For so long the other side is tried every second: a restarting server, a short loss of the line. */
const QUICK_PHASE_MS = 30_000;
const QUICK_DELAY_MS = 1000;
/** After that with growing distances, never more than ten seconds: platforms end a broadcast after 60 to 90 s. */
const GROWING_PHASE_MS = 120_000;
const growingDelaysMs = [2000, 4000, 8000];
const GROWING_LIMIT_MS = 10_000;
/** And then for as long as the user wants it on. */
const SLOW_DELAY_MS = 60_000;
/** A connection that held this long ends the outage; a shorter one was no success. */
export const RECOVERED_AFTER_MS = 10_000;
/** A server that hangs up so often when it is asked to publish, and never took this key, does not know it. */
const MAX_UNANSWERED = 10;
/** A server that redirects us in circles is tried like one that does not answer. */
const MAX_REDIRECTS = 3;

/** One outage of a destination: from the first failure until a connection has held. */
export interface Outage {
  readonly sinceMs: number;
  /** Tries that were planned, the immediate one included. */
  readonly retries: number;
  /** How many of them with growing distances. */
  readonly growingRetries: number;
  readonly redirects: number;
  /** How often in a row the server hung up when it was asked to publish, instead of answering. */
  readonly unanswered: number;
}

export type RetryDecision =
  | { kind: 'give-up'; reason: StreamwareError }
  | { kind: 'retry'; delayMs: number; outage: Outage };

/**
 * When to try again. The first time at once, then every second (±20 %) for 30 s, then after 2, 4, 8 and 10 s (up to 20 %
 * less) until two minutes have passed, then every minute; never when trying again cannot help.
 * @param outage the one that goes on, null when the destination was fine until now.
 * @param hasBeenLive whether the destination has ever taken this stream: then its key is right.
 * @param nowMs monotonic.
 * @param random 0 to 1; spreads the destinations of many users over time.
 */
export function planRetry(
  outage: Outage | null,
  error: StreamwareError,
  { hasBeenLive, nowMs, random }: { hasBeenLive: boolean; nowMs: number; random: number },
): RetryDecision {
  if (!canRetry(error)) return { kind: 'give-up', reason: error };
  const { sinceMs, retries, growingRetries, redirects, ...before } = outage ?? startOutage(nowMs);
  const unanswered = error.code === 'destination.publish_unanswered' ? before.unanswered + 1 : 0;
  if (unanswered >= MAX_UNANSWERED && !hasBeenLive)
    return { kind: 'give-up', reason: keyUnknown(unanswered) };
  const next = { sinceMs, retries: retries + 1, growingRetries, redirects, unanswered };
  if (error.code === 'destination.redirected' && redirects < MAX_REDIRECTS) {
    return { kind: 'retry', delayMs: 0, outage: { ...next, redirects: redirects + 1 } };
  }
  if (retries === 0) return { kind: 'retry', delayMs: 0, outage: next };
  const elapsedMs = nowMs - sinceMs;
  if (elapsedMs < QUICK_PHASE_MS) {
    return { kind: 'retry', delayMs: Math.round(QUICK_DELAY_MS * (0.8 + 0.4 * random)), outage: next };
  }
  const shorten = 1 - 0.2 * random;
  if (elapsedMs >= GROWING_PHASE_MS) {
    return { kind: 'retry', delayMs: Math.round(SLOW_DELAY_MS * shorten), outage: next };
  }
  const delayMs = Math.round((growingDelaysMs[growingRetries] ?? GROWING_LIMIT_MS) * shorten);
  return { kind: 'retry', delayMs, outage: { ...next, growingRetries: growingRetries + 1 } };
}

/** An outage as it begins; also for a fresh start when the user or the network says that things have changed. */
export function startOutage(nowMs: number): Outage {
  return { sinceMs: nowMs, retries: 0, growingRetries: 0, redirects: 0, unanswered: 0 };
}

/** Many servers refuse a key in this way, without a word. */
function keyUnknown(times: number): StreamwareError {
  return new StreamwareError('destination.auth_rejected', {
    detail: `The server hung up ${times} times when it was asked to publish, and never took this stream key.`,
  });
}

/** A mistake of our own says nothing about the destination: the broadcast is worth another try. */
function canRetry(error: StreamwareError): boolean {
  return error.retryable || error.code === 'internal.unexpected';
}
