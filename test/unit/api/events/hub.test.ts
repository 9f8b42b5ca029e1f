import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ClientSocket } from '../../../../main/api/events/connection.ts';
import { EventHub, HEARTBEAT_MS } from '../../../../main/api/events/hub.ts';
import { healthExample, timelineEventExample } from '../../../../main/contract/api/examples.ts';
import type { EngineEvent } from '../../../../main/contract/events.ts';
import type { Stream } from '../../../../main/contract/streams.ts';
import { fakeStream } from '../../../helpers/fakeApiPorts.ts';
import { createFakeClock } from '../../../helpers/fakeClock.ts';

class FakeSocket extends EventEmitter implements ClientSocket {
  bufferedAmount = 0;
  readonly sent: string[] = [];
  pings = 0;
  end: string | null = null;

  readonly #onGone: (() => void)[] = [];

  send(text: string, onGone: () => void): void {
    this.sent.push(text);
    this.#onGone.push(onGone);
  }
  /** The other side takes everything. */
  read(): void {
    this.bufferedAmount = 0;
    for (const tell of this.#onGone.splice(0)) tell();
  }
  ping(): void {
    this.pings += 1;
  }
  close(code: number): void {
    this.end ??= String(code);
  }
  terminate(): void {
    this.end ??= 'terminated';
  }
  receive(message: unknown): void {
    this.emit('message', Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)), false);
  }
  get types(): string[] {
    return this.sent.map((text) => (JSON.parse(text) as { type: string }).type);
  }
}

function setUp(snapshot: () => Promise<readonly Stream[]> = async () => []) {
  const clock = createFakeClock();
  const invalid = new Set<string>();
  const hub = new EventHub({ clock, snapshot, isTokenValid: (tokenId) => !invalid.has(tokenId) });
  const connect = async (tokenId: string | null = 'tok_1'): Promise<FakeSocket> => {
    const socket = new FakeSocket();
    hub.add(socket, tokenId);
    await clock.advance(0);
    return socket;
  };
  return { clock, hub, connect, invalid };
}

const health = (): EngineEvent => ({ type: 'health', at: 0, streamId: 'str_1', health: healthExample });
const deleted: EngineEvent = { type: 'streamDeleted', at: 0, streamId: 'str_1' };

