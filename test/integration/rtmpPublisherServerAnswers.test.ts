import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../main/lib/clock.ts';
import { nullLogger } from '../../main/lib/logger.ts';
import { Secret } from '../../main/lib/secret.ts';
import { asObject, textOf } from '../../main/media/rtmp/commandMessage.ts';
import {
  userControl,
  userControlEvent,
  windowAcknowledgementSize,
} from '../../main/media/rtmp/protocolControl.ts';
import { messageType } from '../../main/media/rtmp/rtmpMessage.ts';
import { createRtmpPublisher, type RtmpPublisherOptions } from '../../main/media/rtmp/rtmpPublisher.ts';
import { parseRtmpAddress } from '../../main/media/rtmp/rtmpUrl.ts';
import { neverAborted, publisherTo } from '../helpers/rtmpPublishing.ts';
import {
  type Script,
  type ScriptedRtmpServer,
  startScriptedRtmpServer,
} from '../helpers/scriptedRtmpServer.ts';
import { waitFor, within } from '../helpers/waitFor.ts';

const servers: ScriptedRtmpServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function serve(script?: Script): Promise<ScriptedRtmpServer> {
  const server = await startScriptedRtmpServer(script);
  servers.push(server);
  return server;
}

const refuse = (code: string, description: string, more: object = {}) => ({
  level: 'error',
  code,
  description,
  ...more,
});
const rejected = (description: string, more: object = {}) =>
  refuse('NetConnection.Connect.Rejected', description, more);
const connects = (server: ScriptedRtmpServer): string[] =>
  server.commands
    .filter(({ name }) => name === 'connect')
    .map(({ values }) => textOf(asObject(values[0]), 'app'));

/** Answers the nth connect with an `_error`; the rest as usual. */
function refusingConnects(...answers: object[]): Script {
  const left = [...answers];
  return ({ name, transactionId }, peer) => {
    const next = name === 'connect' ? left.shift() : undefined;
    if (next === undefined) return false;
    peer.say('_error', transactionId, null, next as { [name: string]: string });
    return true;
  };
}

describe('a server that asks for user and password', () => {
  const NEED = rejected('[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ');
  const CHALLENGE = rejected(
    '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=me&salt=ab&challenge=cd&opaque=ef',
  );

  it('gets them as a digest, each round on a new connection', async () => {
    const server = await serve(refusingConnects(NEED, CHALLENGE));
    const session = publisherTo(`rtmp://me:SECRETx7@127.0.0.1:${server.port}/live/k`);
    await session.open(neverAborted);
    expect(connects(server)).toEqual([
      'live',
      'live?authmod=adobe&user=me',
      expect.stringMatching(
        /^live\?authmod=adobe&user=me&challenge=[0-9a-f]{8}&response=[A-Za-z0-9+/]{22}==&opaque=ef$/,
      ),
    ]);
    expect(server.peers).toHaveLength(3);
    expect(JSON.stringify(server.commands)).not.toContain('SECRETx7');
    await session.close(1000);
  });

  it.each([
    ['there are none', 'rtmp://127.0.0.1:PORT/live/k', [NEED]],
    [
      'they are wrong',
      'rtmp://me:no@127.0.0.1:PORT/live/k',
      [NEED, CHALLENGE, rejected('[ authmod=adobe ] : ?reason=authfailed')],
    ],
    ['it asks without end', 'rtmp://me:no@127.0.0.1:PORT/live/k', Array(9).fill(CHALLENGE)],
  ])('refuses for good when %s', async (_name, url, answers) => {
    const server = await serve(refusingConnects(...answers));
    const session = publisherTo(url.replace('PORT', String(server.port)));
    await expect(session.open(neverAborted)).rejects.toMatchObject({
      code: 'destination.auth_rejected',
      retryable: false,
    });
    expect(server.peers.length).toBeLessThan(6);
  });
});

describe('a server that sends us elsewhere', () => {
  const to = (url: string): object => rejected('moved', { ex: { code: 302, redirect: url } });

  it('is followed, with the key', async () => {
    const second = await serve();
    const first = await serve(refusingConnects(to(second.url('other/instance'))));
    const session = publisherTo(`${first.url()}/k`);
    await session.open(neverAborted);
    expect(connects(second)).toEqual(['other/instance']);
    expect(second.commands.find(({ name }) => name === 'publish')?.values).toEqual([null, 'k', 'live']);
    expect(first.commands.map(({ name }) => name)).toEqual(['connect']);
    await session.close(1000);
  });

  it('is followed three times and no more', async () => {
    const server: ScriptedRtmpServer = await serve(({ name, transactionId }, peer) => {
      if (name === 'connect')
        peer.say('_error', transactionId, null, rejected('', { ex: { redirect: server.url() } }));
      return name === 'connect';
    });
    const session = publisherTo(`${server.url()}/k`);
    await expect(session.open(neverAborted)).rejects.toMatchObject({
      code: 'destination.redirected',
      retryable: true,
    });
    expect(server.peers).toHaveLength(4);
  });

  it.each(['http://127.0.0.1/live', 'nonsense', 'rtmp://127.0.0.1'])('to %s is not', async (url) => {
    const server = await serve(refusingConnects(to(url)));
    await expect(publisherTo(`${server.url()}/k`).open(neverAborted)).rejects.toMatchObject({
      code: 'destination.protocol',
    });
  });
});

