/**
 * `Idempotency-Key`: a POST that is sent again, because its answer got lost, is carried out once and answered twice.
 * What was answered is held here for the requests of today and, through the journal, beyond the end of the engine.
 *
 *   no such key ──claim──▶ carried out ──answered, refused for good──▶ kept for a day ──▶ forgotten
 *                              │ ──failed in a way that may pass─────▶ no such key
 *                              └───the engine was killed─────────────▶ unknown: refused, for nobody can tell what was done
 */
import { createHash } from 'node:crypto';
import { StreamwareError } from '../contract/errors.ts';
import type { Clock } from '../lib/clock.ts';

/** By the wall clock, because it has to hold across a restart. */
export const KEPT_MS: number = 24 * 3_600_000;
const MAX_ENTRIES = 1000;

export interface KeyedRequest {
  /** Id of the token: two callers never meet under one key. */
  readonly owner: string;
  readonly key: string;
  /** Tells whether it is the same request; see `fingerprintOf`. */
  readonly fingerprint: string;
}

/** How a request ended for good. */
export type Outcome =
  | { readonly kind: 'answered'; readonly result: unknown }
  | { readonly kind: 'refused'; readonly error: StreamwareError };

/** What an earlier run of the engine put down about a request. */
export interface KeptRequest {
  readonly fingerprint: string;
  /** Wall clock. */
  readonly claimedAtMs: number;
  /** `unknown`: how it ended is not known, for the reason given in a sentence. */
  readonly outcome: Outcome | { readonly kind: 'unknown'; readonly reason: string };
}

/** Where requests with a key outlive the engine. Its methods never reject, and never wait for more than a second. */
export interface IdempotencyJournal {
  /** Puts down that the request is being carried out now. @returns what is known about the key already; null when nothing is */
  claim(request: KeyedRequest, nowMs: number): Promise<KeptRequest | null>;
  settle(request: KeyedRequest, claimedAtMs: number, outcome: Outcome): Promise<void>;
  /** The key is free again. */
  release(request: KeyedRequest): Promise<void>;
}

const noJournal: IdempotencyJournal = {
  claim: async () => null,
  settle: async () => undefined,
  release: async () => undefined,
};

interface Started {
  /** Of the request that had the key first. */
  readonly fingerprint: string;
  /** Put down by an earlier run of the engine. */
  readonly isKept: boolean;
  /** Why nobody can tell how it ended; null when that is known, or still going on. */
  readonly unknown: string | null;
  readonly result: Promise<unknown>;
}

interface Entry {
  readonly started: Promise<Started>;
  endsAtMs: number;
  isSettled: boolean;
}

export class IdempotencyKeys {
  readonly #clock: Clock;
  readonly #journal: IdempotencyJournal;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, journal: IdempotencyJournal = noJournal) {
    this.#clock = clock;
    this.#journal = journal;
  }

  /**
   * Carries the request out, unless it was or is being carried out under the same key.
   * An error that may pass (5xx, 429) is not kept: the next try is carried out.
   * @returns when it is decided which of the two; `result` is that of `execute`, or of the earlier call
   * @throws `request.idempotency_conflict` when the key was used for another request, `request.idempotency_unknown` when
   *   nobody can tell how that one ended
   */
  async run<Result>(
    request: KeyedRequest,
    execute: () => Promise<Result>,
  ): Promise<{ result: Promise<Result>; isReplay: boolean }> {
    const name = `${request.owner} ${request.key}`;
    const known = this.#find(name);
    const entry = known ?? this.#begin(name, request, execute);
    const { fingerprint, isKept, unknown, result } = await entry.started;
    if (fingerprint !== request.fingerprint) throw new StreamwareError('request.idempotency_conflict');
    if (unknown !== null) throw new StreamwareError('request.idempotency_unknown', { detail: unknown });
    return { result: result as Promise<Result>, isReplay: isKept || known !== undefined };
  }

  #find(name: string): Entry | undefined {
    const entry = this.#entries.get(name);
    if (entry && (!entry.isSettled || entry.endsAtMs > this.#clock.nowMs())) return entry;
    this.#entries.delete(name);
    return undefined;
  }

  #begin(name: string, request: KeyedRequest, execute: () => Promise<unknown>): Entry {
    const claimedAtMs = this.#clock.nowMs();
    const claimed = this.#journal.claim(request, claimedAtMs);
    const entry: Entry = {
      endsAtMs: claimedAtMs + KEPT_MS,
      isSettled: false,
      started: claimed.then((kept): Started => {
        const result = kept ? resultOf(kept) : this.#carryOut(request, claimedAtMs, execute);
        entry.endsAtMs = (kept?.claimedAtMs ?? claimedAtMs) + KEPT_MS;
        this.#whenSettled(name, entry, result);
        const unknown = kept?.outcome.kind === 'unknown' ? kept.outcome.reason : null;
        return { fingerprint: (kept ?? request).fingerprint, isKept: kept !== null, unknown, result };
      }),
    };
    this.#entries.set(name, entry);
    this.#forgetOldest();
    return entry;
  }

  async #carryOut(
    request: KeyedRequest,
    claimedAtMs: number,
    execute: () => Promise<unknown>,
  ): Promise<unknown> {
    try {
      const result = await execute();
      await this.#journal.settle(request, claimedAtMs, { kind: 'answered', result });
      return result;
    } catch (error) {
      if (isFinal(error)) await this.#journal.settle(request, claimedAtMs, { kind: 'refused', error });
      else await this.#journal.release(request);
      throw error;
    }
  }

  /** Hears of the end before any caller does, so that a caller who tries again at once finds the key free. */
  #whenSettled(name: string, entry: Entry, result: Promise<unknown>): void {
    result.then(
      () => {
        entry.isSettled = true;
      },
      (error: unknown) => {
        entry.isSettled = true;
        if (!isFinal(error) && this.#entries.get(name) === entry) this.#entries.delete(name);
      },
    );
  }

  #forgetOldest(): void {
    for (const [name, { isSettled }] of this.#entries) {
      if (this.#entries.size <= MAX_ENTRIES) return;
      // What still runs must be found by whoever sends it again. There are no more of these than connections.
      if (isSettled) this.#entries.delete(name);
    }
  }
}

async function resultOf({ outcome }: KeptRequest): Promise<unknown> {
  if (outcome.kind === 'refused') throw outcome.error;
  return outcome.kind === 'answered' ? outcome.result : undefined;
}

/** Whether sending the same thing again can only end the same way. */
function isFinal(error: unknown): error is StreamwareError {
  return error instanceof StreamwareError && error.status < 500 && !error.retryable;
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
