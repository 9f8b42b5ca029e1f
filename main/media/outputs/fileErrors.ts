import { StreamwareError } from '../../contract/errors.ts';

/** What went wrong with a file, from the error of a node:fs call. `what` names the thing in the user's words. */
export function fileError(thrown: unknown, what: string): StreamwareError {
  if (thrown instanceof StreamwareError) return thrown;
  switch (errnoOf(thrown)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new StreamwareError('file.no_space', {
        detail: `The disk is full: ${what} was not written.`,
        cause: thrown,
      });
    case 'EFBIG':
      return new StreamwareError('file.no_space', {
        detail: `${what} has reached the largest size that this disk allows.`,
        cause: thrown,
      });
    case 'ENOENT':
    case 'ENOTDIR':
      return new StreamwareError('file.not_writable', {
        detail: `The folder of ${what} is gone.`,
        cause: thrown,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StreamwareError('file.not_writable', {
        detail: `You may not write ${what} there.`,
        cause: thrown,
      });
    default:
      return new StreamwareError('file.not_writable', {
        detail: `${what} could not be written (${errnoOf(thrown) ?? 'unknown reason'}).`,
        cause: thrown,
      });
  }
}

/** `ENOENT` and the like; undefined for what is not an error of the system. */
export function errnoOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
