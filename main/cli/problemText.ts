/** A refusal as lines: one per field at fault. */
import type { StreamwareError } from '../contract/errors.ts';
import { InvalidValueError } from '../contract/parse.ts';

export function fieldLines(error: StreamwareError): string[] {
  if (error instanceof InvalidValueError && error.issues.length > 0) {
    return error.issues.map(({ field, detail }) => (field === '' ? detail : `${field} ${detail}`));
  }
  const text = error.detail ?? `${error.message}.`;
  return [error.field === undefined || text.startsWith(error.field) ? text : `${error.field}: ${text}`];
}
