/** Turns anything into plain JSON data for logs and records: bounded, without cycles, scrubbed. It never throws. */

const REDACTED = '[redacted]';
const MAX_DEPTH = 8;
const MAX_ENTRIES = 200;
const MAX_TEXT_LENGTH = 8 * 1024;
const SECRET_FIELD =
  /^(?:pass|password|passwd|passphrase|secret|token|authorization|cookie|credentials?|key|\w*(?:secret|password|passphrase)|(?:api|access|stream|ingest|master|private|backup)[-_]?key)$/i;

/**
 * @param scrub applied to every text, field names included
 * @returns strings, finite numbers, booleans, null, arrays and objects of these; undefined for what has no value as data
 */
export function toPlain(value: unknown, scrub: (text: string) => string): unknown {
  return plain(value, scrub, []);
}

function plain(value: unknown, scrub: (text: string) => string, parents: readonly object[]): unknown {
  switch (typeof value) {
    case 'string':
      return cut(scrub(value));
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return String(value);
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : plainObject(value, scrub, parents);
    default:
      return undefined;
  }
}

function plainObject(value: object, scrub: (text: string) => string, parents: readonly object[]): unknown {
  if (parents.includes(value)) return '[circular]';
  if (parents.length >= MAX_DEPTH) return '[deep]';
  const within = [...parents, value];
  const inner = (item: unknown): unknown => plain(item, scrub, within);
  try {
    if (value instanceof Error) return plainError(value, inner);
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (hasToJson(value)) return inner(value.toJSON());
    if (value instanceof Map) return plainFields([...value], scrub, inner);
    if (Array.isArray(value) || value instanceof Set) {
      return [...value].slice(0, MAX_ENTRIES).map((item) => inner(item) ?? null);
    }
    return plainFields(Object.entries(value), scrub, inner);
  } catch {
    // A getter or toJSON of a stranger that throws must not take the log down.
    return '[unreadable]';
  }
}

function plainFields(
  entries: [unknown, unknown][],
  scrub: (text: string) => string,
  inner: (item: unknown) => unknown,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [rawName, item] of entries.slice(0, MAX_ENTRIES)) {
    const name = scrub(String(rawName));
    const isSecret =
      SECRET_FIELD.test(name) && item !== '' && (typeof item === 'string' || typeof item === 'number');
    const data = isSecret ? REDACTED : inner(item);
    if (data !== undefined) fields[name] = data;
  }
  return fields;
}

function plainError(error: Error, inner: (item: unknown) => unknown): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const own = Object.fromEntries(
    Object.entries(error).filter(([field]) => !['name', 'message', 'stack', 'cause'].includes(field)),
  );
  return {
    name: inner(name),
    message: inner(message),
    ...(inner(own) as Record<string, unknown>),
    ...(stack === undefined ? {} : { stack: inner(stack) }),
    ...(cause === undefined ? {} : { cause: inner(cause) }),
  };
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function cut(text: string): string {
  return text.length <= MAX_TEXT_LENGTH
    ? text
    : `${text.slice(0, MAX_TEXT_LENGTH)}… (${text.length} characters)`;
}
