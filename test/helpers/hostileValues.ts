/**
 * Values for a schema of the contract, made from the schema itself: ones it takes, and the same with one place spoilt.
 * Deterministic: everything follows from the seed that fast-check was given.
 */
import fc from 'fast-check';
import { z } from 'zod';

/** The part of JSON Schema that the contract uses. */
interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

/** What people, broken clients and attackers put into a field of text. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\n',
  '\u202Egnp.exe\u202C',
  'שלום',
  '👩‍👩‍👧‍👦',
  '\uD800',
  'a\uDC00b',
  '\uFEFF',
  'e\u0301'.repeat(50),
  '<img src=x onerror=alert(1)>',
  '../../../../etc/passwd',
  '/etc/shadow',
  '/proc/self/environ',
  '$(id)`id`;|&',
  '%00%2e%2e%2f%zz',
  "' OR 1=1 --",
  '{{7*7}}',
  '__proto__',
  'constructor',
  'NaN',
  '-0',
  '1e400',
  'null',
  'x'.repeat(5000),
  '🎥'.repeat(3000),
];

const hostileValues: readonly unknown[] = [
  ...hostileTexts,
  null,
  true,
  false,
  0,
  -0,
  -1,
  0.1,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 53,
  2 ** 64,
  [],
  {},
  [[[[]]]],
  [null],
  { constructor: { prototype: { polluted: true } } },
  { toString: 1, valueOf: null },
  { length: 1e9 },
  JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`),
];

/** Addresses that lead nowhere but to this machine. */
const plausibleTexts: readonly string[] = [
  'rtmp://127.0.0.1:9/live/key',
  'rtmps://127.0.0.1:9/live',
  'srt://127.0.0.1:9',
  'http://127.0.0.1:9/a.m3u8',
  'rtsp://127.0.0.1:9/cam',
  'show.mp4',
  'recordings/show.mp4',
  '/live/show.m3u8',
  'twitch',
  'youtube',
  'a name',
];

/** Values the schema takes in most cases: what a refinement asks for beyond the shape is not known here. */
export function valuesOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  return fromSchema(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
}

function fromSchema(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return fc.oneof(...options.map(fromSchema));
  switch (schema.type) {
    case 'object':
      return objectOf(schema);
    case 'array':
      return fc.array(fromSchema(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 3 });
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.integer({ min: lowest(schema), max: highest(schema) });
    case 'number':
      return fc.double({ min: lowest(schema), max: highest(schema), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.constantFrom(...hostileValues);
  }
}

function objectOf({ properties = {}, required = [] }: JsonSchema): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, schema]): [string, fc.Arbitrary<unknown>] => [
    name,
    fromSchema(schema),
  ]);
  return fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
}

function textOf({ pattern, minLength = 0, maxLength = 60 }: JsonSchema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const length = { minLength, maxLength: Math.min(maxLength, minLength + 40) };
  return fc.oneof(
    fc.constantFrom(...plausibleTexts),
    fc.string({ ...length, unit: 'grapheme' }),
    fc.string({ ...length, unit: 'binary' }),
  );
}

function lowest({ minimum, exclusiveMinimum }: JsonSchema): number {
  return minimum ?? (exclusiveMinimum === undefined ? -1000 : exclusiveMinimum + 1);
}

/** The small ones of what is allowed: the great ones only keep the machine busy. */
function highest(schema: JsonSchema): number {
  const least = lowest(schema);
  return Math.ceil(least + (Math.min(schema.maximum ?? 1e6, 2 ** 31) - least) / 16);
}

/** The same value with one place replaced by something hostile, removed, or with a field too many beside it. */
export function spoilt(value: unknown): fc.Arbitrary<unknown> {
  const places = placesIn(value);
  const change = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...hostileValues).map((hostile) => ({ kind: 'set', hostile })) },
    { weight: 1, arbitrary: fc.constant({ kind: 'remove', hostile: null }) },
    { weight: 1, arbitrary: fc.constantFrom(...hostileTexts).map((hostile) => ({ kind: 'add', hostile })) },
  );
  return fc
    .tuple(fc.constantFrom(...places), change)
    .map(([place, { kind, hostile }]) => changed(value, place, kind, hostile));
}

type Place = readonly (string | number)[];

function placesIn(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [at];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [at, ...entries.flatMap(([key, inner]) => placesIn(inner, [...at, key]))];
}

function changed(value: unknown, [key, ...rest]: Place, kind: string, hostile: unknown): unknown {
  if (key === undefined) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return kind === 'add' && isObject ? { ...value, [String(hostile)]: hostile } : hostile;
  }
  if (typeof value !== 'object' || value === null) return value;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string | number, unknown>;
  if (kind === 'remove' && rest.length === 0) delete copy[key];
  else copy[key] = changed(copy[key], rest, kind, hostile);
  return copy;
}
