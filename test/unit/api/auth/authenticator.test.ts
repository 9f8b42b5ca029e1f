import { describe, expect, it } from 'vitest';
import { Authenticator } from '../../../../main/api/auth/authenticator.ts';
import { FAILURE_WINDOW_MS, MAX_FAILURES } from '../../../../main/api/auth/failureThrottle.ts';
import { SessionCookie } from '../../../../main/api/auth/sessionCookie.ts';
import { LINK_LIFETIME_MS, StudioLinks } from '../../../../main/api/auth/studioLinks.ts';
import { TokenService } from '../../../../main/api/auth/tokenService.ts';
import { browserName } from '../../../../main/api/handlers/accessHandlers.ts';
import type { AuditRecord } from '../../../../main/api/ports.ts';
import { memoryTokenStore } from '../../../helpers/apiServer.ts';
import { createFakeClock } from '../../../helpers/fakeClock.ts';

const sessionCookie = new SessionCookie('e1');

async function setUp() {
  const clock = createFakeClock();
  const tokens = new TokenService(memoryTokenStore(), clock);
  const audit: AuditRecord[] = [];
  const authenticator = new Authenticator({
    tokens,
    audit: { record: (record) => audit.push(record) },
    clock,
    cookie: sessionCookie,
  });
  const { token } = await tokens.create({ name: 'Deck', scope: 'control' });
  const { token: session } = await tokens.createSession('Chrome', 'admin');
  const facts = (headers: Record<string, string>, method = 'GET', isUpgrade = false) => ({
    method,
    isUpgrade,
    ip: '127.0.0.1',
    headers: { host: '127.0.0.1:7420', ...headers },
  });
  const kindOf = (headers: Record<string, string>, method?: string, isUpgrade?: boolean): string =>
    authenticator.authenticate(facts(headers, method, isUpgrade), true).kind;
  return { clock, tokens, audit, authenticator, token, session, facts, kindOf };
}

