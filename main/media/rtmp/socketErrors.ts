/** What a failed connection means to the person who typed the address. A pure mapping; `host` is the only thing quoted. */
import { type ErrorCode, StreamwareError } from '../../contract/errors.ts';

/** How far a connection had come. */
export type ConnectionPhase = 'connecting' | 'securing' | 'greeting' | 'negotiating' | 'publishing' | 'live';

const codesByErrno: Readonly<Record<string, ErrorCode>> = {
  ENOTFOUND: 'destination.name_not_found',
  EAI_AGAIN: 'destination.name_not_found',
  EAI_FAIL: 'destination.name_not_found',
  EAI_NODATA: 'destination.name_not_found',
  EAI_NONAME: 'destination.name_not_found',
  ECONNREFUSED: 'destination.refused',
  EHOSTUNREACH: 'destination.unreachable',
  EHOSTDOWN: 'destination.unreachable',
  ENETUNREACH: 'destination.unreachable',
  ENETDOWN: 'destination.unreachable',
  EADDRNOTAVAIL: 'destination.unreachable',
};

/** OpenSSL's names for a peer that answers TLS with something else. */
const NOT_TLS = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
]);
const BROKEN_LINE = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT']);

/** `cause`: the socket's error, or null when the peer closed the connection in good order. */
export function connectionError(cause: Error | null, phase: ConnectionPhase, host: string): StreamwareError {
  if (cause instanceof StreamwareError) return fromOwnError(cause);
  const errno = errnoOf(cause);
  const code = codesByErrno[errno];
  if (code !== undefined) return error(code, `${host}: ${errno}`, cause);
  if (phase === 'connecting' && errno === 'ETIMEDOUT')
    return error('destination.connect_timeout', host, cause);
  if (phase === 'publishing') return unanswered(errno, host, cause);
  if (phase === 'securing' && errno !== '' && !BROKEN_LINE.has(errno)) return tlsError(errno, host, cause);
  const how = errno === '' ? 'the server closed the connection' : `the connection broke (${errno})`;
  return error('destination.disconnected', `${how} ${whilePhase[phase]}`, cause);
}

const whilePhase: Readonly<Record<ConnectionPhase, string>> = {
  connecting: 'while it was being made',
  securing: 'before it was encrypted; the port may expect rtmp://',
  greeting: 'during the RTMP handshake',
  negotiating: 'before it accepted the application',
  publishing: 'when asked to publish',
  live: 'while live',
};

/** A server that refuses a key often says nothing and closes; a line that breaks just then looks the same, so it is tried again. */
function unanswered(errno: string, host: string, cause: Error | null): StreamwareError {
  const how = errno === '' ? 'closed the connection' : `broke the connection (${errno})`;
  return error('destination.publish_unanswered', `${host} ${how} when asked to publish`, cause);
}

function tlsError(errno: string, host: string, cause: Error | null): StreamwareError {
  if (NOT_TLS.has(errno))
    return error('destination.protocol', `${host} does not speak TLS on this port`, cause);
  return error('destination.tls', `${host}: ${errno}`, cause);
}

/** Our own readers found the bytes of the peer wanting. */
function fromOwnError(cause: StreamwareError): StreamwareError {
  return cause.code === 'media.malformed' ? error('destination.protocol', cause.detail ?? '', cause) : cause;
}

function errnoOf(cause: Error | null): string {
  const code = cause !== null && 'code' in cause ? cause.code : '';
  return typeof code === 'string' ? code : cause === null ? '' : 'unknown';
}

function error(code: ErrorCode, detail: string, cause: Error | null): StreamwareError {
  return new StreamwareError(code, { detail, ...(cause === null ? {} : { cause }) });
}
