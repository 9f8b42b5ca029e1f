/** The body of a request, from bytes to a value. Pure. Refusals say what is wrong and never repeat a piece, which may be a key. */
import { isUtf8 } from 'node:buffer';
import { StreamwareError } from '../contract/errors.ts';

export interface JsonBody {
  readonly text: string;
  /** Undefined for an empty body. */
  readonly value: unknown;
}

/** @throws `request.invalid` */
export function readJsonBody(bytes: Buffer): JsonBody {
  // Decoded all the same, every foreign byte would silently become U+FFFD: a stream key nobody typed.
  if (!isUtf8(bytes)) throw unusable('The body is not UTF-8.', 'Send the JSON in UTF-8.');
  const text = bytes.toString('utf8');
  if (text === '') return { text, value: undefined };
  const value = parse(text);
  assertPlain(value);
  return { text, value };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const at = /line \d+ column \d+/.exec(error instanceof Error ? error.message : '')?.[0];
    throw unusable(`The body is not JSON${at ? ` (${at})` : ''}.`, 'Send one JSON value.');
  }
}

/** Where a value stands, from the inside out: a path of its own for each would take too much of a deep one. */
interface Place {
  readonly value: unknown;
  readonly key: string;
  readonly parent: Place | null;
}

/** Half a surrogate pair cannot be stored or sent as it came; `__proto__` is never a field and may do harm when copied. */
function assertPlain(body: unknown): void {
  const open: Place[] = [{ value: body, key: '', parent: null }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value } = place;
    if (typeof value === 'string' && !value.isWellFormed()) {
      throw unusable('holds half of a character', undefined, place);
    }
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (!key.isWellFormed())
        throw unusable('has a field whose name holds half of a character', undefined, place);
      if (key === '__proto__') throw unusable('has a field with a reserved name', undefined, place);
      open.push({ value: inner, key, parent: place });
    }
  }
}

function unusable(what: string, hint?: string, place?: Place): StreamwareError {
  const field = place === undefined ? undefined : pathOf(place);
  return new StreamwareError('request.invalid', {
    detail: field === undefined ? what : `${field} ${what}`,
    ...(field === undefined ? {} : { field }),
    ...(hint === undefined ? {} : { hint }),
  });
}

const MAX_PATH_LENGTH = 200;

function pathOf(place: Place): string {
  const keys: string[] = [];
  for (let one: Place | null = place; one?.parent; one = one.parent) keys.unshift(one.key);
  const path = keys.join('.');
  if (path === '') return 'body';
  return path.length > MAX_PATH_LENGTH ? `${path.slice(0, MAX_PATH_LENGTH)}…` : path;
}
