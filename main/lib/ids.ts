import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A short random id with a telling prefix, such as `str_4k2m9x7c0a`: 50 random bits in Crockford's base 32, safe in URLs and file names. */
export function createId(prefix: 'str' | 'out' | 'brd' | 'evt' | 'tok' | 'clip' | 'req'): string {
  let id = `${prefix}_`;
  for (const byte of randomBytes(10)) id += ALPHABET[byte & 31];
  return id;
}