describe('EventHub', () => {
  it('greets with every stream, then sends what happens, newest last', async () => {
    let release: (streams: Stream[]) => void = () => undefined;
    const { hub, clock } = setUp(() => new Promise((resolve) => (release = resolve)));
    const socket = new FakeSocket();
    hub.add(socket, null);
    hub.publish({
      type: 'streamChanged',
      at: 2,
      streamId: 'str_1',
      stream: fakeStream('str_1', { name: 'newer' }),
    });
    expect(socket.sent).toEqual([]);
    release([fakeStream('str_1', { name: 'older' }), fakeStream('str_2', { name: 'other' })]);
    await clock.advance(0);
    const names = socket.sent.map((text) => (JSON.parse(text) as { stream: Stream }).stream.name);
    expect(names).toEqual(['older', 'other', 'newer']);
  });

  it('greets as fast as it is read, and anew when asked for something else meanwhile', async () => {
    const streams = ['a', 'b', 'c'].map((id) => fakeStream(id, { name: id }));
    const { hub, clock } = setUp(async () => streams);
    const socket = new FakeSocket();
    socket.bufferedAmount = 100 * 1024;
    hub.add(socket, null);
    await clock.advance(0);
    hub.publish(health());
    hub.publish(deleted);
    expect(socket.types).toEqual(['streamChanged']);
    socket.receive({ type: 'subscribe', types: ['streamChanged', 'streamDeleted'] });
    await clock.advance(0);
    expect(socket.types).toEqual(['streamChanged', 'subscribed', 'streamChanged']);
    socket.read();
    await clock.advance(0);
    const rest = ['streamChanged', 'streamChanged', 'streamDeleted'];
    expect(socket.types).toEqual(['streamChanged', 'subscribed', 'streamChanged', ...rest]);
  });

  it('forgets a greeting whose reader leaves in the middle of it', async () => {
    const streams = ['a', 'b'].map((id) => fakeStream(id, { name: id }));
    const { hub, clock } = setUp(async () => streams);
    const socket = new FakeSocket();
    socket.bufferedAmount = 100 * 1024;
    hub.add(socket, null);
    await clock.advance(0);
    socket.emit('close');
    await clock.advance(0);
    expect(socket.types).toEqual(['streamChanged']);
    expect(hub.size).toBe(0);
  });

  it('still sends events when the streams cannot be listed', async () => {
    const { hub, connect } = setUp(async () => Promise.reject(new Error('no')));
    const socket = await connect();
    hub.publish(deleted);
    expect(socket.types).toEqual(['streamDeleted']);
  });

  it('drops a reader that does not read, and leaves out measurements before that', async () => {
    const { hub, connect, clock } = setUp();
    const [slow, quick] = [await connect(), await connect()];
    slow.bufferedAmount = 100 * 1024;
    hub.publish(health());
    hub.publish(deleted);
    expect(slow.types).toEqual(['streamDeleted']);
    slow.bufferedAmount = 1024 * 1024 + 1;
    hub.publish(deleted);
    expect(slow.end).toBe('terminated');
    await clock.advance(1000);
    hub.publish(health());
    expect(quick.types).toEqual(['health', 'streamDeleted', 'streamDeleted', 'health']);
    expect(hub.size).toBe(1);
  });

  it('does not collect without end while a greeting hangs', async () => {
    const { hub, clock } = setUp(() => new Promise(() => undefined));
    const socket = new FakeSocket();
    hub.add(socket, null);
    for (let index = 0; index < 1001; index++) hub.publish(deleted);
    await clock.advance(0);
    expect(socket.end).toBe('terminated');
    expect(hub.size).toBe(0);
  });

  it('ends a client that no longer answers pings', async () => {
    const { connect, clock, hub } = setUp();
    const [dead, alive] = [await connect(), await connect()];
    alive.ping = () => void alive.emit('pong');
    await clock.advance(2 * HEARTBEAT_MS);
    expect(dead.end).toBe('terminated');
    expect(alive.end).toBeNull();
    expect(hub.size).toBe(1);
  });

  it('closes what a revoked or expired token opened, and nothing else', async () => {
    const { hub, connect, clock, invalid } = setUp();
    const [first, second, third] = [await connect('tok_1'), await connect('tok_2'), await connect('tok_3')];
    hub.closeToken('tok_1');
    expect([first.end, second.end, third.end]).toEqual(['1008', null, null]);
    hub.publish(deleted);
    expect(first.sent).toEqual([]);
    invalid.add('tok_2');
    await clock.advance(HEARTBEAT_MS);
    expect([second.end, third.end]).toEqual(['1008', null]);
  });

  it('answers subscribe, unsubscribe and ping', async () => {
    const { hub, connect } = setUp(async () => [fakeStream('str_1', { name: 'x' })]);
    const socket = await connect();
    socket.sent.length = 0;
    socket.receive({ type: 'subscribe', id: 't', types: ['timelineEvent'] });
    socket.receive({ type: 'unsubscribe' });
    socket.receive({ type: 'ping' });
    expect(socket.sent.map((text) => JSON.parse(text) as object)).toMatchObject([
      { type: 'subscribed', subscriptions: ['default', 't'] },
      { type: 'subscribed', subscriptions: ['t'] },
      { type: 'pong' },
    ]);
    await new Promise(setImmediate);
    socket.sent.length = 0;
    hub.publish(deleted);
    hub.publish({ type: 'timelineEvent', at: 0, streamId: 'str_1', event: timelineEventExample });
    expect(socket.types).toEqual(['timelineEvent']);
  });

  it('says what is wrong with a message, nine times', async () => {
    const { connect } = setUp();
    const socket = await connect();
    for (const bad of ['{"type":', 'null', '[]', { type: 'start' }, { type: 'subscribe', types: ['x'] }])
      socket.receive(bad);
    await new Promise(setImmediate);
    expect(
      socket.sent.map((text) => (JSON.parse(text) as { problem: { code: string } }).problem.code),
    ).toEqual(Array.from({ length: 5 }, () => 'request.invalid'));
    for (let index = 0; index < 5; index++) socket.receive('rubbish SECRETx7');
    await new Promise(setImmediate);
    expect(socket.end).toBe('1008');
    expect(socket.sent.join()).not.toContain('SECRET');
  });

  it('refuses binary data, too many subscriptions and too many messages', async () => {
    const { connect, clock } = setUp();
    const [binary, greedy, noisy] = [await connect(), await connect(), await connect()];
    binary.emit('message', Buffer.from([1, 2, 3]), true);
    expect(binary.end).toBe('1003');
    for (let index = 0; index < 1000 && greedy.end === null; index++) {
      greedy.receive({ type: 'subscribe', id: `s${index}` });
      await clock.advance(100);
    }
    expect(greedy.end).toBe('1008');
    for (let index = 0; index < 200; index++) noisy.receive({ type: 'ping' });
    expect(noisy.end).toBe('1008');
  });

  it('says goodbye to everyone, and does not wait long', async () => {
    const { hub, connect, clock } = setUp();
    const socket = await connect();
    hub.close();
    expect(socket.end).toBe('1001');
    await clock.advance(1000);
    expect(hub.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
