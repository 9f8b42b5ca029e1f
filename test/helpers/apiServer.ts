/** The API on a real port of 127.0.0.1 with fake ports behind it, and requests as raw as a test needs them. */
import { connect } from 'node:net';
import { TokenService, type TokenStore } from '../../main/api/auth/tokenService.ts';
import { type Api, type ApiOptions, createApi } from '../../main/api/server.ts';
import type { Scope } from '../../main/contract/endpoint.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { nullLogger } from '../../main/lib/logger.ts';
import { createFakeApiPorts, type FakeApiPorts } from './fakeApiPorts.ts';

export interface ApiServer {
  readonly api: Api;
  readonly url: string;
  readonly port: number;
  readonly mediaUrl: string | null;
  readonly fake: FakeApiPorts;
  readonly tokens: TokenService;
  /** A token's text. */
  token(scope: Scope): Promise<string>;
  /** A request with a token of this scope; the body is sent as JSON. */
  call(
    method: string,
    path: string,
    options?: { scope?: Scope; body?: unknown; headers?: Record<string, string> },
  ): Promise<Response>;
  close(): Promise<void>;
}

export interface ApiServerOptions extends Partial<Omit<ApiOptions, 'ports' | 'tokens'>> {
  readonly fake?: FakeApiPorts;
}

export async function startApiServer({
  fake = createFakeApiPorts(),
  ...options
}: ApiServerOptions = {}): Promise<ApiServer> {
  const clock = options.clock ?? systemClock;
  const tokens = new TokenService(memoryTokenStore(), clock);
  await tokens.load();
  const api = createApi({
    logger: nullLogger,
    version: '0.1.0',
    engineId: 'test',
    port: 0,
    ...options,
    clock,
    ports: fake.ports,
    tokens,
  });
  const { url, port, mediaUrl } = await api.listen();
  const texts = new Map<Scope, string>();
  const token = async (scope: Scope): Promise<string> => {
    const text = texts.get(scope) ?? (await tokens.create({ name: scope, scope })).token;
    texts.set(scope, text);
    return text;
  };
  return {
    api,
    url,
    port,
    mediaUrl,
    fake,
    tokens,
    token,
    async call(method, path, { scope = 'admin', body, headers = {} } = {}) {
      return fetch(`${url}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          Authorization: `Bearer ${await token(scope)}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    },
    close: () => api.close(),
  };
}

export function memoryTokenStore(): TokenStore & {
  readonly records: Map<string, Awaited<ReturnType<TokenStore['load']>>[number]>;
} {
  const records = new Map<string, Awaited<ReturnType<TokenStore['load']>>[number]>();
  return {
    records,
    load: async () => [...records.values()],
    insert: async (record) => void records.set(record.id, { ...record }),
    touch: (record) => {
      if (records.has(record.id)) records.set(record.id, record);
    },
    remove: async (tokenId) => void records.delete(tokenId),
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends exactly these bytes and reads until the server closes: what `fetch` would tidy up arrives as it is. */
export function rawRequest(port: number, text: string): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(parseAnswer(answer)));
  });
}

/** A GET with a path that is sent as written, and any headers. */
export function rawGet(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const lines = Object.entries({ Host: `127.0.0.1:${port}`, Connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return rawRequest(port, `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
}

function parseAnswer(answer: string): RawAnswer {
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n') };
}
