/** From an endpoint row to an HTTP route: parse, call the handler, answer. The one adapter all rows share. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type EndpointId, endpoints } from '../contract/api/index.ts';
import { type Endpoint, type Scope, takesIdempotencyKey } from '../contract/endpoint.ts';
import { StreamwareError } from '../contract/errors.ts';
import { parseWith } from '../contract/parse.ts';
import type { CallContext, Handler, Handlers } from './handlers/handler.ts';
import { assertIdempotencyKey, fingerprintOf, type IdempotencyKeys } from './idempotency.ts';
import { METRICS_TYPE } from './metrics.ts';
import type { Caller } from './ports.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the authentication hook on every route with a scope. */
    caller: Caller;
    /** The body as it came, for telling requests apart. */
    rawBody: string;
  }
  interface FastifyContextConfig {
    /** What the token must allow. Left out: a route outside the contract, open to all. */
    scope?: Scope | 'none';
  }
}

/** Registers the route of one row. */
function registerEndpoint<E extends Endpoint>(
  app: FastifyInstance,
  endpoint: E,
  handler: Handler<E>,
  idempotency: IdempotencyKeys,
): void {
  app.route({
    method: endpoint.method,
    url: routePath(endpoint.path),
    config: { scope: endpoint.scope },
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const call = {
        params: parseWith(endpoint.params, request.params),
        query: parseWith(endpoint.query, request.query),
        body: parseWith(endpoint.body, request.body, 'body'),
      } as Parameters<Handler<E>>[0];
      const execute = async (): Promise<unknown> => handler(call, contextOf(request, reply));
      const result = takesIdempotencyKey(endpoint)
        ? await runOnce(request, reply, idempotency, execute)
        : await execute();
      return answer(reply, endpoint, result);
    },
  });
}

/** `/streams/{streamId}` in the router's spelling. */
function routePath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function contextOf(request: FastifyRequest, reply: FastifyReply): CallContext {
  return {
    caller: request.caller,
    baseUrl: `${request.protocol}://${request.headers.host ?? ''}`,
    setHeader: (name: string, value: string) => void reply.header(name, value),
  };
}

async function runOnce(
  request: FastifyRequest,
  reply: FastifyReply,
  idempotency: IdempotencyKeys,
  execute: () => Promise<unknown>,
): Promise<unknown> {
  const key = request.headers['idempotency-key'];
  const owner = request.caller.tokenId;
  if (typeof key !== 'string' || owner === null) return execute();
  assertIdempotencyKey(key);
  const fingerprint = fingerprintOf(request.method, request.url, request.rawBody);
  const { result, isReplay } = await idempotency.run({ owner, key, fingerprint }, execute);
  if (isReplay) reply.header('Idempotency-Replayed', 'true');
  return await result;
}

function answer(reply: FastifyReply, endpoint: Endpoint, result: unknown): FastifyReply {
  reply.code(endpoint.status).header('Cache-Control', 'no-store');
  if (endpoint.status === 204) return reply.send();
  if (endpoint.contentType === 'text/plain') return reply.type(METRICS_TYPE).send(result);
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(result));
}

/** Registers every row of the contract. */
export function registerEndpoints(
  app: FastifyInstance,
  handlers: Handlers,
  idempotency: IdempotencyKeys,
): void {
  for (const id of Object.keys(endpoints) as EndpointId[]) {
    registerEndpoint(app, endpoints[id] as Endpoint, handlers[id] as Handler<Endpoint>, idempotency);
  }
}

/** What no route takes. */
export function registerFallback(app: FastifyInstance): void {
  app.setNotFoundHandler(async (request, reply) => refuseUnknown(request, reply));
}

/** @throws `request.method_not_allowed` or `request.not_found` */
export function refuseUnknown(request: FastifyRequest, reply: FastifyReply): never {
  const methods = methodsOf(request.url.split('?', 1)[0] ?? '');
  if (methods.length === 0) throw new StreamwareError('request.not_found');
  reply.header('Allow', methods.join(', '));
  throw new StreamwareError('request.method_not_allowed', { detail: `It takes ${methods.join(', ')}.` });
}

function methodsOf(path: string): string[] {
  const rows = Object.values(endpoints).filter((row) => matcherOf(row.path).test(path));
  return [...new Set<string>(rows.map((row) => row.method))];
}

function matcherOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}
