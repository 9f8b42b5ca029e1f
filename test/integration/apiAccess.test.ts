import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_PREFIX } from '../../main/contract/endpoint.ts';
import { type ApiServer, rawGet, rawRequest, startApiServer } from '../helpers/apiServer.ts';

const STREAMS = `${API_PREFIX}/streams`;
const config = { input: { type: 'test' }, output: [{ type: 'hls' }] };
let server: ApiServer;
let authorization: string;

beforeAll(async () => {
  server = await startApiServer();
  authorization = `Bearer ${await server.token('admin')}`;
});
afterAll(() => server.close());

describe('the guard', () => {
  it.each(['evil.example', `evil.example:7420`, '192.168.1.5', '127.0.0.1.evil.example'])(
    'refuses Host: %s everywhere, token or not',
    async (host) => {
      for (const path of [
        STREAMS,
        '/health',
        '/metrics',
        '/',
        '/api/docs',
        '/live/a.m3u8',
        '/v1/streams',
        '/nothing',
      ]) {
        const answer = await rawGet(server.port, path, { Host: host, Authorization: authorization });
        expect([path, answer.status]).toEqual([path, 421]);
      }
    },
  );

  it('takes the names of loopback', async () => {
    for (const host of [`127.0.0.1:${server.port}`, `localhost:${server.port}`, '[::1]:7420']) {
      expect((await rawGet(server.port, '/health', { Host: host })).status).toBe(200);
    }
  });

  it.each(['http://evil.example', 'null', 'http://127.0.0.1:1', 'https://127.0.0.1'])(
    'refuses Origin: %s, and reflects none',
    async (origin) => {
      const before = server.fake.calls.length;
      for (const request of [
        server.call('GET', STREAMS, { headers: { Origin: origin } }),
        server.call('POST', STREAMS, { body: config, headers: { Origin: origin } }),
        server.call('GET', '/health', { headers: { Origin: origin } }),
        server.call('OPTIONS', STREAMS, {
          headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
        }),
      ]) {
        const answer = await request;
        expect(answer.status).toBe(403);
        expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
      expect(server.fake.calls).toHaveLength(before);
    },
  );

  it('refuses what a page of another site embeds, though it has no Origin', async () => {
    for (const site of ['cross-site', 'same-site']) {
      expect(
        (
          await rawGet(server.port, STREAMS, {
            Authorization: authorization,
            'Sec-Fetch-Site': site,
            'Sec-Fetch-Mode': 'no-cors',
          })
        ).status,
      ).toBe(403);
    }
    const link = {
      'Sec-Fetch-Site': 'cross-site',
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Dest': 'document',
    };
    expect((await rawGet(server.port, '/', link)).status).toBe(200);
    expect((await rawGet(server.port, '/', { ...link, 'Sec-Fetch-Dest': 'iframe' })).status).toBe(403);
  });

  it('takes its own origin', async () => {
    const answer = await server.call('GET', STREAMS, { headers: { Origin: server.url } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, null]);
  });

  it('lets a simple POST of another page change nothing', async () => {
    const before = server.fake.calls.length;
    const answer = await fetch(`${server.url}${STREAMS}`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: JSON.stringify(config),
    });
    expect(answer.status).toBe(415);
    expect(server.fake.calls).toHaveLength(before);
  });

  it('listens on loopback alone', async () => {
    const others = Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).filter(({ internal, family }) => !internal && family === 'IPv4'),
    );
    for (const { address } of [...others, { address: '127.0.0.2' }]) {
      const outcome = await new Promise((resolve) => {
        const socket = connect(server.port, address, () => resolve('connected'));
        socket.on('error', () => resolve('refused'));
        socket.on('connect', () => socket.destroy());
      });
      expect([address, outcome]).toEqual([address, 'refused']);
    }
  });
});

