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
 * @param at put before the field names, such as `query`
 * @throws `InvalidValueError` with `request.invalid`. Its texts never repeat the value, which may be a secret.
 */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at = '',
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidValueError('request.invalid', fieldIssues(result.error.issues, at));
}

function fieldIssues(issues: readonly z.core.$ZodIssue[], at = ''): FieldIssue[] {
  return issues.flatMap((issue) => {
    const path = [...(at ? [at] : []), ...issue.path].map(String);
    if (issue.code !== 'unrecognized_keys') return [{ field: path.join('.'), detail: describe(issue) }];
    return issue.keys.map((key) => ({
      field: [...path, key].join('.'),
      detail: 'is not a known field here',
    }));
  });
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
