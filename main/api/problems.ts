/** Anything that went wrong, as the problem document a client gets. Bugs are logged here and nowhere else. */

import { type Problem, StreamwareError, toStreamwareError } from '../contract/errors.ts';
import { InvalidValueError } from '../contract/parse.ts';
import type { Logger } from '../lib/logger.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export interface ProblemContext {
  readonly logger: Logger;
  /** Becomes the incident number of a bug. */
  readonly requestId: string;
  /** Last pass over every text that leaves. */
  readonly redact: (text: string) => string;
}

/** The problem document for anything thrown. A bug gives its incident number and nothing of its text. */
export function toProblem(thrown: unknown, context: ProblemContext): Problem {
  const error = fromFramework(thrown) ?? toStreamwareError(thrown);
  const problem = error.toProblem();
  if (problem.detail !== undefined) problem.detail = context.redact(problem.detail);
  if (error instanceof InvalidValueError && error.issues.length > 1) {
    problem.issues = error.issues.map(({ field, detail }) => ({ field, detail: context.redact(detail) }));
  }
  if (error.code === 'internal.unexpected') {
    problem.incident = context.requestId;
    const cause = error.cause ?? error;
    const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    context.logger.error('a request met a bug', {
      incident: context.requestId,
      stack: context.redact(stack),
    });
  }
  return problem;
}

/** Refusals of the HTTP framework itself, which have codes of their own. */
function fromFramework(thrown: unknown): StreamwareError | null {
  if (thrown instanceof StreamwareError || !(thrown instanceof Error) || !('code' in thrown)) return null;
  switch (thrown.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new StreamwareError('request.too_large');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new StreamwareError('request.unsupported_media_type');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new StreamwareError('request.invalid', {
        detail: 'Content-Length does not fit the body.',
        hint: 'Send as many bytes as it says.',
      });
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new StreamwareError('request.invalid', {
        detail: 'The address is malformed.',
        hint: 'Percent-encode, in UTF-8, what is not a letter or a digit.',
      });
    default:
      return null;
  }
}
