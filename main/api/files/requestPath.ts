/**
 * The path of a request as file names, or nothing. Works on the raw text of the request line, decodes once, and refuses
 * everything that could mean more than a name: parents, separators in any spelling, drives and streams of
 * Windows (`:`), hidden files, control characters.
 */
const MAX_SEGMENTS = 16;
const MAX_NAME_LENGTH = 255;

/**
 * @param url raw request target, such as `/live/str_1/a%20b.ts?x=1`
 * @param prefix such as `/live/`
 * @returns the decoded path below the prefix, segments joined by `/`; null when it is refused
 */
export function pathBelow(url: string, prefix: string): string | null {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  if (!path.startsWith(prefix)) return null;
  const segments: string[] = [];
  for (const raw of path.slice(prefix.length).split('/')) {
    const name = decode(raw);
    if (name === null || !isPlainName(name)) return null;
    segments.push(name);
  }
  return segments.length <= MAX_SEGMENTS ? segments.join('/') : null;
}

function decode(raw: string): string | null {
  try {
    return decodeURIComponent(raw);
  } catch {
    // Malformed percent signs name no file.
    return null;
  }
}

function isPlainName(name: string): boolean {
  if (name === '' || name.length > MAX_NAME_LENGTH || name.startsWith('.')) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/[/\\:\u0000-\u001f\u007f]/.test(name);
}
