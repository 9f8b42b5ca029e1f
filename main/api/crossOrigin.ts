/**
 * CORS (fetch.spec.whatwg.org §3.2) for the pages of other origins that the operator allows, one by one: never `*`, and never
 * with cookies, so that such a page acts with a token it was given and not as whoever is signed in to the studio.
 * Whether an origin may come in at all is decided before, in guard.ts.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A browser may rely on a preflight for this long; an origin that is taken away counts no longer than that. */
const PREFLIGHT_SECONDS = 600;
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const REQUEST_HEADERS = 'Authorization, Content-Type, Idempotency-Key';
/** What script can read beside the few headers it always can. */
const ANSWER_HEADERS = [
  'Idempotency-Replayed',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'X-Request-Id',
].join(', ');

/** Lets the page that sent this read its answer, when its origin is one of `allowedOrigins`. */
export function openToOrigin(
  request: FastifyRequest,
  reply: FastifyReply,
  allowedOrigins: readonly string[],
): void {
  if (allowedOrigins.length === 0) return;
  // Also for the others: no cache may give to one page what was meant for another.
  reply.header('Vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !allowedOrigins.includes(origin)) return;
  reply.header('Access-Control-Allow-Origin', origin).header('Access-Control-Expose-Headers', ANSWER_HEADERS);
}

/** Whether this is the browser's question before a request of such a page, which carries no token by its nature. */
export function isPreflight({ method, headers }: FastifyRequest, allowedOrigins: readonly string[]): boolean {
  const { origin } = headers;
  return (
    method === 'OPTIONS' &&
    headers['access-control-request-method'] !== undefined &&
    origin !== undefined &&
    allowedOrigins.includes(origin)
  );
}

/** Call after `openToOrigin`. */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply
    .header('Access-Control-Allow-Methods', METHODS)
    .header('Access-Control-Allow-Headers', REQUEST_HEADERS)
    .header('Access-Control-Max-Age', PREFLIGHT_SECONDS);
  if (request.headers['access-control-request-private-network'] === 'true') {
    reply.header('Access-Control-Allow-Private-Network', 'true');
  }
  return reply.code(204).send();
}
