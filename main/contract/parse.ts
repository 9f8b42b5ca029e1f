/** A value from outside, parsed by its schema: a refusal names every field at fault and says in plain words why. */
import type { z } from 'zod';
import { type ErrorCode, StreamwareError } from './errors.ts';

/** One field at fault. */
export interface FieldIssue {
  /** Path with dots, such as `output.0.url`; empty for the value as a whole. */
  field: string;
  detail: string;
}

/** A `StreamwareError` that knows every field at fault, not only the first. */
export class InvalidValueError extends StreamwareError {
  readonly issues: readonly FieldIssue[];

  constructor(code: ErrorCode, issues: readonly FieldIssue[]) {
    const [first] = issues;
    super(code, {
      ...(first ? { detail: first.field ? `${first.field} ${first.detail}` : first.detail } : {}),
      ...(first?.field ? { field: first.field } : {}),
    });
    this.issues = issues;
  }
}

/**
 * The parsed value.
 * @param whole what the value as a whole is called when no field of it is at fault, such as `body`
 * @throws `InvalidValueError` with `request.invalid`. Its texts never repeat the value, which may be a secret.
 */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  whole = '',
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidValueError('request.invalid', fieldIssues(result.error.issues, whole));
}

/** Of a value that is all wrong, as many as a person reads. */
const MAX_ISSUES = 100;
const MAX_NAME_LENGTH = 64;

function fieldIssues(issues: readonly z.core.$ZodIssue[], whole: string): FieldIssue[] {
  const all = issues.flatMap((issue) => {
    const path = issue.path.map((key) => shownName(String(key)));
    if (issue.code !== 'unrecognized_keys')
      return [{ field: path.join('.') || whole, detail: describe(issue) }];
    return issue.keys.slice(0, MAX_ISSUES).map((key) => ({
      field: [...path, shownName(key)].join('.'),
      detail: 'is not a known field here',
    }));
  });
  return all.slice(0, MAX_ISSUES);
}

/** A name that somebody made up is shown as one word of one line, whatever it holds. */
function shownName(key: string): string {
  if (/^[\w-]{1,64}$/.test(key)) return key;
  const start = key.length > MAX_NAME_LENGTH ? `${key.slice(0, MAX_NAME_LENGTH)}…` : key;
  return JSON.stringify(start.toWellFormed().replaceAll(/\p{C}/gu, '\uFFFD'));
}

function describe(issue: z.core.$ZodIssue): string {
  // A schema that gave its own text knows best.
  if (!/^(Invalid|Too|Unrecognized)\b/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined && issue.message.endsWith('received undefined')
        ? 'is missing'
        : `must be ${withArticle(issue.expected)}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values.map(String))}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? `must be ${oneOf(issue.options.map(String))}`
        : 'has none of the possible forms';
    case 'too_small':
      if (issue.minimum === 1 && unitOf(issue.origin)) return 'must not be empty';
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return issue.message;
  }
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `"${values[0]}"` : `one of ${values.join(', ')}`;
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' entries long' : '';
}

function withArticle(type: string): string {
  const name = type === 'int' ? 'whole number' : type === 'record' ? 'object' : type;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}
