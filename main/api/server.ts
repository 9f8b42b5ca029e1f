/**
 * The engine's HTTP and WebSocket side: REST under /api/v1, events at /v1/streams, HLS below /live, the studio at /.
 * It turns requests into calls of the ports (ports.ts) and knows nothing of media, processes or the database.
 * Every request passes, in this order: the guard (host, origin), the body's type, the token, the rate limit, the schema.
 */
import type { FastifyInstance } from 'fastify';
import { StreamwareError } from '../contract/errors.ts';
import type { Stream } from '../contract/streams.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { createAccessHook } from './accessHook.ts';
import { Authenticator } from './auth/authenticator.ts';
import { SessionCookie } from './auth/sessionCookie.ts';
import { StudioLinks } from './auth/studioLinks.ts';
import type { TokenService } from './auth/tokenService.ts';
import { registerDocuments } from './documents/routes.ts';
import { EventHub } from './events/hub.ts';
import { registerEventRoute, registerUpgrades } from './events/route.ts';
import { assertHost, type HostPolicy } from './guard.ts';
import type { AccessParts } from './handlers/accessHandlers.ts';
import { allStreams } from './handlers/engineHandlers.ts';
import { createHandlers } from './handlers/index.ts';
import { createHttpServer, defaultTimeouts, type HttpTimeouts } from './httpServer.ts';
import { type IdempotencyJournal, IdempotencyKeys } from './idempotency.ts';
import { registerMediaRoutes } from './mediaRoutes.ts';
import type { ApiPorts } from './ports.ts';
import {
  DEFAULT_REQUESTS_PER_MINUTE,
  type RateLimit,
  RateLimiter,
  rateLimitPerMinute,
} from './rateLimiter.ts';
import { registerEndpoints, registerFallback } from './route.ts';
import { registerStudioRoutes } from './studioRoutes.ts';

export interface ApiOptions {
  readonly ports: ApiPorts;
  /** Loaded already. */
  readonly tokens: TokenService;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Version shown in the documents. */
  readonly version: string;
  /** Tells this engine from others on the same machine, also after a restart; letters and digits. */
  readonly engineId: string;
  /** Default 127.0.0.1: nobody but this machine. */
  readonly host?: string;
  /** 0: any free one. Default 7420. */
  readonly port?: number;
  /** A second listener with HLS alone, for the network. */
  readonly media?: { readonly host: string; readonly port: number };
  /** Further host names under which the engine may be addressed. */
  readonly allowedHosts?: readonly string[];
  /** Further origins whose pages may use the engine with a token, such as `http://localhost:5173`. */
  readonly allowedOrigins?: readonly string[];
  /** The built studio; null when there is none. */
  readonly studioDirectory?: string | null;
  /** Per token, or per address without one. Default 100 requests a second, 200 at once. */
  readonly rateLimit?: RateLimit;
  /** Where requests with an `Idempotency-Key` outlive the engine. Default: they do not. */
  readonly idempotencyJournal?: IdempotencyJournal;
  /** Lets programs on this machine read /metrics without a token. Default false. */
  readonly metricsWithoutToken?: boolean;
  /** Last pass over every error text that leaves. */
  readonly redact?: (text: string) => string;
  readonly timeouts?: HttpTimeouts;
  /** The code of a studio link is spent, has run out, or ends with the engine. */
  readonly onLinkEnded?: (code: string) => void;
}

interface ApiAddress {
  /** Such as `http://127.0.0.1:7420`. */
  readonly url: string;
  readonly port: number;
  /** Where HLS is open to the network; null without a second listener. */
  readonly mediaUrl: string | null;
}

