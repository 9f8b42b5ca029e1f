/** The error as it is thrown, and as it travels. The codes are in errorRegistry.ts. */
import { z } from 'zod';
import { type ErrorCode, errorRegistry } from './errorRegistry.ts';

export { type ErrorCode, errorCodes, errorRegistry } from './errorRegistry.ts';

export interface ErrorOptions {
  /** What exactly happened here, in one sentence without secrets. */
  detail?: string;
  /** Path of the field at fault, such as `output.0.url`. */
  field?: string;
  /** What to do next, when it can be said better than by the registry. */
  hint?: string;
  cause?: unknown;
}

/** The one error class. Everything a user can meet is made of a code from the registry. */
export class StreamwareError extends Error {
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly detail: string | undefined;
  readonly hint: string;

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    super(options.detail ?? errorRegistry[code].title, { cause: options.cause });
    this.name = 'StreamwareError';
    this.code = code;
    this.field = options.field;
    this.detail = options.detail;
    this.hint = options.hint ?? errorRegistry[code].hint;
  }

  get status(): number {
    return errorRegistry[this.code].status;
  }

  get retryable(): boolean {
    return errorRegistry[this.code].retryable;
  }

  /** The same error with a field at fault, which whoever threw it could not know. One that names its field already stays. */
  at(field: string): StreamwareError {
    if (this.field !== undefined) return this;
    const { code, detail, hint, cause } = this;
    return new StreamwareError(code, { field, hint, cause, ...(detail === undefined ? {} : { detail }) });
  }

  /** The error as data, for timelines, workers and answers. */
  toProblem(): Problem {
    return {
      type: `https://streamware.pl/errors/${this.code}`,
      code: this.code,
      title: errorRegistry[this.code].title,
      status: this.status,
      retryable: this.retryable,
      hint: this.hint,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(this.field === undefined ? {} : { field: this.field }),
    };
  }
}

/** An error as it crosses HTTP, WebSocket and threads: RFC 9457 problem details with a stable `code`. */
export const problemSchema = z.object({
  type: z.string(),
  code: z.string(),
  title: z.string(),
  status: z.int(),
  retryable: z.boolean(),
  hint: z.string(),
  detail: z.string().optional(),
  field: z.string().optional(),
  incident: z.string().optional(),
  issues: z
    .array(z.object({ field: z.string(), detail: z.string() }))
    .optional()
    .describe('Every field at fault, when there are several; "field" and "detail" name the first.'),
});
export type Problem = z.infer<typeof problemSchema>;

/** Anything thrown, as an error of the registry. What is not one already is a bug and becomes `internal.unexpected` without its text. */
export function toStreamwareError(thrown: unknown): StreamwareError {
  return thrown instanceof StreamwareError
    ? thrown
    : new StreamwareError('internal.unexpected', { cause: thrown });
}
