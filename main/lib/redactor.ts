/**
 * The second line of defence behind `Secret`: every sink (log, error text, event, ffmpeg's stderr) passes its text
 * through here. It knows the secret values in use, in each spelling that a library or a URL may give them, and the
 * shapes in which unknown ones travel. It is not a parser: in doubt it hides too much rather than too little.
 * Scrub before you cut: half a key is not recognised any more.
 */
import { secretPattern } from './secretSpellings.ts';
import { redactUrl, urlSecrets } from './urlRedaction.ts';

export const REDACTED = '[redacted]';

const MIN_SECRET_LENGTH = 3;
/** Parts of a value, such as one parameter of a signed key: shorter ones are ordinary text too often. */
const MIN_PART_LENGTH = 6;

/** Without the punctuation of the sentence behind it. */
const ABSOLUTE_URL = /\b[a-z][a-z0-9+.-]{0,15}:\/\/[^\s"'<>`\\]*[^\s"'<>`\\.,:;)}]/gi;
/** An address that is itself the value of a parameter. */
const ENCODED_URL = /\b([a-z][a-z0-9+.-]{0,15}%3A%2F%2F)[\w.~!*()%-]+/gi;

const SECRET_NAME =
  '(?:(?<![a-z])pass|password|passwd|passphrase|secret|token|credentials?|cookie|authorization|signature|playpath|' +
  '(?:api|access|stream|ingest|master|private)[-_ ]?key)';
/**
 * `name=value`, `"name": "value"`, `\"name\":\"value\"`, `Name: Bearer value`. A quoted value ends at its own kind of
 * quote or with the line, when the text was cut.
 */
const NAMED_SECRET = new RegExp(
  `(${SECRET_NAME})(\\\\?["'])?(\\s{0,4}[=:]\\s{0,4})` +
    `(?:(\\\\?["'])(?:(?!\\4)(?:\\\\.|[^\\n]))*(\\4|$)|(?!\\[redacted\\])(?:(?:bearer|basic|digest|token)\\s{1,4})?[^\\s&"',;}]+)`,
  'gim',
);

export class Redactor {
  readonly #uses = new Map<string, number>();
  #known: RegExp | null = null;

  /** Adds a secret value; returns the function that forgets it again. Values under 3 characters cannot be told from ordinary text and are left out. */
  add(value: string): () => void {
    const parts = secretParts(value);
    for (const part of parts) this.#uses.set(part, (this.#uses.get(part) ?? 0) + 1);
    this.#compile();
    let isForgotten = false;
    return (): void => {
      if (isForgotten) return;
      isForgotten = true;
      for (const part of parts) {
        const uses = (this.#uses.get(part) ?? 1) - 1;
        if (uses === 0) this.#uses.delete(part);
        else this.#uses.set(part, uses);
      }
      this.#compile();
    };
  }

  /** The text with every known secret and everything secret-shaped replaced. Scrubbing twice changes nothing more. */
  scrub(text: string): string {
    const withoutKnown = this.#known === null ? text : text.replace(this.#known, REDACTED);
    return withoutKnown
      .replace(ABSOLUTE_URL, redactUrl)
      .replace(ENCODED_URL, redactEncodedUrl)
      .replace(NAMED_SECRET, (_all, name, nameQuote = '', separator, open = '', close = '') => {
        return `${name}${nameQuote}${separator}${open}${REDACTED}${close}`;
      });
  }

  #compile(): void {
    // The longest first, so that a key is never replaced in part because a part of it is known as well.
    const values = [...this.#uses.keys()].sort((a, b) => b.length - a.length);
    this.#known = values.length === 0 ? null : new RegExp(values.map(secretPattern).join('|'), 'g');
  }
}

function redactEncodedUrl(url: string, scheme: string): string {
  try {
    const decoded = decodeURIComponent(url);
    return redactUrl(decoded) === decoded ? url : scheme + REDACTED;
  } catch {
    // Cut in the middle of a character: no telling what it was.
    return scheme + REDACTED;
  }
}

/** The value itself, and the pieces of it which a server or library may quote alone. */
function secretParts(value: string): string[] {
  const parts = new Set<string>();
  if (value.length >= MIN_SECRET_LENGTH) parts.add(value);
  const pieces = value.split(/[?&#]/);
  const assigned = pieces.map((piece) => piece.slice(piece.indexOf('=') + 1));
  for (const part of [...pieces, ...assigned, ...urlSecrets(value)]) {
    if (part.length >= MIN_PART_LENGTH) parts.add(part);
  }
  return [...parts];
}
