import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { healthExample, outputExample } from '../../main/contract/api/examples.ts';
import { type EngineEvent, type ServerMessage, serverMessageSchema } from '../../main/contract/events.ts';
import { type ApiServer, rawGet, startApiServer } from '../helpers/apiServer.ts';
import { fakeStream } from '../helpers/fakeApiPorts.ts';
import { waitFor, within } from '../helpers/waitFor.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  server.fake.streams.set('str_1', fakeStream('str_1', { name: 'One' }));
});
afterAll(() => server.close());

const handshake = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};
const health: EngineEvent = { type: 'health', at: 1, streamId: 'str_1', health: healthExample };

class Client {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  closedWith: number | null = null;

  constructor(protocols: string[], headers: Record<string, string> = {}) {
    const options = { protocols, headers } as unknown as string[];
    this.socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/streams`, options);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onmessage = ({ data }) =>
      void this.messages.push(serverMessageSchema.parse(JSON.parse(String(data))));
    this.socket.onclose = ({ code }) => {
      this.closedWith = code;
    };
  }

  opened(): Promise<unknown> {
    return once(this.socket, 'open');
  }
  closed(): Promise<number> {
    return waitFor(() => this.closedWith, { what: 'the connection to be closed' });
  }
  of<Type extends ServerMessage['type']>(type: Type): Promise<Extract<ServerMessage, { type: Type }>> {
    return waitFor(
      () =>
        this.messages.find(
          (message): message is Extract<ServerMessage, { type: Type }> => message.type === type,
        ),
      { what: `a message of type ${type}` },
    );
  }
  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }
}

async function connected(token?: string): Promise<Client> {
  const client = new Client(['streamware.v1', `bearer.${token ?? (await server.token('read'))}`]);
  await client.opened();
  return client;
}

describe('the handshake', () => {
  it.each([
    ['without a token', {}, 401],
    ['with a wrong one', { Authorization: 'Bearer wrong' }, 401],
    ['from a foreign page', { Origin: 'http://evil.example' }, 403],
    ['from a sandboxed frame', { Origin: 'null' }, 403],
    ['under a foreign name', { Host: 'evil.example' }, 421],
  ])('is refused %s', async (_name, headers, status) => {
    const own =
      status === 403 || status === 421 ? { Authorization: `Bearer ${await server.token('read')}` } : {};
    const answer = await rawGet(server.port, '/v1/streams', { ...handshake, ...own, ...headers } as Record<
      string,
      string
    >);
    expect([answer.status, answer.headers['content-type']]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
  });

  it('does not take the token from the address', async () => {
    const answer = await rawGet(server.port, `/v1/streams?token=${await server.token('read')}`, handshake);
    expect(answer.status).toBe(401);
  });

  it('takes the token from the header, from the subprotocol, and the cookie with its origin', async () => {
    const header = new Client([], { Authorization: `Bearer ${await server.token('read')}` });
    await header.opened();
    const protocol = await connected();
    expect(protocol.socket.protocol).toBe('streamware.v1');
    const alone = new Client([`bearer.${await server.token('read')}`]);
    await alone.opened();
    const signedIn = await fetch(server.api.createStudioLink().url, { redirect: 'manual' });
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const studio = new Client([], { Cookie: cookie, Origin: server.url });
    await studio.opened();
    expect((await rawGet(server.port, '/v1/streams', { ...handshake, Cookie: cookie })).status).toBe(401);
    for (const client of [header, protocol, alone, studio]) client.socket.close();
  });

  it('is needed: an ordinary GET is told so', async () => {
    const answer = await server.call('GET', '/v1/streams');
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('WebSocket')]);
  });
});

describe('events', () => {
  it('come to a connection that says nothing', async () => {
    const client = await connected();
    expect((await client.of('streamChanged')).stream.name).toBe('One');
    server.fake.emit(health);
    server.fake.emit({
      type: 'outputChanged',
      at: 2,
      streamId: 'str_1',
      outputId: outputExample.id,
      output: outputExample,
    });
    expect((await client.of('health')).health.bitrateKbps).toBe(healthExample.bitrateKbps);
    expect((await client.of('outputChanged')).output.state).toBe('live');
    client.socket.close();
  });

  it('come as subscribed', async () => {
    const client = await connected();
    client.send({ type: 'subscribe', types: ['health'], streamIds: ['str_2'] });
    await client.of('subscribed');
    server.fake.emit(health);
    server.fake.emit({ ...health, streamId: 'str_2' });
    expect((await client.of('health')).streamId).toBe('str_2');
    client.send({ type: 'ping' });
    await client.of('pong');
    expect(client.messages.filter(({ type }) => type === 'health')).toHaveLength(1);
    client.socket.close();
  });
});

describe('a reader of more than any buffer holds', () => {
  it('is greeted with all of it', async () => {
    const full = await startApiServer();
    const outputs = Array.from({ length: 100 }, () => outputExample);
    for (let index = 0; index < 300; index++) {
      const id = `str_${index}`;
      full.fake.streams.set(id, { ...fakeStream(id, { name: id }), outputs });
    }
    const seen = new Set<string>();
    const protocols = ['streamware.v1', `bearer.${await full.token('read')}`];
    const socket = new WebSocket(`${full.url.replace('http', 'ws')}/v1/streams`, protocols);
    socket.onmessage = ({ data }) =>
      void seen.add((JSON.parse(String(data)) as { streamId: string }).streamId);
    const end = Promise.race([
      waitFor(() => seen.size === 300, { what: 'every stream' }),
      once(socket, 'close').then(() => 'closed'),
    ]);
    expect([await end, seen.size]).toEqual([true, 300]);
    socket.close();
    await full.close();
  });
});

describe('a connection ends alone', () => {
  let witness: Client;
  beforeAll(async () => {
    witness = await connected();
  });
  afterAll(async () => {
    expect(witness.closedWith).toBeNull();
    witness.messages.length = 0;
    server.fake.emit({ type: 'streamDeleted', at: 3, streamId: 'str_9' });
    await witness.of('streamDeleted');
    witness.socket.close();
  });

  it('for 5 MB in one frame', async () => {
    const client = await connected();
    client.send('x'.repeat(5 * 1024 * 1024));
    expect([1006, 1009]).toContain(await client.closed());
  });

  it('for binary garbage', async () => {
    const client = await connected();
    client.socket.send(new Uint8Array([0xff, 0x00, 0x01]));
    expect(await client.closed()).toBe(1003);
  });

  it('for text that is no UTF-8 and frames that are no frames', async () => {
    for (const bytes of [
      Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]),
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0x81, 0x02, 0x41, 0x41]),
    ]) {
      const socket = await rawConnected();
      socket.write(bytes);
      await within(once(socket, 'close'), { what: 'the connection to be closed' });
    }
  });

  it('for a thousand subscriptions', async () => {
    const client = await connected();
    for (let index = 0; index < 1000; index++) client.send({ type: 'subscribe', id: `s${index}` });
    expect(await client.closed()).toBe(1008);
  });

  it('for messages that cannot be used', async () => {
    const client = await connected();
    client.send('{');
    expect((await client.of('error')).problem.code).toBe('request.invalid');
    for (let index = 0; index < 10; index++) client.send({ type: 'dance' });
    expect(await client.closed()).toBe(1008);
  });

  it('when its token is revoked', async () => {
    const { id, token } = await server.tokens.create({ name: 'short', scope: 'read' });
    const client = await connected(token);
    await server.call('DELETE', `/api/v1/tokens/${id}`);
    expect(await client.closed()).toBe(1008);
  });

  it('when it does not read', async () => {
    const socket = await rawConnected();
    socket.pause();
    const big = { ...health.health, outputs: Array.from({ length: 200 }, () => outputExample) };
    let isClosed = false;
    socket.on('close', () => {
      isClosed = true;
    });
    socket.on('error', () => undefined);
    for (let round = 0; round < 400; round++) {
      server.fake.emit({
        type: 'streamChanged',
        at: round,
        streamId: 'str_1',
        stream: { ...fakeStream('str_1', { name: 'One' }), outputs: big.outputs },
      });
      await new Promise(setImmediate);
    }
    socket.resume();
    await waitFor(() => isClosed, { what: 'the slow reader to be dropped' });
  });
});

/** A raw socket after a good handshake. */
async function rawConnected(): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  const headers = {
    Host: `127.0.0.1:${server.port}`,
    ...handshake,
    Authorization: `Bearer ${await server.token('read')}`,
  };
  socket.write(
    `GET /v1/streams HTTP/1.1\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\r\n')}\r\n\r\n`,
  );
  const [first] = (await once(socket, 'data')) as [Buffer];
  expect(first.toString('latin1')).toMatch(/^HTTP\/1\.1 101/);
  socket.resume();
  return socket;
}
