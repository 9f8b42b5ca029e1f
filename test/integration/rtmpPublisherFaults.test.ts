import { afterEach, expect, it } from 'vitest';
import type { SessionProgress } from '../../main/media/outputs/outputSession.ts';
import type { RtmpPublisherOptions } from '../../main/media/rtmp/rtmpPublisher.ts';
import {
  refusingPort,
  startBlackhole,
  startGarbagePeer,
  startMutePeer,
  startResettingPeer,
} from '../helpers/faultyPeers.ts';
import { type LeakCheck, takeInventory } from '../helpers/leakCheck.ts';
import { startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { neverAborted, publisherTo } from '../helpers/rtmpPublishing.ts';
import { within } from '../helpers/waitFor.ts';

const leaks: LeakCheck = takeInventory();
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  await leaks.expectNothingLeft();
});

function using<Peer extends { stop(): Promise<void> }>(peer: Peer): Peer {
  cleanUps.push(() => peer.stop());
  return peer;
}

/** Opens and expects the refusal; the session must be over with the same error, and idle. */
async function expectRefused(
  url: string,
  expected: object,
  options: Partial<RtmpPublisherOptions> = {},
): Promise<void> {
  const session = publisherTo(url, undefined, options);
  await expect(session.open(neverAborted)).rejects.toMatchObject(expected);
  expect(await session.ended).toMatchObject(expected);
  expect(session.progress()).toEqual<SessionProgress>({
    bytesSent: 0,
    bytesConfirmed: 0,
    bytesPending: 0,
    rttMs: null,
  });
  await session.close(1000);
}

const toPort = (port: number): string => `rtmp://127.0.0.1:${port}/live/SECRETx7`;

it('a port where nobody listens', async () => {
  await expectRefused(toPort(await refusingPort()), { code: 'destination.refused', retryable: true });
});

it('a name that nobody has', async () => {
  await expectRefused('rtmp://no-such-host.invalid/live/k', {
    code: 'destination.name_not_found',
    retryable: true,
  });
});

it('a firewall that drops', async () => {
  const peer = using(await startBlackhole());
  await expectRefused(toPort(peer.port), { code: 'destination.connect_timeout' }, { connectTimeoutMs: 300 });
});

it('a server that accepts and never answers', async () => {
  const peer = using(await startMutePeer());
  await expectRefused(
    toPort(peer.port),
    { code: 'destination.handshake_timeout' },
    { handshakeTimeoutMs: 300 },
  );
});

it('a server that accepts and never answers, under TLS', async () => {
  const peer = using(await startMutePeer());
  const url = `rtmps://127.0.0.1:${peer.port}/live/k`;
  await expectRefused(url, { code: 'destination.handshake_timeout' }, { handshakeTimeoutMs: 300 });
});

it('a server that resets', async () => {
  const peer = using(await startResettingPeer({ afterBytes: 100 }));
  await expectRefused(toPort(peer.port), { code: 'destination.disconnected', retryable: true });
});

it('a server that sends noise', async () => {
  const peer = using(await startGarbagePeer());
  await expectRefused(toPort(peer.port), { code: 'destination.protocol' });
});

it('a web server', async () => {
  const peer = using(await startGarbagePeer({ answer: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') }));
  const detail = 'the other side speaks HTTP, not RTMP';
  await expectRefused(toPort(peer.port), { code: 'destination.protocol', detail });
});

it('noise behind a good handshake', async () => {
  const handshake = Buffer.concat([Buffer.from([3]), Buffer.alloc(2 * 1536)]);
  const peer = using(await startGarbagePeer({ answer: Buffer.concat([handshake, Buffer.alloc(100, 0xff)]) }));
  await expectRefused(toPort(peer.port), { code: 'destination.protocol' });
});

it('a certificate where the server speaks something else than TLS', async () => {
  const peer = using(await startGarbagePeer({ answer: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') }));
  await expectRefused(`rtmps://127.0.0.1:${peer.port}/live/k`, { code: 'destination.protocol' });
});

it('nginx-rtmp refusing the key closes without a word, which may be tried again', async () => {
  const server = using(await startNginxRtmp({ onPublish: 'refuse' }));
  await expectRefused(server.url('live', 'wrong'), {
    code: 'destination.publish_unanswered',
    retryable: true,
  });
});

it('an application that nginx-rtmp does not have', async () => {
  const server = using(await startNginxRtmp({ applications: ['live'] }));
  const session = publisherTo(server.url('nothere', 'k'));
  await expect(session.open(neverAborted)).rejects.toMatchObject({
    code: expect.stringMatching(/^destination\.(publish_rejected|disconnected)$/),
  });
});

it('a key under which somebody publishes to nginx-rtmp already', async () => {
  const server = using(await startNginxRtmp());
  const first = publisherTo(server.url('live', 'taken'));
  await first.open(neverAborted);
  await expectRefused(server.url('live', 'taken'), { code: 'destination.in_use', retryable: true });
  await first.close(2000);
});

it('a publisher that an operator drops ends with a reason that may be tried again', async () => {
  const server = using(await startNginxRtmp());
  const session = publisherTo(server.url('live', 'dropped'));
  await session.open(neverAborted);
  await server.dropPublisher('live', 'dropped');
  const error = await within(session.ended, { what: 'the end of the session' });
  expect(error).toMatchObject({ code: 'destination.disconnected', retryable: true });
  expect(session.progress().bytesPending).toBe(0);
});

it('a server that is killed', async () => {
  const server = using(await startNginxRtmp());
  const session = publisherTo(server.url('live', 'killed'));
  await session.open(neverAborted);
  await server.kill9();
  expect(await within(session.ended, { what: 'the end of the session' })).toMatchObject({ retryable: true });
  await session.close(1000);
});
