/**
 * Reads why an ffmpeg muxer ended from its exit and its last words. Pure: lines in, error out.
 * The patterns are real lines of ffmpeg 5.1 to 7.1; what none fits is `ffmpeg.exited` with the last line as detail.
 */
import { type ErrorCode, StreamwareError } from '../../contract/errors.ts';
import type { FfmpegExit } from '../ffmpeg/ffmpegProcess.ts';

interface Pattern {
  readonly test: RegExp;
  readonly code: ErrorCode;
  readonly detail: string;
}

const filePatterns: readonly Pattern[] = [
  {
    test: /No space left on device|Disk quota exceeded/i,
    code: 'file.no_space',
    detail: 'The disk is full.',
  },
  {
    test: /Permission denied|Read-only file system|Operation not permitted/i,
    code: 'file.not_writable',
    detail: 'The folder or file cannot be written.',
  },
  {
    test: /No such file or directory|Is a directory|Not a directory/i,
    code: 'file.not_writable',
    detail: 'The folder is not there.',
  },
  {
    test: /File too large/i,
    code: 'file.no_space',
    detail: 'The file has reached the largest size that this disk allows.',
  },
];

const networkPatterns: readonly Pattern[] = [
  {
    test: /Incorrect passphrase|BADSECRET/i,
    code: 'destination.auth_rejected',
    detail: 'The passphrase is not the one the receiver expects.',
  },
  {
    test: /Password required or unexpected|UNSECURE/i,
    code: 'destination.auth_rejected',
    detail: 'One side uses a passphrase and the other does not.',
  },
  {
    test: /REJECT reported|ERROR:(PEER|SYSTEM|ROGUE|BACKLOG|RESOURCE)/,
    code: 'destination.publish_rejected',
    detail: 'The receiver rejected the connection.',
  },
  {
    test: /Failed to resolve hostname|Name or service not known|Temporary failure in name resolution/i,
    code: 'destination.name_not_found',
    detail: 'The name of the server cannot be resolved.',
  },
  {
    test: /certificate failed verification|certificate verify failed|certificate has expired/i,
    code: 'destination.tls',
    detail: 'The certificate of the server cannot be trusted.',
  },
  { test: /Connection refused/i, code: 'destination.refused', detail: 'The server refuses connections.' },
  {
    test: /Network is unreachable|No route to host|Host is unreachable/i,
    code: 'destination.unreachable',
    detail: 'There is no way to the server.',
  },
  {
    test: /NetStream\.Publish\.(BadName|Denied)|Publish\.Start.*denied|Already publishing/i,
    code: 'destination.publish_rejected',
    detail: 'The server refused to publish.',
  },
  {
    test: /Broken pipe|Connection reset|End of file/i,
    code: 'destination.disconnected',
    detail: 'The server closed the connection.',
  },
  {
    test: /Connection timed out|Operation timed out/i,
    code: 'destination.connect_timeout',
    detail: 'The server did not answer in time.',
  },
];

export type MuxerTarget = 'file' | 'network' | 'pipe';

/** @param hasDelivered whether the far side had taken data before the end; it tells a lost connection from one that never was. */
export function muxerError(target: MuxerTarget, exit: FfmpegExit, hasDelivered: boolean): StreamwareError {
  const text = exit.lastLines.join('\n');
  const patterns = target === 'file' ? filePatterns : target === 'network' ? networkPatterns : [];
  const found = patterns.find((pattern) => pattern.test.test(text));
  if (found !== undefined) return new StreamwareError(found.code, { detail: found.detail });
  if (target === 'network' && /Input\/output error/.test(text)) return networkLoss(hasDelivered);
  return new StreamwareError('ffmpeg.exited', { detail: exitDetail(exit) });
}

function networkLoss(hasDelivered: boolean): StreamwareError {
  return hasDelivered
    ? new StreamwareError('destination.disconnected', { detail: 'The connection to the server was lost.' })
    : new StreamwareError('destination.connect_timeout', { detail: 'The server did not answer in time.' });
}

function exitDetail(exit: FfmpegExit): string {
  const how = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`;
  const last = exit.lastLines.filter((line) => line.trim() !== '').at(-1);
  return last === undefined
    ? `ffmpeg was ended ${how} and said nothing.`
    : `ffmpeg was ended ${how}: ${last.slice(0, 300)}`;
}
