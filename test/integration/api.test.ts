import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from '../../main/contract/api/index.ts';
import { API_PREFIX, type Endpoint } from '../../main/contract/endpoint.ts';
import { problemSchema } from '../../main/contract/errors.ts';
import { createLogger, type LogRecord } from '../../main/lib/logger.ts';
import { type ApiServer, rawRequest, startApiServer } from '../helpers/apiServer.ts';
import { createFakeApiPorts, fakeStream } from '../helpers/fakeApiPorts.ts';

const config = { name: 'Show', input: { type: 'test' }, output: [{ type: 'hls' }] };
const logs: LogRecord[] = [];
let server: ApiServer;

beforeAll(async () => {
  server = await startApiServer({
    logger: createLogger((record) => logs.push(record)),
    redact: (text) => text.replaceAll('SECRETx7', '[redacted]'),
  });
});
afterAll(() => server.close());

const problemOf = async (answer: Response) => {
  const problem = problemSchema.parse(await answer.json());
  expect(problem.status).toBe(answer.status);
  return problem;
};
const lastCall = () => server.fake.calls.at(-1);

describe('every endpoint', () => {
  const params: Record<string, string> = {
    streamId: 'str_x',
    outputId: 'out_7c0a4k2m9x',
    broadcastId: 'brd_9x7c0a4k2m',
    index: '0',
  };

  it.each(Object.entries(endpoints) as [string, Endpoint][])(
    '%s answers as its row says',
    async (id, row) => {
      server.fake.streams.set('str_x', fakeStream('str_x', { name: 'x' }));
      const { id: tokenId, token } = await server.tokens.create({ name: id, scope: 'admin' });
      const path = row.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
        name === 'tokenId' ? tokenId : (params[name] ?? ''),
      );
      const body = id === 'createSession' ? { token } : (row.example.body ?? {});
      const answer = await server.call(
        row.method,
        path,
        row.method === 'GET' || row.method === 'DELETE' ? {} : { body },
      );
      expect(answer.status).toBe(row.status);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      if (row.status === 204) return expect(await answer.text()).toBe('');
      expect(answer.headers.get('content-type')).toContain(row.contentType);
      const content: unknown = row.contentType === 'text/plain' ? await answer.text() : await answer.json();
      expect(row.response.safeParse(content)).toMatchObject({ success: true });
    },
  );

  it.each(
    (Object.values(endpoints) as Endpoint[])
      .filter(({ scope }) => scope !== 'none')
      .map((row) => [row.id, row] as const),
  )('%s refuses without a token, and with too small a scope', async (_id, row) => {
    const path = row.path.replaceAll(/\{\w+\}/g, '0');
    const init = row.method === 'GET' ? {} : { body: '{}', headers: { 'Content-Type': 'application/json' } };
    const anonymous = await fetch(`${server.url}${path}`, { method: row.method, ...init });
    expect(await problemOf(anonymous)).toMatchObject({ status: 401, code: 'auth.required' });
    expect(anonymous.headers.get('www-authenticate')).toMatch(/^Bearer/);
    if (row.scope === 'read') return;
    const small = await server.call(row.method, path, {
      scope: row.scope === 'admin' ? 'control' : 'read',
      body: row.method === 'GET' ? undefined : {},
    });
    expect(await problemOf(small)).toMatchObject({
      status: 403,
      code: 'auth.scope_missing',
      detail: expect.stringContaining(row.scope),
    });
  });
});

