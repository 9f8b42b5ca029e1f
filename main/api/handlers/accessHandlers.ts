/** Tokens, and the session of a browser. */
import type { TokenInfo } from '../../contract/api/tokens.ts';
import { StreamwareError } from '../../contract/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { SessionCookie } from '../auth/sessionCookie.ts';
import type { StudioLinks } from '../auth/studioLinks.ts';
import type { TokenService } from '../auth/tokenService.ts';
import type { AuditPort, AuditRecord } from '../ports.ts';
import type { Call, CallContext, HandlersOf } from './handler.ts';

export interface AccessParts {
  readonly tokens: TokenService;
  readonly authenticator: Authenticator;
  readonly links: StudioLinks;
  readonly cookie: SessionCookie;
  readonly audit: AuditPort;
  readonly clock: Clock;
}

type AccessIds =
  | 'listTokens'
  | 'createToken'
  | 'deleteToken'
  | 'getSession'
  | 'createSession'
  | 'deleteSession'
  | 'createStudioLink';

export function accessHandlers(parts: AccessParts): HandlersOf<AccessIds> {
  const { tokens, authenticator, links, cookie } = parts;
  const ownToken = (context: CallContext): TokenInfo => {
    const token = tokens.list().find(({ id }) => id === context.caller.tokenId);
    if (!token) throw new StreamwareError('auth.required');
    return token;
  };
  return {
    listTokens: () => ({ items: tokens.list() }),
    createToken: async ({ body }: Call<'createToken'>, { caller }: CallContext) => {
      const token = await tokens.create(body);
      record(parts, 'token.created', caller, `${token.id} "${token.name}" ${token.scope}`);
      return token;
    },
    deleteToken: async ({ params }: Call<'deleteToken'>, { caller }: CallContext) => {
      const token = await tokens.revoke(params.tokenId);
      record(parts, 'token.revoked', caller, `${token.id} "${token.name}"`);
    },
    getSession: (_call: Call<'getSession'>, context: CallContext) => ownToken(context),
    createSession: async ({ body }: Call<'createSession'>, { caller, setHeader }: CallContext) => {
      const known = tokens.verify(body.token);
      if (!known) {
        const { error, retryAfterSeconds } = authenticator.countFailure(caller.ip, caller.userAgent);
        if (retryAfterSeconds !== null) setHeader('Retry-After', String(retryAfterSeconds));
        throw error;
      }
      const { token, ...session } = await tokens.createSession(browserName(caller.userAgent), known.scope);
      record(parts, 'session.created', { ...caller, tokenId: session.id }, `with ${known.id}`);
      setHeader('Set-Cookie', cookie.set(token));
      return session;
    },
    deleteSession: async (_call: Call<'deleteSession'>, context: CallContext) => {
      const token = ownToken(context);
      // A program's token is not a session: it is only ended by revoking it.
      if (token.kind === 'browser') await tokens.revoke(token.id);
      context.setHeader('Set-Cookie', cookie.ended);
    },
    createStudioLink: (_call: Call<'createStudioLink'>, { baseUrl }: CallContext) => {
      const { code, expiresAt } = links.create();
      return { url: `${baseUrl}/?k=${code}`, expiresAt };
    },
  };
}

export function record(
  { audit, clock }: Pick<AccessParts, 'audit' | 'clock'>,
  action: AuditRecord['action'],
  who: Pick<AuditRecord, 'ip' | 'userAgent' | 'tokenId'>,
  detail: string,
): void {
  audit.record({
    at: clock.nowMs(),
    action,
    ip: who.ip,
    userAgent: who.userAgent,
    tokenId: who.tokenId,
    detail,
  });
}

/** As they stand in a User-Agent; those that also name another one come first. */
const browsers: readonly (readonly [string, string])[] = [
  ['Electron', 'Desktop app'],
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['Firefox', 'Firefox'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
];

/** What the list of tokens calls a browser: enough to recognise one's own. */
export function browserName(userAgent: string): string {
  const name = browsers.find(([mark]) => userAgent.includes(`${mark}/`))?.[1] ?? 'Browser';
  const system = /Windows|Android|iPhone|iPad|Mac OS X|CrOS|Linux/.exec(userAgent)?.[0];
  return `${name}${system ? ` on ${system.replace(' OS X', '')}` : ''}`;
}
