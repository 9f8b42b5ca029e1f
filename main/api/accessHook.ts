/** The order at the door of the control listener: where the request says it goes, where it comes from, who sends it, how often. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Scope } from '../contract/endpoint.ts';
import { StreamwareError } from '../contract/errors.ts';
import { type Authenticator, type RequestFacts, userAgentOf } from './auth/authenticator.ts';
import { answerPreflight, isPreflight, openToOrigin } from './crossOrigin.ts';
import { assertHost, assertOrigin, type HostPolicy } from './guard.ts';
import { isMediaPath } from './mediaRoutes.ts';
import type { Caller } from './ports.ts';
import type { RateLimiter } from './rateLimiter.ts';

export interface AccessHookParts {
  readonly policy: HostPolicy;
  readonly allowedOrigins: readonly string[];
  readonly authenticator: Authenticator;
  readonly limiter: RateLimiter;
  readonly metricsWithoutToken: boolean;
}

type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

export function createAccessHook(parts: AccessHookParts): Hook {
  const { allowedOrigins } = parts;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { headers, url } = request;
    assertHost(headers.host, parts.policy);
    request.caller = anonymous(request);
    // Media are for every page and player; a page opened through a link may come from anywhere.
    if (isMediaPath(url)) return undefined;
    if (!isNavigation(request)) {
      assertOrigin(
        { origin: headers.origin, fetchSite: single(headers['sec-fetch-site']), host: headers.host },
        allowedOrigins,
      );
    }
    openToOrigin(request, reply, allowedOrigins);
    if (isPreflight(request, allowedOrigins)) return answerPreflight(request, reply);
    const scope = scopeOf(request, parts.metricsWithoutToken);
    authenticate(request, reply, parts.authenticator, scope);
    if (request.routeOptions.config.scope !== undefined) limitRate(request, reply, parts.limiter);
    return undefined;
  };
}

/** Opening a page by hand or by a link: shows it and nothing else, since no GET changes anything. */
function isNavigation({ method, headers }: FastifyRequest): boolean {
  return (
    method === 'GET' &&
    headers.origin === undefined &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document'
  );
}

function scopeOf(request: FastifyRequest, metricsWithoutToken: boolean): Scope | 'none' {
  const { scope = 'none', url } = { ...request.routeOptions.config, url: request.routeOptions.url };
  const isOpen = url === '/metrics' && metricsWithoutToken && isFromThisMachine(request);
  return isOpen ? 'none' : scope;
}

function authenticate(
  request: FastifyRequest,
  reply: FastifyReply,
  authenticator: Authenticator,
  scope: Scope | 'none',
): void {
  const result = authenticator.authenticate(factsOf(request), scope !== 'none');
  if (result.kind === 'caller') request.caller = result.caller;
  if (scope === 'none') return;
  if (result.kind === 'refused') {
    if (result.retryAfterSeconds !== null) reply.header('Retry-After', result.retryAfterSeconds);
    else reply.header('WWW-Authenticate', 'Bearer realm="streamware", error="invalid_token"');
    throw result.error;
  }
  if (result.kind === 'anonymous') {
    reply.header('WWW-Authenticate', 'Bearer realm="streamware"');
    throw new StreamwareError('auth.required');
  }
  if (!result.caller.scopes.includes(scope)) {
    throw new StreamwareError('auth.scope_missing', {
      detail: `This needs the scope "${scope}"; the token has ${result.caller.scopes.join(', ')}.`,
    });
  }
}

function limitRate(request: FastifyRequest, reply: FastifyReply, limiter: RateLimiter): void {
  const decision = limiter.take(request.caller.tokenId ?? request.ip);
  reply
    .header('RateLimit-Limit', decision.limit)
    .header('RateLimit-Remaining', decision.remaining)
    .header('RateLimit-Reset', decision.resetSeconds);
  if (decision.isAllowed) return;
  reply.header('Retry-After', decision.retryAfterSeconds);
  throw new StreamwareError('request.rate_limited');
}

function factsOf(request: FastifyRequest): RequestFacts {
  return {
    method: request.method,
    isUpgrade: request.headers.upgrade !== undefined,
    ip: request.ip,
    headers: request.headers,
  };
}

function anonymous(request: FastifyRequest): Caller {
  return {
    tokenId: null,
    name: 'anonymous',
    scopes: [],
    plugin: null,
    ip: request.ip,
    userAgent: userAgentOf(request),
  };
}

/** What a proxy on this machine passes on comes from elsewhere. */
function isFromThisMachine({ ip, headers }: FastifyRequest): boolean {
  const isPassedOn = headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined;
  return !isPassedOn && (ip === '::1' || ip.replace(/^::ffff:/, '').startsWith('127.'));
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
