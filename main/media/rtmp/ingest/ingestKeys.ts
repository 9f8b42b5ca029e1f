/**
 * The stream keys that are open for publishers. It holds digests, not keys, and every answer compares the key with all
 * of them in constant time, so that neither memory nor timing gives a key away.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { StreamwareError } from '../../../contract/errors.ts';
import type { Secret } from '../../../lib/secret.ts';
import type { IngestDecision, IngestSlot } from './ingestSlot.ts';

interface OpenKey {
  readonly digest: Buffer;
  readonly slot: IngestSlot;
}

export class IngestKeys {
  readonly #app: string;
  readonly #open = new Set<OpenKey>();

  /** `app`: the application name that publishers use; others are refused. */
  constructor(app = 'live') {
    this.#app = app;
  }

  /**
   * Opens a slot under a key; returns the function that closes it again (its publisher, if any, is to be dropped by
   * the caller). Throws `request.invalid` when another slot has the key.
   */
  add(key: Secret, slot: IngestSlot): () => void {
    this.assertFree(key);
    const digest = digestOf(key.reveal());
    const openKey = { digest, slot };
    this.#open.add(openKey);
    return (): void => void this.#open.delete(openKey);
  }

  /** Throws what `add` would, and changes nothing. */
  assertFree(key: Secret): void {
    if (this.#find(digestOf(key.reveal())) === null) return;
    throw new StreamwareError('request.invalid', {
      field: 'input.key',
      detail: 'Another stream that is live uses this ingest key.',
      hint: 'Take another key, or stop the other stream first.',
    });
  }

  /** The decision about a publisher, for `createRtmpIngest`. */
  readonly authorize = (app: string, key: string): IngestDecision => {
    const slot = this.#find(digestOf(key));
    if (app !== this.#app) {
      return {
        kind: 'refuse',
        description: `There is nothing under this address. The server ends in /${this.#app}.`,
      };
    }
    if (slot !== null) return { kind: 'accept', slot };
    return { kind: 'refuse', description: 'Unknown stream key. Copy it again from the studio.' };
  };

  #find(digest: Buffer): IngestSlot | null {
    let found: IngestSlot | null = null;
    for (const openKey of this.#open) {
      if (timingSafeEqual(openKey.digest, digest)) found = openKey.slot;
    }
    return found;
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}
