/**
 * Secrets at rest: AES-256-GCM under the master key (NIST SP 800-38D), a fresh random nonce each time, the purpose as
 * additional data, so that a sealed text moved to another place does not open there.
 *
 *   sealed:1:<id of the key>:<base64url of nonce (12 bytes) + ciphertext + tag (16 bytes)>
 *
 * The id of the key tells a wrong key from a damaged text. It does not say anything about the key.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

export const MASTER_KEY_BYTES = 32;
const PREFIX = 'sealed:1';
const SHAPE = /^sealed:1:([\w-]{8}):([\w-]+)$/;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export type Unsealed =
  | { readonly ok: true; readonly text: string }
  /** `wrongKey`: sealed under another key. `damaged`: not what was sealed, or sealed for another purpose. */
  | { readonly ok: false; readonly reason: 'wrongKey' | 'damaged' };

export class SealedBox {
  readonly #key: Buffer;
  /** Public: names the key without revealing it. */
  readonly keyId: string;

  /** @param key 32 bytes */
  constructor(key: Uint8Array) {
    if (key.length !== MASTER_KEY_BYTES)
      throw new RangeError(`a master key has ${MASTER_KEY_BYTES} bytes, not ${key.length}`);
    this.#key = Buffer.from(key);
    this.keyId = createHmac('sha256', this.#key)
      .update('streamware key id')
      .digest()
      .subarray(0, 6)
      .toString('base64url');
  }

  /** @param purpose where the text belongs, such as `stream/str_4k2m9x7c0a`; the same is needed to open it */
  seal(text: string, purpose: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(this.#context(purpose));
    const parts = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
    return `${PREFIX}:${this.keyId}:${Buffer.concat(parts).toString('base64url')}`;
  }

  open(sealed: string, purpose: string): Unsealed {
    const [, keyId, payload = ''] = SHAPE.exec(sealed) ?? [];
    if (keyId === undefined) return { ok: false, reason: 'damaged' };
    if (keyId !== this.keyId) return { ok: false, reason: 'wrongKey' };
    const bytes = Buffer.from(payload, 'base64url');
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return { ok: false, reason: 'damaged' };
    try {
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES })
        .setAAD(this.#context(purpose))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      const text =
        decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      return { ok: true, text };
    } catch {
      // The tag does not fit: that is all GCM says, and all there is to know.
      return { ok: false, reason: 'damaged' };
    }
  }

  #context(purpose: string): Buffer {
    return Buffer.from(`${PREFIX}:${this.keyId}:${purpose}`, 'utf8');
  }
}

/** Whether the text has the shape of a sealed one. */
export function isSealed(text: string): boolean {
  return SHAPE.test(text);
}
