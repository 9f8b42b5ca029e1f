/** From the headers of a request to the caller behind it. Failures are counted, slowed down and put on record here. */
import type { TokenInfo } from '../../contract/api/tokens.ts';
import { StreamwareError } from '../../contract/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import { isOwnOrigin } from '../guard.ts';
import type { AuditPort, AuditRecord, Caller } from '../ports.ts';
import { FailureThrottle, MAX_FAILURES } from './failureThrottle.ts';
import type { SessionCookie } from './sessionCookie.ts';
import { impliedScopes, type TokenService } from './tokenService.ts';

export const BEARER_PROTOCOL = 'bearer.';

export interface RequestFacts {
  readonly method: string;
  readonly isUpgrade: boolean;
  readonly ip: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export type Authentication =
  | { kind: 'caller'; caller: Caller }
  | { kind: 'anonymous' }
  | { kind: 'refused'; error: StreamwareError; retryAfterSeconds: number | null };

interface Credentials {
  text: string;
  source: 'header' | 'cookie';
}

export interface AuthenticatorParts {
  readonly tokens: TokenService;
  readonly audit: AuditPort;
  readonly clock: Clock;
  readonly cookie: SessionCookie;
}

export class Authenticator {
  readonly #tokens: TokenService;
  readonly #audit: AuditPort;
  readonly #clock: Clock;
  readonly #cookie: SessionCookie;
  readonly #throttle: FailureThrottle;

  constructor({ tokens, audit, clock, cookie }: AuthenticatorParts) {
    this.#tokens = tokens;
    this.#audit = audit;
    this.#clock = clock;
    this.#cookie = cookie;
    this.#throttle = new FailureThrottle(clock);
  }

  /** @param counts whether a wrong token is a failure; not on routes that need none */
  authenticate(facts: RequestFacts, counts: boolean): Authentication {
    const credentials = credentialsOf(facts, this.#cookie);
    if (credentials === null) return { kind: 'anonymous' };
    const token = this.#tokens.verify(credentials.text);
    if (token !== null) return { kind: 'caller', caller: callerOf(token, facts) };
    // An old cookie is no attack: the studio asks to sign in.
    if (credentials.source === 'cookie' || !counts) return { kind: 'anonymous' };
    return this.#refuse(facts);
  }

  /** A wrong token given in any other way, such as the sign-in form. */
  countFailure(ip: string, userAgent: string): { error: StreamwareError; retryAfterSeconds: number | null } {
    const { isThrottled, count, retryAfterSeconds } = this.#throttle.count(ip);
    if (!isThrottled) {
      this.#record('auth.failed', ip, userAgent, 'wrong token');
      return { error: new StreamwareError('auth.invalid'), retryAfterSeconds: null };
    }
    if (count === MAX_FAILURES + 1)
      this.#record('auth.throttled', ip, userAgent, `more than ${MAX_FAILURES} wrong tokens`);
    const error = new StreamwareError('request.rate_limited', {
      detail: 'Too many wrong tokens from this address.',
    });
    return { error, retryAfterSeconds };
  }

  #refuse(facts: RequestFacts): Authentication {
    return { kind: 'refused', ...this.countFailure(facts.ip, userAgentOf(facts)) };
  }

  #record(action: AuditRecord['action'], ip: string, userAgent: string, detail: string): void {
    this.#audit.record({ at: this.#clock.nowMs(), action, ip, userAgent, tokenId: null, detail });
  }
}

/**
 * The token in a request: `Authorization: Bearer`, for a WebSocket also the subprotocol `bearer.<token>`, then the cookie
 * of the studio. Never the address, which ends up in logs and histories. The cookie alone changes nothing: a browser
 * sends it along by itself, so it counts for changes and WebSockets only when the studio's own origin stands beside it,
 * and for nothing beside another one: a page of an allowed origin has a token of its own.
 */
function credentialsOf(facts: RequestFacts, sessionCookie: SessionCookie): Credentials | null {
  const { headers } = facts;
  const bearer = /^bearer +(?<token>\S+) *$/i.exec(single(headers.authorization) ?? '')?.groups?.token;
  if (bearer !== undefined) return { text: bearer, source: 'header' };
  if (headers.authorization !== undefined) return { text: '', source: 'header' };
  if (facts.isUpgrade) {
    const offered = (single(headers['sec-websocket-protocol']) ?? '')
      .split(',')
      .map((protocol) => protocol.trim());
    const protocol = offered.find((name) => name.startsWith(BEARER_PROTOCOL));
    if (protocol !== undefined) return { text: protocol.slice(BEARER_PROTOCOL.length), source: 'header' };
  }
  const cookie = sessionCookie.read(single(headers.cookie));
  if (cookie === null) return null;
  const isReading = !facts.isUpgrade && (facts.method === 'GET' || facts.method === 'HEAD');
  const origin = single(headers.origin);
  const isTrusted = origin === undefined ? isReading : isOwnOrigin({ origin, host: single(headers.host) });
  return isTrusted ? { text: cookie, source: 'cookie' } : null;
}

function callerOf(token: TokenInfo, facts: RequestFacts): Caller {
  return {
    tokenId: token.id,
    name: token.name,
    scopes: impliedScopes(token.scope),
    plugin: token.plugin,
    ip: facts.ip,
    userAgent: userAgentOf(facts),
  };
}

export function userAgentOf(facts: Pick<RequestFacts, 'headers'>): string {
  return (single(facts.headers['user-agent']) ?? '').slice(0, 200);
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