describe('a server that refuses to publish', () => {
  const answering =
    (info: object): Script =>
    ({ name }, peer) => {
      if (name === 'publish') peer.say('onStatus', 0, null, info as { [name: string]: string });
      return name === 'publish';
    };

  it.each([
    ['Already publishing', 'destination.in_use'],
    ['Invalid stream key', 'destination.auth_rejected'],
  ])('with %j is %s', async (description, code) => {
    const server = await serve(answering(refuse('NetStream.Publish.BadName', description)));
    await expect(publisherTo(`${server.url()}/k`).open(neverAborted)).rejects.toMatchObject({ code });
  });

  it('and repeats the key does not make it show', async () => {
    const server = await serve(
      answering(refuse('NetStream.Publish.BadName', 'no stream KEYx7&tok=TOKENy8 or TOKENy8 here')),
    );
    const session = publisherTo(server.url(), 'KEYx7&tok=TOKENy8');
    const error = await session.open(neverAborted).catch((reason: unknown) => reason);
    const shown = JSON.stringify([error, String(error), (error as Error).stack, await session.ended]);
    expect(shown).toContain('no stream [redacted]');
    expect(shown).not.toMatch(/KEYx7|TOKENy8/);
  });

  it.each([
    ['closing', (socket: { end(): void }): void => socket.end()],
    ['resetting', (socket: { resetAndDestroy(): void }): void => socket.resetAndDestroy()],
  ] as const)('by %s is to be tried again', async (_name, act) => {
    const server = await serve(({ name }, peer) => {
      if (name === 'publish') act(peer.socket);
      return name === 'publish';
    });
    await expect(publisherTo(`${server.url()}/k`).open(neverAborted)).rejects.toMatchObject({
      code: 'destination.publish_unanswered',
      retryable: true,
    });
  });

  it('by saying nothing runs into the time-out', async () => {
    const server = await serve(({ name }) => name === 'publish');
    const session = publisherTo(`${server.url()}/k`, undefined, { handshakeTimeoutMs: 200 });
    await expect(session.open(neverAborted)).rejects.toMatchObject({
      code: 'destination.handshake_timeout',
      detail: expect.stringContaining('did not answer to publish'),
    });
  });
});

describe('a live session', () => {
  async function live(options: Partial<RtmpPublisherOptions> = {}) {
    const server = await serve();
    const session = publisherTo(`${server.url()}/k`, undefined, options);
    await session.open(neverAborted);
    const peer = server.peers[0];
    if (peer === undefined) throw new Error('nobody came');
    return { server, session, peer };
  }

  it('answers pings and acknowledges what it receives', async () => {
    const { peer, session } = await live();
    peer.send(windowAcknowledgementSize(10), userControl(userControlEvent.pingRequest, 0xdeadbeef));
    await waitFor(
      () => {
        const { acknowledgement, userControl: control } = messageType;
        const types = peer.messages.filter(({ typeId }) => typeId === acknowledgement || typeId === control);
        return types.length === 2 && types.some(({ payload }) => payload.toString('hex') === '0007deadbeef');
      },
      { what: 'a pong and an acknowledgement' },
    );
    await session.close(1000);
  });

  it('ends when the server asks for a new connection, and hands its address on', async () => {
    const seen: (string | null)[] = [];
    const { peer, session } = await live({ onReconnectRequest: (url) => void seen.push(url) });
    const code = 'NetConnection.Connect.ReconnectRequest';
    peer.say('onStatus', 0, null, { level: 'status', code, tcUrl: 'rtmp://other/live', description: '' });
    const error = await within(session.ended, { what: 'the end' });
    expect(error).toMatchObject({ code: 'destination.redirected', retryable: true });
    expect(seen).toEqual(['rtmp://other/live']);
  });

  it.each([
    ['NetStream.Publish.Denied', 'key revoked', 'destination.auth_rejected'],
    ['NetStream.Publish.Failed', 'ingest restarts', 'destination.disconnected'],
  ])('ends with a typed reason at %s', async (code, description, expected) => {
    const { peer, session } = await live();
    peer.say('onStatus', 0, null, refuse(code, description));
    expect(await within(session.ended, { what: 'the end' })).toMatchObject({ code: expected });
  });

  it('ends when the server takes it off the air and keeps the connection', async () => {
    const { peer, session } = await live();
    const code = 'NetStream.Unpublish.Success';
    peer.say('onStatus', 0, null, { level: 'status', code, description: 'The stream was ended.' });
    const error = await within(session.ended, { what: 'the end' });
    expect(error).toMatchObject({ code: 'destination.disconnected', retryable: true });
  });

  it('ends when the server begins to send rubbish', async () => {
    const { peer, session } = await live();
    peer.socket.write(Buffer.alloc(64, 0xff));
    expect(await within(session.ended, { what: 'the end' })).toMatchObject({ code: 'destination.protocol' });
  });

  it('takes the name back and deletes the stream before it leaves', async () => {
    const { server, session } = await live();
    await session.close(2000);
    expect(server.commands.map(({ name }) => name)).toEqual([
      'connect',
      'releaseStream',
      'FCPublish',
      'createStream',
      'publish',
      'FCUnpublish',
      'deleteStream',
    ]);
  });

  it('goes by what left the socket where the server never acknowledges', async () => {
    const { session } = await live({ bitrateKbps: 500 });
    session.write({ kind: 'data', timestampMs: 0, payload: Buffer.alloc(20_000, 5) });
    await waitFor(() => session.progress().bytesConfirmed > 20_000, { what: 'the bytes to leave' });
    await session.close(1000);
  });
});

it('the password is no part of what a publisher shows', () => {
  const { target } = parseRtmpAddress({ url: 'rtmp://me:SECRETx7@h/live', key: 'KEYx7' });
  const session = createRtmpPublisher({
    target,
    key: new Secret('KEYx7'),
    clock: systemClock,
    logger: nullLogger,
  });
  expect(JSON.stringify([target, session])).not.toMatch(/SECRETx7|KEYx7/);
});
