/** The studio page: built files of renderer/, and the one-time link that signs a browser in. */
import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { StreamwareError } from '../contract/errors.ts';
import { messagePage } from './documents/page.ts';
import { pageTypeOf } from './files/fileTypes.ts';
import { pathBelow } from './files/requestPath.ts';
import { sendFile } from './files/sendFile.ts';
import { type AccessParts, browserName, record } from './handlers/accessHandlers.ts';
import { refuseUnknown } from './route.ts';

/**
 * Scripts only from our own files. Style elements are allowed because the component library writes its variables into one;
 * `blob:` is what hls.js feeds the video element and its worker with.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export function setPageHeaders(reply: FastifyReply): void {
  reply
    .header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
    .header('X-Frame-Options', 'DENY')
    .header('Cross-Origin-Opener-Policy', 'same-origin')
    .header('Cross-Origin-Resource-Policy', 'same-origin');
}

/** @param directory the built studio; null or missing when it was not built */
export function registerStudioRoutes(
  app: FastifyInstance,
  directory: string | null,
  access: AccessParts,
): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/',
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      setPageHeaders(reply);
      const code = (request.query as { k?: unknown }).k;
      if (typeof code === 'string' && request.method === 'GET') return signIn(request, reply, code, access);
      return sendStudioFile(request, reply, directory, 'index.html');
    },
  });
  app.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      setPageHeaders(reply);
      const path = pathBelow(request.raw.url ?? '', '/');
      if (path === null || isReserved(path)) return refuseUnknown(request, reply);
      // An address of the studio's own, such as /broadcasts/brd_1: the page finds its way from there.
      const isPage = !path.includes('.') && (request.headers.accept ?? '').includes('text/html');
      return sendStudioFile(request, reply, directory, isPage ? 'index.html' : path);
    },
  });
}

function isReserved(path: string): boolean {
  return /^(api|v1|live)(\/|$)/.test(path);
}

async function signIn(
  request: FastifyRequest,
  reply: FastifyReply,
  code: string,
  access: AccessParts,
): Promise<FastifyReply> {
  const userAgent = (request.headers['user-agent'] ?? '').slice(0, 200);
  if (!access.links.redeem(code)) {
    // Opened a second time in the browser that is signed in already: nothing is wrong.
    if (request.caller.tokenId !== null) return reply.redirect('/', 303);
    const { error } = access.authenticator.countFailure(request.ip, userAgent);
    if (error.code === 'request.rate_limited') throw error;
    const { title, hint } = new StreamwareError('auth.link_spent').toProblem();
    return sendPage(reply.code(401), messagePage(title, hint, 'streamware'));
  }
  const { token, ...session } = await access.tokens.createSession(browserName(userAgent), 'admin');
  record(access, 'session.created', { ip: request.ip, userAgent, tokenId: session.id }, 'with a studio link');
  return reply
    .header('Set-Cookie', access.cookie.set(token))
    .header('Cache-Control', 'no-store')
    .redirect('/', 303);
}

async function sendStudioFile(
  request: FastifyRequest,
  reply: FastifyReply,
  directory: string | null,
  name: string,
): Promise<FastifyReply> {
  const type = pageTypeOf(name);
  const path = directory === null || type === null ? null : await findInside(directory, name);
  if (path !== null && type !== null) return sendFile(request, reply, path, type);
  if (name !== 'index.html') throw new StreamwareError('request.not_found');
  return sendPage(
    reply,
    messagePage(
      'The studio was not built',
      'Build it with: npm run build. The API works without it.',
      'streamware',
    ),
  );
}

/** The real path of a file below the folder; null when it is not there or a link leads out of it. */
async function findInside(directory: string, name: string): Promise<string | null> {
  try {
    const root = await realpath(directory);
    const path = await realpath(join(root, name));
    return path.startsWith(root + sep) ? path : null;
  } catch {
    // Whatever keeps it from being found, the answer is the same.
    return null;
  }
}

function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply.header('Cache-Control', 'no-store').type('text/html; charset=utf-8').send(html);
}
