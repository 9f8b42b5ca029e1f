/** Waiting for what another process or socket does, without guessing how long it takes. */
import { delay, systemClock } from '../../main/lib/clock.ts';

export interface WaitOptions {
  /** What is awaited, in words; shown when it does not come: `nginx to accept connections`. */
  readonly what: string;
  /** Default 10 000. Generous is right: it costs time only when the test fails. */
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

type Falsy = false | null | undefined | 0 | '';

/**
 * Asks `condition` again and again until it gives something truthy, and returns that.
 * A condition that throws counts as "not yet". Fails with what was awaited and the last answer.
 */
export async function waitFor<Value>(
  condition: () => Value | Falsy | Promise<Value | Falsy>,
  options: WaitOptions,
): Promise<Exclude<Value, Falsy>> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const deadlineMs = systemClock.monotonicMs() + timeoutMs;
  for (;;) {
    let last: unknown;
    try {
      const value = await condition();
      if (value) return value as Exclude<Value, Falsy>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (systemClock.monotonicMs() >= deadlineMs) {
      throw new Error(`waited ${timeoutMs} ms for ${options.what}; last answer: ${describe(last)}`, {
        cause: last instanceof Error ? last : undefined,
      });
    }
    await delay(systemClock, options.intervalMs ?? 20);
  }
}

/** Rejects when `promise` has not settled in time. The promise itself goes on: the caller must stop what it started. */
export async function within<Value>(promise: Promise<Value>, options: WaitOptions): Promise<Value> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const stop = new AbortController();
  const timedOut = delay(systemClock, timeoutMs, stop.signal).then(() => {
    if (!stop.signal.aborted) throw new Error(`waited ${timeoutMs} ms for ${options.what}`);
    return new Promise<never>(() => undefined);
  });
  try {
    return await Promise.race([promise, timedOut]);
  } finally {
    stop.abort();
  }
}

function describe(answer: unknown): string {
  if (answer instanceof Error) return `${answer.name}: ${answer.message}`;
  return JSON.stringify(answer) ?? 'undefined';
}