describe('requests', () => {
  it('reach the port parsed, with the caller', async () => {
    await server.call('POST', `${API_PREFIX}/streams`, {
      body: { ...config, outputs: config.output, output: undefined, start: false },
      scope: 'control',
    });
    expect(lastCall()).toMatchObject({
      name: 'create',
      args: [
        { name: 'Show', replaySeconds: 30, output: [{ type: 'hls', segmentSeconds: 2 }] },
        { start: false },
      ],
      caller: { name: 'control', scopes: ['read', 'control'], ip: '127.0.0.1' },
    });
    expect(lastCall()?.args[0]).not.toHaveProperty('start');
  });

  it('page by cursor', async () => {
    for (let index = 0; index < 5; index++)
      server.fake.streams.set(`page_${index}`, {
        ...fakeStream(`page_${index}`, { name: 'p' }),
        state: 'failed',
      });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page = endpoints.listStreams.response.parse(
        await (await server.call('GET', `${API_PREFIX}/streams?state=failed&limit=2${query}`)).json(),
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(['page_0', 'page_1', 'page_2', 'page_3', 'page_4']);
  });

  it.each([
    [
      'a wrong field',
      'POST',
      '/streams',
      { ...config, input: { type: 'webcam' } },
      { status: 400, code: 'request.invalid', field: 'input.type' },
    ],
    ['an unknown field', 'POST', '/streams', { ...config, colour: 1 }, { status: 400, field: 'colour' }],
    ['a wrong query', 'GET', '/streams?limit=0', undefined, { status: 400, field: 'limit' }],
    ['an unknown query', 'GET', '/streams?token=x', undefined, { status: 400, field: 'token' }],
    ['a wrong id', 'GET', '/streams/a%20b', undefined, { status: 400, field: 'streamId' }],
    ['an unknown stream', 'GET', '/streams/str_none', undefined, { status: 404, code: 'stream.not_found' }],
    ['an unknown address', 'GET', '/nothing', undefined, { status: 404, code: 'request.not_found' }],
    [
      'a method that is not taken',
      'DELETE',
      '/streams',
      undefined,
      { status: 405, code: 'request.method_not_allowed' },
    ],
    [
      'reading a command',
      'GET',
      '/streams/str_x/start',
      undefined,
      { status: 405, code: 'request.method_not_allowed' },
    ],
  ])('are refused for %s', async (_name, method, path, body, expected) => {
    const answer = await server.call(method, `${API_PREFIX}${path}`, { body });
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await problemOf(answer)).toMatchObject(expected);
  });

  it('name every field at fault', async () => {
    const answer = await server.call('POST', `${API_PREFIX}/streams`, {
      body: { input: {}, output: [{ type: 'srt' }] },
    });
    expect((await problemOf(answer)).issues?.map(({ field }) => field)).toEqual([
      'input.type',
      'output.0.url',
    ]);
  });

  it('may name methods of an address in Allow', async () => {
    const answer = await server.call('PUT', `${API_PREFIX}/streams/str_x`, { body: {} });
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'PATCH']);
  });

  it('answer HEAD like GET, without a body', async () => {
    const answer = await server.call('HEAD', `${API_PREFIX}/streams/str_x`);
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });
});