describe('tokens', () => {
  it('are made, listed without their value, and revoked', async () => {
    const made = (await (
      await server.call('POST', `${API_PREFIX}/tokens`, {
        body: { name: 'Deck', scope: 'read', plugin: 'deck' },
      })
    ).json()) as { id: string; token: string };
    const use = () =>
      fetch(`${server.url}${STREAMS}`, { headers: { Authorization: `Bearer ${made.token}` } });
    expect((await use()).status).toBe(200);
    const list = await (await server.call('GET', `${API_PREFIX}/tokens`)).text();
    expect(list).toContain(made.id);
    expect(list).not.toContain(made.token);
    expect(list).not.toContain('hash');
    expect((await server.call('DELETE', `${API_PREFIX}/tokens/${made.id}`)).status).toBe(204);
    expect((await use()).status).toBe(401);
    expect(server.fake.audit.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['token.created', 'token.revoked']),
    );
    expect(JSON.stringify(server.fake.audit)).not.toContain(made.token);
  });

  it('are never taken from the address', async () => {
    const text = authorization.slice('Bearer '.length);
    expect((await fetch(`${server.url}${STREAMS}?token=${text}`)).status).toBe(401);
    expect((await fetch(`${server.url}${STREAMS}?access_token=${text}`)).status).toBe(401);
  });

  it('that are wrong are slowed down and put on record, while a right one still works', async () => {
    const own = await startApiServer();
    const wrong = () => fetch(`${own.url}${STREAMS}`, { headers: { Authorization: 'Bearer wrong' } });
    const answers = [];
    for (let attempt = 0; attempt < 50; attempt++) answers.push(await wrong());
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 10 }, () => 401),
      ...Array.from({ length: 40 }, () => 429),
    ]);
    expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(own.fake.audit.map(({ action }) => action)).toEqual([
      ...Array.from({ length: 10 }, () => 'auth.failed'),
      'auth.throttled',
    ]);
    expect((await own.call('GET', STREAMS)).status).toBe(200);
    await own.close();
  });
});

describe('the studio session', () => {
  const cookieOf = (answer: Response): string => answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  const open = (url: string, headers: Record<string, string> = {}) =>
    fetch(url, { redirect: 'manual', headers });

  it('begins with a link that works once', async () => {
    const { url } = server.api.createStudioLink();
    const head = await fetch(url, { method: 'HEAD', redirect: 'manual' });
    expect(head.headers.get('set-cookie')).toBeNull();
    const first = await open(url);
    expect([first.status, first.headers.get('location')]).toEqual([303, '/']);
    expect(first.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict; Path=\//);
    expect(first.headers.get('referrer-policy')).toBe('no-referrer');
    const second = await open(url);
    expect([second.status, second.headers.get('set-cookie')]).toEqual([401, null]);
    expect(await second.text()).toContain('streamware open');
    expect((await open(url, { Cookie: cookieOf(first) })).status).toBe(303);
  });

  it('stays when the same browser signs in to another engine of this machine', async () => {
    const other = await startApiServer({ engineId: 'other' });
    // As a browser keeps them: by name, for every port of the host.
    const jar = new Map<string, string>();
    for (const { api } of [server, other]) {
      const [name = '', value = ''] = cookieOf(await open(api.createStudioLink().url)).split('=');
      jar.set(name, value);
    }
    const Cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answers = [server, other].map(({ url }) => open(`${url}${STREAMS}`, { Cookie }));
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    await other.close();
  });

  it('can do everything the studio needs, from the studio page alone', async () => {
    const cookie = cookieOf(await open(server.api.createStudioLink().url));
    const post = (headers: Record<string, string>) =>
      fetch(`${server.url}${STREAMS}`, {
        method: 'POST',
        headers: { Cookie: cookie, 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(config),
      });
    expect((await open(`${server.url}${STREAMS}`, { Cookie: cookie })).status).toBe(200);
    expect((await post({ Origin: server.url })).status).toBe(201);
    expect((await post({})).status).toBe(401);
    expect((await post({ Origin: 'http://evil.example' })).status).toBe(403);
    const who = (await (
      await open(`${server.url}${API_PREFIX}/session`, { Cookie: cookie })
    ).json()) as object;
    expect(who).toMatchObject({ scope: 'admin', kind: 'browser' });
  });

  it('can also be made from a token, and ended', async () => {
    const signIn = (token: string) =>
      fetch(`${server.url}${API_PREFIX}/session`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Origin: server.url },
        body: JSON.stringify({ token }),
      });
    const refused = await signIn('sw_wrong');
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([401, null]);
    const answer = await signIn(await server.token('read'));
    expect([answer.status, await answer.json()]).toEqual([
      201,
      expect.objectContaining({ scope: 'read', kind: 'browser' }),
    ]);
    const cookie = cookieOf(answer);
    const out = await fetch(`${server.url}${API_PREFIX}/session`, {
      method: 'DELETE',
      headers: { Cookie: cookie, Origin: server.url },
    });
    expect([out.status, cookieOf(out)]).toEqual([204, 'streamware_session_test=']);
    expect((await open(`${server.url}${STREAMS}`, { Cookie: cookie })).status).toBe(401);
  });

  it('link can be asked for by an admin', async () => {
    const made = (await (
      await server.call('POST', `${API_PREFIX}/engine/studio-link`, { body: {} })
    ).json()) as { url: string };
    expect(made.url.startsWith(`${server.url}/?k=`)).toBe(true);
    expect((await open(made.url)).status).toBe(303);
  });
});

