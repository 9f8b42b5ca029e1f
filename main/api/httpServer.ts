/**
 * A Fastify instance as both listeners use it: limits against slow and oversized clients, JSON bodies only,
 * every failure a problem document. Knows no route.
 */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type ErrorCode, StreamwareError } from '../contract/errors.ts';
import { EVENTS_PATH } from '../contract/events.ts';
import { createId } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import { assertJsonBody } from './guard.ts';
import { readJsonBody } from './jsonBody.ts';
import { PROBLEM_TYPE, toProblem } from './problems.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 1000;

/** How long a client may take. For tests these are made short. */
export interface HttpTimeouts {
  /** From the first byte of a request to the end of its headers. */
  readonly headersMs: number;
  /** From the first byte of a request to its last. */
  readonly requestMs: number;
  /** Between two requests on one connection. */
  readonly keepAliveMs: number;
}

export const defaultTimeouts: HttpTimeouts = { headersMs: 10_000, requestMs: 30_000, keepAliveMs: 30_000 };

export interface HttpServerOptions {
  readonly logger: Logger;
  readonly redact: (text: string) => string;
  readonly timeouts: HttpTimeouts;
}

export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { headersMs, requestMs, keepAliveMs } = options.timeouts;
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    genReqId: () => createId('req'),
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    forceCloseConnections: true,
    return503OnClosing: false,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(headersMs, 2000),
      // Everything else, such as HTTP/2, is answered as if it had not been offered.
      shouldUpgradeCallback: ({ url, headers }: IncomingMessage): boolean =>
        url?.split('?', 1)[0] === EVENTS_PATH && headers.upgrade?.toLowerCase() === 'websocket',
    },
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      void sendProblem(options, error, request, reply),
    clientErrorHandler: answerBrokenRequest,
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.addHook('onRequest', async (request, reply) => {
    reply
      .header('X-Request-Id', request.id)
      .header('X-Content-Type-Options', 'nosniff')
      .header('Referrer-Policy', 'no-referrer');
  });
  app.setErrorHandler((error, request, reply) => sendProblem(options, error, request, reply));
  acceptJsonOnly(app);
  return app;
}

function sendProblem(
  { logger, redact }: HttpServerOptions,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = toProblem(error, { logger, redact, requestId: request.id });
  // A half-built answer may have said how long its content is and how long it may be kept.
  for (const name of ['Content-Length', 'ETag', 'Last-Modified', 'Accept-Ranges']) reply.removeHeader(name);
  // Nobody looks after a socket whose upgrade was refused.
  if (request.headers.upgrade !== undefined) {
    reply.header('Connection', 'close').raw.once('finish', () => request.raw.socket.destroy());
  }
  return reply
    .code(problem.status)
    .header('Cache-Control', 'no-store')
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem));
}

function acceptJsonOnly(app: FastifyInstance): void {
  app.decorateRequest('rawBody', '');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      const { text, value } = readJsonBody(bytes);
      request.rawBody = text;
      return value;
    },
  );
  app.addHook('onRequest', async ({ method, headers }) => {
    if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return;
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    assertJsonBody(headers['content-type'], hasBody);
  });
}

/** What cannot be read as HTTP never reaches a route. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, code, ...words } = brokenRequest(error.code);
  const body = JSON.stringify({
    ...new StreamwareError(code, words).toProblem(),
    status: Number(status.slice(0, 3)),
  });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

interface BrokenRequest {
  /** Of HTTP, with its words. */
  readonly status: string;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly hint: string;
}

function brokenRequest(code: string | undefined): BrokenRequest {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return {
      status: '431 Request Header Fields Too Large',
      code: 'request.too_large',
      detail: 'Address and headers together are larger than 16 kB.',
      hint: 'Shorten the address or the headers.',
    };
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return {
      status: '408 Request Timeout',
      code: 'request.invalid',
      detail: 'The request did not arrive in time.',
      hint: 'Send it again, all of it at once.',
    };
  }
  return {
    status: '400 Bad Request',
    code: 'request.invalid',
    detail: 'This is not a valid HTTP request.',
    hint: 'Use an HTTP/1.1 client.',
  };
}