describe('bodies', () => {
  const post = async (body: string | undefined, contentType?: string, path = '/streams') =>
    fetch(`${server.url}${API_PREFIX}${path}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${await server.token('admin')}`,
        ...(contentType ? { 'Content-Type': contentType } : {}),
      },
      ...(body === undefined ? {} : { body }),
    });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json-seq',
  ])('of type %s are refused', async (type) => {
    const calls = server.fake.calls.length;
    expect(await problemOf(await post(JSON.stringify(config), type))).toMatchObject({
      status: 415,
      code: 'request.unsupported_media_type',
    });
    expect(server.fake.calls).toHaveLength(calls);
  });

  it.each([
    ['cut off', '{"input":'],
    ['two in one', '{}{}'],
    ['not JSON', 'name=SECRETkey'],
    ['polluting', '{"__proto__":{"admin":true}}'],
    ['not text', '\u0000'],
  ])('that are %s are refused without being repeated', async (_name, body) => {
    const answer = await post(body, 'application/json');
    const text = await answer.text();
    expect([answer.status, text]).toEqual([400, expect.stringContaining('request.invalid')]);
    expect(text).not.toMatch(/SECRET|__proto__/);
  });

  it('may be left out where nothing is asked', async () => {
    expect((await post(undefined, undefined, '/streams/str_x/stop')).status).toBe(200);
    expect((await post('', 'application/json', '/streams/str_x/stop')).status).toBe(200);
    expect((await post('{}', 'application/json', '/streams/str_x/stop')).status).toBe(200);
  });

  it('over 1 MB are refused, announced or not', async () => {
    expect(await problemOf(await post(`"${'x'.repeat(1024 * 1024)}"`, 'application/json'))).toMatchObject({
      status: 413,
      code: 'request.too_large',
    });
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const head = `POST ${API_PREFIX}/streams HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer ${await server.token('admin')}\r\n`;
    const answer = await rawRequest(
      server.port,
      `${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}0\r\n\r\n`,
    );
    expect(answer.status).toBe(413);
  });

  it('nested a hundred thousand deep are refused, not a crash', async () => {
    const answer = await post(`{"input":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'application/json');
    expect(answer.status).toBe(400);
  });

  it('with numbers beyond JSON are refused', async () => {
    const answer = await post(
      JSON.stringify({ ...config, durationSeconds: 1 }).replace(
        '"durationSeconds":1',
        '"durationSeconds":1e400',
      ),
      'application/json',
    );
    expect(await problemOf(answer)).toMatchObject({ status: 400, field: 'durationSeconds' });
  });
});

describe('Idempotency-Key', () => {
  it('carries a request out once', async () => {
    const send = (body: object) =>
      server.call('POST', `${API_PREFIX}/streams`, { body, headers: { 'Idempotency-Key': 'once-1' } });
    const before = server.fake.calls.length;
    const [first, second] = [await send(config), await send(config)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await second.json()).toEqual(await first.json());
    expect(server.fake.calls).toHaveLength(before + 1);
    expect(await problemOf(await send({ ...config, name: 'Other' }))).toMatchObject({
      status: 422,
      code: 'request.idempotency_conflict',
    });
  });

  it('marks a refusal that is answered again, too', async () => {
    const send = () =>
      server.call('POST', `${API_PREFIX}/streams/str_none/start`, {
        headers: { 'Idempotency-Key': 'once-3' },
      });
    const [first, second] = [await send(), await send()];
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([404, null]);
    expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([404, 'true']);
    expect(await second.json()).toEqual(await first.json());
  });

  it('belongs to one token', async () => {
    const headers = { 'Idempotency-Key': 'once-2' };
    const before = server.fake.calls.length;
    await server.call('POST', `${API_PREFIX}/streams`, { body: config, headers, scope: 'admin' });
    await server.call('POST', `${API_PREFIX}/streams`, { body: config, headers, scope: 'control' });
    expect(server.fake.calls).toHaveLength(before + 2);
  });

  it('must be a key', async () => {
    const answer = await server.call('POST', `${API_PREFIX}/streams`, {
      body: config,
      headers: { 'Idempotency-Key': 'x'.repeat(300) },
    });
    expect(await problemOf(answer)).toMatchObject({ status: 400, field: 'Idempotency-Key' });
  });
});

describe('a bug', () => {
  it('is answered with an incident number that leads to the log, and with nothing of its text', async () => {
    const fake = createFakeApiPorts();
    const own = createLogger((record) => logs.push(record));
    fake.ports.streams.list = async () => Promise.reject(new Error('boom SECRETx7'));
    const broken = await startApiServer({
      fake,
      logger: own,
      redact: (text) => text.replaceAll('SECRETx7', '[redacted]'),
    });
    const answer = await broken.call('GET', `${API_PREFIX}/streams`);
    const problem = await problemOf(answer);
    expect(problem).toMatchObject({
      status: 500,
      code: 'internal.unexpected',
      incident: answer.headers.get('x-request-id'),
    });
    expect(JSON.stringify(problem)).not.toContain('boom');
    const logged = logs.filter(
      ({ level, fields }) => level === 'error' && fields.incident === problem.incident,
    );
    expect(logged).toHaveLength(1);
    expect(String(logged[0]?.fields.stack)).toContain('boom [redacted]');
    await broken.close();
  });
});

describe('documents', () => {
  it('are served without a token', async () => {
    const openApi = await fetch(`${server.url}/api/v1/openapi.json`);
    expect(openApi.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await openApi.json()).toMatchObject({ openapi: '3.1.0', info: { version: '0.1.0' } });
    const page = await fetch(`${server.url}/api/docs`);
    expect(await page.text()).toContain('<h1>streamware API</h1>');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  });
});

describe('closing', () => {
  it('ends kept connections at once and leaves no listener behind', async () => {
    const short = await startApiServer();
    await short.call('GET', `${API_PREFIX}/streams`);
    await short.close();
    expect(short.fake.listeners).toBe(0);
    await expect(fetch(`${short.url}/health`)).rejects.toThrow();
  });

  it('a taken port is said in words', async () => {
    await expect(startApiServer({ port: server.port })).rejects.toMatchObject({
      code: 'engine.port_in_use',
      detail: expect.stringContaining(String(server.port)),
    });
  });
});