describe('Authenticator', () => {
  it('takes a token from the Authorization header', async () => {
    const { authenticator, token, facts } = await setUp();
    expect(
      authenticator.authenticate(facts({ authorization: `bearer ${token}`, 'user-agent': 'deck/1' }), true),
    ).toEqual({
      kind: 'caller',
      caller: {
        tokenId: expect.stringMatching(/^tok_/),
        name: 'Deck',
        scopes: ['read', 'control'],
        plugin: null,
        ip: '127.0.0.1',
        userAgent: 'deck/1',
      },
    });
  });

  it('takes it from the subprotocol of a WebSocket, and only there', async () => {
    const { kindOf, token } = await setUp();
    const headers = { 'sec-websocket-protocol': `streamware.v1, bearer.${token}` };
    expect(kindOf(headers, 'GET', true)).toBe('caller');
    expect(kindOf(headers, 'GET', false)).toBe('anonymous');
    expect(kindOf({ 'sec-websocket-protocol': 'bearer.wrong' }, 'GET', true)).toBe('refused');
  });

  it('lets the cookie read, and change only with the origin of the studio beside it', async () => {
    const { kindOf, session } = await setUp();
    const cookie = `a=b; ${sessionCookie.set(session).split(';')[0]}`;
    expect(kindOf({ cookie })).toBe('caller');
    expect(kindOf({ cookie }, 'POST')).toBe('anonymous');
    expect(kindOf({ cookie }, 'GET', true)).toBe('anonymous');
    expect(kindOf({ cookie, origin: 'http://127.0.0.1:7420' }, 'POST')).toBe('caller');
    expect(kindOf({ cookie, origin: 'http://127.0.0.1:7420' }, 'GET', true)).toBe('caller');
    for (const method of ['GET', 'POST', 'DELETE'])
      expect(kindOf({ cookie, origin: 'http://localhost:5173' }, method)).toBe('anonymous');
    expect(kindOf({ cookie, origin: 'http://127.0.0.1:8080' }, 'POST')).toBe('anonymous');
  });

  it('gives a cookie that script cannot read and other sites cannot send', () => {
    expect(sessionCookie.set('t')).toMatch(
      /^streamware_session_e1=t; HttpOnly; SameSite=Strict; Path=\/; Max-Age=\d+$/,
    );
  });

  it('does not treat an outdated cookie as an attack', async () => {
    const { kindOf, audit } = await setUp();
    for (let request = 0; request < 50; request++)
      expect(kindOf({ cookie: 'streamware_session_e1=sw_old' })).toBe('anonymous');
    expect(audit).toEqual([]);
  });

  it.each(['Basic dTpw', 'Bearer', 'Bearer a b', 'Token x', ''])(
    'refuses "Authorization: %s"',
    async (authorization) => {
      expect((await setUp()).kindOf({ authorization })).toBe('refused');
    },
  );

  it('slows down and records wrong tokens, and still takes a right one', async () => {
    const { authenticator, audit, clock, facts, kindOf, token } = await setUp();
    const wrong = () => authenticator.authenticate(facts({ authorization: 'Bearer wrong' }), true);
    const codes = Array.from({ length: 50 }, wrong).map((result) =>
      result.kind === 'refused' ? result.error.code : result.kind,
    );
    expect(codes.filter((code) => code === 'auth.invalid')).toHaveLength(MAX_FAILURES);
    expect(codes.filter((code) => code === 'request.rate_limited')).toHaveLength(50 - MAX_FAILURES);
    expect(wrong()).toMatchObject({ retryAfterSeconds: FAILURE_WINDOW_MS / 1000 });
    expect(audit.map(({ action }) => action)).toEqual([
      ...Array.from({ length: MAX_FAILURES }, () => 'auth.failed'),
      'auth.throttled',
    ]);
    expect(JSON.stringify(audit)).not.toContain('Bearer');
    expect(kindOf({ authorization: `Bearer ${token}` })).toBe('caller');
    await clock.advance(FAILURE_WINDOW_MS);
    expect(wrong()).toMatchObject({ error: { code: 'auth.invalid' } });
  });

  it('counts per address', async () => {
    const { authenticator, facts } = await setUp();
    const wrong = (ip: string) =>
      authenticator.authenticate({ ...facts({ authorization: 'Bearer wrong' }), ip }, true);
    for (let attempt = 0; attempt <= MAX_FAILURES; attempt++) wrong('10.0.0.1');
    expect(wrong('10.0.0.1')).toMatchObject({ error: { code: 'request.rate_limited' } });
    expect(wrong('10.0.0.2')).toMatchObject({ error: { code: 'auth.invalid' } });
  });
});

describe('StudioLinks', () => {
  it('works once', () => {
    const links = new StudioLinks(createFakeClock());
    const { code } = links.create();
    expect(links.redeem(`${code}x`)).toBe(false);
    expect(links.redeem(code)).toBe(true);
    expect(links.redeem(code)).toBe(false);
  });

  it('ends after five minutes, whatever the wall clock says', async () => {
    const clock = createFakeClock();
    const links = new StudioLinks(clock);
    const [early, late] = [links.create(), links.create()];
    expect(early.expiresAt).toBe(clock.nowMs() + LINK_LIFETIME_MS);
    clock.jumpWallClock(-3_600_000);
    await clock.advance(LINK_LIFETIME_MS - 1);
    expect(links.redeem(early.code)).toBe(true);
    await clock.advance(1);
    expect(links.redeem(late.code)).toBe(false);
  });

  it('keeps the newest twenty', () => {
    const links = new StudioLinks(createFakeClock());
    const made = Array.from({ length: 30 }, () => links.create());
    expect(made.filter(({ code }) => links.redeem(code))).toEqual(made.slice(10));
  });
});

describe('browserName', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15',
      'Safari on Mac',
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 streamware/0.1.0 Chrome/114.0 Electron/25.1.1 Safari/537.36',
      'Desktop app on Linux',
    ],
    ['curl/8.0', 'Browser'],
  ])('%s', (userAgent, name) => {
    expect(browserName(userAgent)).toBe(name);
  });
});
