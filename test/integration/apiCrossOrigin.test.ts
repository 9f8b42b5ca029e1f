// Names and pages that the operator allows, on a real listener: let in one by one, and no more than that.
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_PREFIX } from '../../main/contract/endpoint.ts';
import { type ApiServer, rawGet, startApiServer } from '../helpers/apiServer.ts';

const STREAMS = `${API_PREFIX}/streams`;
const PAGE = 'https://dash.example';
const config = { input: { type: 'test' }, output: [{ type: 'hls' }] };
let server: ApiServer;

beforeAll(async () => {
  server = await startApiServer({
    allowedOrigins: [PAGE, 'http://localhost:5173'],
    allowedHosts: ['studio.local'],
  });
});
afterAll(() => server.close());

const corsHeaders = (answer: Response): string[] =>
  [...answer.headers.keys()].filter((name) => name.startsWith('access-control'));
const preflight = (origin: string, path = STREAMS, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${server.url}${path}`, {
    method: 'OPTIONS',
    headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', ...headers },
  });

describe('a page of an allowed origin', () => {
  it('may ask before it sends, without a token', async () => {
    const asked = server.fake.calls.length;
    const answer = await preflight(PAGE, STREAMS, {
      'Access-Control-Request-Headers': 'authorization,content-type,idempotency-key',
      'Access-Control-Request-Private-Network': 'true',
    });
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'Authorization, Content-Type, Idempotency-Key',
      'access-control-allow-private-network': 'true',
      'access-control-max-age': '600',
      vary: 'Origin',
    });
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(server.fake.calls).toHaveLength(asked);
  });

  it('may use the API with a token, and read answers and refusals', async () => {
    const headers = { Origin: PAGE, 'Idempotency-Key': 'from-a-page' };
    const made = await server.call('POST', STREAMS, { body: config, headers });
    expect([made.status, made.headers.get('access-control-allow-origin'), made.headers.get('vary')]).toEqual([
      201,
      PAGE,
      'Origin',
    ]);
    expect(made.headers.get('access-control-expose-headers')).toContain('Idempotency-Replayed');
    const refusals = [
      await fetch(`${server.url}${STREAMS}`, { headers: { Origin: PAGE } }),
      await server.call('GET', `${STREAMS}/str_none`, { headers: { Origin: PAGE } }),
      await server.call('GET', '/nothing', { headers: { Origin: PAGE } }),
    ];
    expect(
      refusals.map((answer) => [answer.status, answer.headers.get('access-control-allow-origin')]),
    ).toEqual([
      [401, PAGE],
      [404, PAGE],
      [404, PAGE],
    ]);
  });

  it('acts as itself and never as whoever is signed in to the studio', async () => {
    const link = await fetch(server.api.createStudioLink().url, { redirect: 'manual' });
    const Cookie = link.headers.get('set-cookie')?.split(';')[0] ?? '';
    const withCookie = (origin: string | null, init: RequestInit = {}) =>
      fetch(`${server.url}${STREAMS}`, {
        ...init,
        headers: {
          Cookie,
          'Content-Type': 'application/json',
          ...(origin === null ? {} : { Origin: origin }),
        },
      });
    expect((await withCookie(null)).status).toBe(200);
    // Same site as the studio: a browser sends the cookie along.
    expect((await withCookie('http://localhost:5173')).status).toBe(401);
    const post = { method: 'POST', body: JSON.stringify(config) };
    expect((await withCookie('http://localhost:5173', post)).status).toBe(401);
    expect((await withCookie(server.url, post)).status).toBe(201);
    const answer = await upgrade({ Cookie, Origin: 'http://localhost:5173' });
    expect(answer.status).toBe(401);
  });

  it('may open the WebSocket with a token', async () => {
    const options = {
      protocols: ['streamware.v1', `bearer.${await server.token('read')}`],
      headers: { Origin: PAGE },
    };
    const socket = new WebSocket(
      `${server.url.replace('http', 'ws')}/v1/streams`,
      options as unknown as string[],
    );
    await once(socket, 'open');
    socket.close();
    await once(socket, 'close');
  });

  it('gets the open media as everybody does', async () => {
    const answer = await fetch(`${server.url}/live/none.m3u8`, { headers: { Origin: PAGE } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([404, '*']);
  });
});

it('the page of the engine itself, and programs, need no such headers', async () => {
  for (const headers of [{ Origin: server.url }, {}] as Record<string, string>[]) {
    const answer = await server.call('GET', STREAMS, { headers });
    expect([answer.status, corsHeaders(answer), answer.headers.get('vary')]).toEqual([200, [], 'Origin']);
  }
});

describe('a page of another origin', () => {
  it.each([
    'http://dash.example',
    'https://dash.example:8443',
    'https://dash.example.evil.example',
    'https://evil.example',
    'https://sub.dash.example',
    'null',
  ])('%s is refused and gets nothing to read', async (origin) => {
    const before = server.fake.calls.length;
    for (const request of [
      preflight(origin),
      server.call('GET', STREAMS, { headers: { Origin: origin } }),
      server.call('POST', STREAMS, { body: config, headers: { Origin: origin } }),
    ]) {
      const answer = await request;
      expect([answer.status, corsHeaders(answer)]).toEqual([403, []]);
    }
    expect(
      (await upgrade({ Authorization: `Bearer ${await server.token('read')}`, Origin: origin })).status,
    ).toBe(403);
    expect(server.fake.calls).toHaveLength(before);
  });
});

describe('a further name', () => {
  it('is taken, with and without a port, in any case; its page is the studio itself', async () => {
    for (const host of ['studio.local', `studio.local:${server.port}`, 'Studio.LOCAL'])
      expect((await rawGet(server.port, '/health', { Host: host })).status).toBe(200);
    const own = { Host: 'studio.local:7420', Origin: 'http://studio.local:7420' };
    expect((await rawGet(server.port, '/health', own)).status).toBe(200);
  });

  it.each(['evil.example', 'studio.local.evil.example', 'sub.studio.local', 'dash.example', '192.168.1.5'])(
    'does not let in %s, whose name was re-pointed to this machine',
    async (host) => {
      const Authorization = `Bearer ${await server.token('admin')}`;
      for (const path of [STREAMS, '/health', '/metrics', '/', '/v1/streams']) {
        const answer = await rawGet(server.port, path, { Host: host, Authorization, Origin: PAGE });
        expect([path, answer.status]).toEqual([path, 421]);
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      }
    },
  );
});

function upgrade(headers: Record<string, string>): ReturnType<typeof rawGet> {
  return rawGet(server.port, '/v1/streams', {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    ...headers,
  });
}
