import { ConfirmationSteps } from './confirmationSteps.ts';
import type { SessionProgress } from './outputSession.ts';

/** Behind by more than this is slow; no longer so below the second. Between them it stays what it was. */
const SLOW_LAG_MS = 4000;
const CAUGHT_UP_LAG_MS = 1500;
/** What a peer leaves open that confirms now and then is no backlog: two of its steps, and never less than this. */
const OPEN_STEPS = 2;
const MIN_OPEN_BYTES = 512 * 1024;
/** Readings kept: more than the longest queue lasts. */
const MAX_READINGS = 120;

/** What a destination is given and what it takes, over the last seconds. */
export interface Lag {
  /** Age of the oldest media it has not confirmed. */
  readonly lagMs: number;
  readonly givenKbps: number;
  readonly takenKbps: number;
}

interface Reading {
  readonly atMs: number;
  readonly givenBytes: number;
  readonly confirmedBytes: number;
}

const RATE_READINGS = 5;

/**
 * Notices a destination that takes less than the stream needs, long before its queue is full and frames are dropped: kernels
 * on the way take megabytes first. One that takes nothing at all is the business of progressWatch.ts.
 */
export class LagWatch {
  readonly #readings: Reading[] = [];
  readonly #steps = new ConfirmationSteps(0);
  #isSlow = false;

  /**
   * Takes a reading, once a second.
   * @param givenBytes all that was meant for it since the connection began: sent, pending and queued
   * @returns how it fares when it is too slow, else null
   */
  take(progress: SessionProgress, givenBytes: number, nowMs: number): Lag | null {
    this.#steps.note(progress.bytesConfirmed);
    this.#readings.push({ atMs: nowMs, givenBytes, confirmedBytes: progress.bytesConfirmed });
    if (this.#readings.length > MAX_READINGS) this.#readings.shift();
    const lagMs = this.#lagMs(progress.bytesConfirmed, nowMs);
    if (lagMs <= CAUGHT_UP_LAG_MS || !this.#isBacklog(givenBytes - progress.bytesConfirmed))
      this.#isSlow = false;
    else if (lagMs >= SLOW_LAG_MS) this.#isSlow = true;
    return this.#isSlow ? { lagMs, ...this.#rates() } : null;
  }

  /** When what was given had just reached what is confirmed now. */
  #lagMs(confirmedBytes: number, nowMs: number): number {
    const since =
      this.#readings.findLast(({ givenBytes }) => givenBytes <= confirmedBytes) ?? this.#readings[0];
    return since === undefined ? 0 : nowMs - since.atMs;
  }

  /** Of a peer that has confirmed nothing yet, nobody knows how rarely it does. */
  #isBacklog(openBytes: number): boolean {
    const { largest } = this.#steps;
    return largest !== null && openBytes > Math.max(MIN_OPEN_BYTES, OPEN_STEPS * largest);
  }

  #rates(): { givenKbps: number; takenKbps: number } {
    const from = this.#readings.at(-1 - RATE_READINGS) ?? this.#readings[0];
    const to = this.#readings.at(-1);
    if (from === undefined || to === undefined || to.atMs === from.atMs)
      return { givenKbps: 0, takenKbps: 0 };
    const kbps = (bytes: number): number => (bytes * 8) / (to.atMs - from.atMs);
    return {
      givenKbps: kbps(to.givenBytes - from.givenBytes),
      takenKbps: kbps(to.confirmedBytes - from.confirmedBytes),
    };
  }
}
