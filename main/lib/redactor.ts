/**
 * The second line of defence behind `Secret`: every sink (log, error text, event, ffmpeg's stderr)
 * passes its text through here. It knows the secret values in use, in each spelling that a library
 * or a URL may give them, and the shapes in which unknown ones travel.
 */
const REDACTED = '[redacted]';
const MIN_SECRET_LENGTH = 3;

/** `user:password@` in any URL. */
const URL_CREDENTIALS = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]+:[^\s/@]+@/gi;
/** Everything behind the application name of an RTMP URL is the stream key. */
const RTMP_KEY = /(\brtmp[a-z]*:\/\/[^\s/]+\/[^\s/?]+)\/[^\s'"]+/gi;
/** Query parameters and key=value pairs with a telling name. */
const NAMED_SECRET =
  /\b(passphrase|password|passwd|token|secret|api[-_]?key|streamkey|stream[-_]key|cid|signature|sig|authorization)(["']?\s*[=:]\s*["']?)(bearer\s+)?[^\s&"',;}]+/gi;

export class Redactor {
  readonly #values = new Map<string, number>();

  /** Adds a secret value; returns the function that forgets it again. Values under 3 characters cannot be told from ordinary text and are left out. */
  add(value: string): () => void {
    const spellings = spellingsOf(value);
    for (const spelling of spellings) this.#values.set(spelling, (this.#values.get(spelling) ?? 0) + 1);
    return () => {
      for (const spelling of spellings) {
        const uses = (this.#values.get(spelling) ?? 1) - 1;
        if (uses === 0) this.#values.delete(spelling);
        else this.#values.set(spelling, uses);
      }
    };
  }

  /** The text with every known secret and everything secret-shaped replaced. */
  scrub(text: string): string {
    let scrubbed = text;
    const longestFirst = [...this.#values.keys()].sort((a, b) => b.length - a.length);
    for (const value of longestFirst) {
      if (scrubbed.includes(value)) scrubbed = scrubbed.replaceAll(value, REDACTED);
    }
    return scrubbed
      .replace(URL_CREDENTIALS, `$1${REDACTED}@`)
      .replace(RTMP_KEY, `$1/${REDACTED}`)
      .replace(NAMED_SECRET, `$1$2${REDACTED}`);
  }
}

function spellingsOf(value: string): string[] {
  const parts = [value, ...value.split(/[?&]/).flatMap((part) => [part, part.slice(part.indexOf('=') + 1)])];
  const spellings = new Set<string>();
  for (const part of parts) {
    if (part.length < MIN_SECRET_LENGTH) continue;
    spellings.add(part);
    spellings.add(encodeURIComponent(part));
    spellings.add(encodeURI(part));
    spellings.add(JSON.stringify(part).slice(1, -1));
  }
  return [...spellings];
}
