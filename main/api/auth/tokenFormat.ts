/**
 * The text of a token: `sw_<id>_<secret>`, where the secret carries 256 random bits. The id finds the record,
 * so that the secret itself is never used as a look-up key; only the SHA-256 hash of the whole text is kept.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createId } from '../../lib/ids.ts';

const TOKEN = /^sw_(?<id>[0-9a-z]{10})_[A-Za-z0-9_-]{43}$/;
const SECRET_BYTES = 32;

export interface NewToken {
  readonly id: string;
  /** For the owner; not kept. */
  readonly text: string;
  readonly hash: string;
}

export function newToken(): NewToken {
  const id = createId('tok');
  const text = `sw_${id.slice('tok_'.length)}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { id, text, hash: hashToken(text) };
}

/** The id of the record a token belongs to; null when the text is no token. */
export function tokenIdOf(text: string): string | null {
  const id = TOKEN.exec(text)?.groups?.id;
  return id === undefined ? null : `tok_${id}`;
}

/** SHA-256 in hex. A slow hash would add nothing: 256 random bits cannot be guessed. */
export function hashToken(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Compares in constant time. */
export function isSameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