export interface Api {
  /** @throws `engine.port_in_use`, `engine.address_unusable`; nothing is left open then */
  listen(): Promise<ApiAddress>;
  /** A link that signs one browser in, once, within five minutes. Call after `listen`. */
  createStudioLink(): { url: string; expiresAt: number };
  /** Ends every connection. */
  close(): Promise<void>;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 7420;

export function createApi(options: ApiOptions): Api {
  const { ports, tokens, clock, logger, host = DEFAULT_HOST, media } = options;
  const policy: HostPolicy = {
    mode: isLoopback(host) ? 'loopback' : 'addresses',
    allowedHosts: lowerCase(options.allowedHosts),
  };
  const access = accessParts(options);
  const hub = new EventHub({
    clock,
    snapshot: (): Promise<Stream[]> => allStreams(ports.streams),
    isTokenValid: (id: string): boolean => tokens.isValid(id),
  });
  const control = createHttpServer(serverOptions(options));
  const mediaServer = media ? createMediaServer(options, lowerCase(options.allowedHosts)) : null;
  const stopListening = [
    tokens.onRevoked((id) => hub.closeToken(id)),
    ports.observation.onEvent((event) => hub.publish(event)),
  ];
  let address: ApiAddress | null = null;

  const mediaUrl = (): string | null => address?.mediaUrl ?? null;
  const ready = registerControlRoutes(control, options, { policy, access, hub, mediaUrl });

  const close = async (): Promise<void> => {
    for (const stop of stopListening) stop();
    hub.close();
    access.links.close();
    await Promise.all([control.close(), mediaServer?.close()]);
  };

  return {
    async listen(): Promise<ApiAddress> {
      try {
        await ready;
        address = await listenOnAll(options, control, mediaServer);
        logger.info('the API listens', { ...address });
        return address;
      } catch (error) {
        await close();
        throw error;
      }
    },
    createStudioLink(): { url: string; expiresAt: number } {
      if (address === null) throw new Error('the API does not listen yet');
      const { code, expiresAt } = access.links.create();
      return { url: `${address.url}/?k=${code}`, expiresAt };
    },
    close,
  };
}

function accessParts({ engineId, tokens, ports, clock, onLinkEnded }: ApiOptions): AccessParts {
  const cookie = new SessionCookie(engineId);
  const { audit } = ports;
  return {
    tokens,
    authenticator: new Authenticator({ tokens, audit, clock, cookie }),
    links: new StudioLinks(clock, onLinkEnded),
    cookie,
    audit,
    clock,
  };
}

interface ControlParts {
  readonly policy: HostPolicy;
  readonly access: AccessParts;
  readonly hub: EventHub;
  readonly mediaUrl: () => string | null;
}

async function registerControlRoutes(
  app: FastifyInstance,
  options: ApiOptions,
  parts: ControlParts,
): Promise<void> {
  const { ports, clock, allowedOrigins = [], studioDirectory = null, version } = options;
  const limit = options.rateLimit ?? rateLimitPerMinute(DEFAULT_REQUESTS_PER_MINUTE);
  await registerUpgrades(app);
  app.addHook(
    'onRequest',
    createAccessHook({
      policy: parts.policy,
      allowedOrigins,
      authenticator: parts.access.authenticator,
      limiter: new RateLimiter(limit, clock),
      metricsWithoutToken: options.metricsWithoutToken ?? false,
    }),
  );
  registerEventRoute(app, parts.hub);
  const handlers = createHandlers({ ...parts.access, ports, mediaUrl: parts.mediaUrl });
  registerEndpoints(app, handlers, new IdempotencyKeys(clock, options.idempotencyJournal));
  registerDocuments(app, version, parts.access.cookie.name);
  registerMediaRoutes(app, ports.hls);
  registerStudioRoutes(app, studioDirectory, parts.access);
  registerFallback(app);
}

async function listenOnAll(
  { host = DEFAULT_HOST, port = DEFAULT_PORT, media }: ApiOptions,
  control: FastifyInstance,
  mediaServer: FastifyInstance | null,
): Promise<ApiAddress> {
  const boundPort = await listenOn(control, host, port);
  const mediaPort = media && mediaServer ? await listenOn(mediaServer, media.host, media.port) : null;
  return {
    url: urlOf(host, boundPort),
    port: boundPort,
    mediaUrl: media && mediaPort !== null ? urlOf(media.host, mediaPort) : null,
  };
}

/** HLS and nothing else: no token, no cookie, no control. */
function createMediaServer(options: ApiOptions, allowedHosts: readonly string[]): FastifyInstance {
  const app = createHttpServer(serverOptions(options));
  app.addHook('onRequest', async (request) =>
    assertHost(request.headers.host, { mode: 'addresses', allowedHosts }),
  );
  registerMediaRoutes(app, options.ports.hls);
  registerFallback(app);
  return app;
}

function serverOptions({
  logger,
  redact = (text: string): string => text,
  timeouts = defaultTimeouts,
}: ApiOptions): Parameters<typeof createHttpServer>[0] {
  return { logger, redact, timeouts };
}

async function listenOn(app: FastifyInstance, host: string, port: number): Promise<number> {
  // Node takes no address for every address.
  if (host.trim() === '')
    throw new StreamwareError('engine.address_unusable', { detail: 'The address is empty.' });
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw listenFailure(cause, host, port);
  }
  const bound = app.server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

function listenFailure(cause: unknown, host: string, port: number): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    const detail = `Port ${port} on ${host} cannot be used (${code}).`;
    return new StreamwareError('engine.port_in_use', { detail, cause });
  }
  if (!['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL', 'EAFNOSUPPORT'].includes(code)) return cause;
  return new StreamwareError('engine.address_unusable', {
    detail: `${host} is no address of this computer (${code}).`,
    cause,
  });
}

/** An address that works on this machine: one that means "every interface" is no place to go to. */
function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function lowerCase(names: readonly string[] = []): string[] {
  return names.map((name) => name.toLowerCase());
}
