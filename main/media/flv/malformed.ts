import { StreamwareError } from '../../contract/errors.ts';

/** The error of every reader in flv/ and rtmp/ when the bytes cannot be what they claim to be. `detail` never quotes them. */
export function malformed(detail: string): StreamwareError {
  return new StreamwareError('media.malformed', { detail });
}