describe('the rate limit', () => {
  it('counts per token, tells what is left and when to come back', async () => {
    const own = await startApiServer({ rateLimit: { perSecond: 1, burst: 5 } });
    const statuses = [];
    let last: Response | undefined;
    for (let request = 0; request < 8; request++) {
      last = await own.call('GET', STREAMS);
      statuses.push(last.status);
    }
    expect(statuses.slice(0, 5)).toEqual([200, 200, 200, 200, 200]);
    expect(statuses).toContain(429);
    expect(last?.headers.get('ratelimit-limit')).toBe('5');
    const limited = await own.call('GET', STREAMS);
    expect(limited.headers.get('ratelimit-remaining')).toBe('0');
    expect(limited.headers.get('retry-after')).toBe('1');
    expect((await own.call('GET', STREAMS, { scope: 'read' })).status).toBe(200);
    expect((await fetch(`${own.url}/live/x.ts`)).status).toBe(404);
    await own.close();
  });
});

describe('metrics', () => {
  it('need a token, unless this machine may read them without', async () => {
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
    const open = await startApiServer({ metricsWithoutToken: true });
    const answer = await fetch(`${open.url}/metrics`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect((await fetch(`${open.url}${STREAMS}`)).status).toBe(401);
    // A proxy on this machine asks for somebody elsewhere.
    for (const header of ['X-Forwarded-For', 'Forwarded'])
      expect((await fetch(`${open.url}/metrics`, { headers: { [header]: '203.0.113.7' } })).status).toBe(401);
    expect((await rawGet(open.port, '/metrics', { Host: 'evil.example' })).status).toBe(421);
    expect((await rawGet(open.port, '/metrics', { Origin: 'http://evil.example' })).status).toBe(403);
    await open.close();
  });
});

describe('slow and broken clients', () => {
  it('that send their headers drop by drop are cut off', async () => {
    const own = await startApiServer({ timeouts: { headersMs: 300, requestMs: 600, keepAliveMs: 500 } });
    const answer = await rawRequest(own.port, 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Drop: ');
    expect([answer.status, answer.body]).toEqual([408, expect.stringContaining('request.invalid')]);
    const body = await rawRequest(
      own.port,
      `POST ${STREAMS} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${await own.token('admin')}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{`,
    );
    expect(body.status).toBe(408);
    expect((await own.call('GET', '/health')).status).toBe(200);
    await own.close();
  });

  it.each([
    ['too large headers', `GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['rubbish', '\u0001\u0002\u0003\r\n\r\n', 400],
    [
      'two lengths',
      'POST /api/v1/streams HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
      400,
    ],
    [
      'a length and chunks',
      'POST /api/v1/streams HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['no host', 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['no host in HTTP/1.0', 'GET /health HTTP/1.0\r\n\r\n', 421],
    [
      'an upgrade of a malformed address',
      'GET /%zz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n',
      400,
    ],
    [
      'an upgrade of an ordinary address',
      'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n',
      200,
    ],
    [
      'a foreign absolute address',
      'GET http://evil.example/health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      421,
    ],
  ])('that send %s get an answer and are cut off', async (_name, text, status) => {
    expect((await rawRequest(server.port, text)).status).toBe(status);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });
});
