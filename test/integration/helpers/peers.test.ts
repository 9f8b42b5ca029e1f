import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type PeerProcess, runTool, startPeer } from '../../helpers/childProcess.ts';
import { startFaultProxy } from '../../helpers/faultProxy.ts';
import { startBlackhole } from '../../helpers/faultyPeers.ts';
import { startFfmpegListen, startSrtListener } from '../../helpers/ffmpegListen.ts';
import { fixture } from '../../helpers/fixtures.ts';
import { isListening } from '../../helpers/freePort.ts';
import { takeInventory } from '../../helpers/leakCheck.ts';
import { compare, continuity, packets } from '../../helpers/mediaPackets.ts';
import { startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { startNodeMediaServer } from '../../helpers/nodeMediaServer.ts';
import { startStunnel } from '../../helpers/stunnel.ts';
import { waitFor } from '../../helpers/waitFor.ts';

/** Sends the first four seconds of a fixture as fast as it goes. */
async function send(url: string): Promise<void> {
  const input = ['-nostdin', '-v', 'error', '-i', await fixture('ok.flv'), '-t', '4'];
  await runTool('ffmpeg', [...input, '-c', 'copy', '-f', 'flv', url]);
}

async function sendLive(url: string, format = 'flv'): Promise<PeerProcess> {
  const input = ['-nostdin', '-v', 'error', '-re', '-i', await fixture('ok.flv')];
  const sender = await startPeer({ command: 'ffmpeg', args: [...input, '-c', 'copy', '-f', format, url] });
  onTestFinished(() => sender.stop());
  return sender;
}

test('nginx-rtmp tells who published with which arguments, and records every packet', async () => {
  const server = await startNginxRtmp();
  onTestFinished(() => server.stop());
  await send(server.url('live', 'key?token=a%20b&x=1'));
  expect(server.published()).toMatchObject([{ app: 'live', name: 'key', args: 'token=a%20b&x=1' }]);
  const [recording] = server.recordings('key');
  const sent = await packets(await fixture('ok.mp4'));
  const received = await packets(recording ?? '');
  expect(compare(sent.video, received.video)).toMatchObject({
    missingAtStart: 0,
    missingInside: 0,
    extra: 0,
  });
  expect(continuity(received.video)).toMatchObject({ count: 100, backwards: 0, startsWithKey: true });
});

test('nginx-rtmp can refuse, freeze, die and come back on its port', async () => {
  const server = await startNginxRtmp({
    onPublish: (publish) => (publish.name === 'good' ? 'accept' : 'refuse'),
  });
  onTestFinished(() => server.stop());
  await expect(send(server.url('live', 'bad'))).rejects.toThrow();
  await sendLive(server.url('live', 'good'));
  const bytes = async (): Promise<number> =>
    (await server.stat()).find((stream) => stream.name === 'good')?.bytesIn ?? 0;
  await waitFor(bytes, { what: 'nginx to receive' });
  server.freeze();
  const pid = server.pid;
  server.thaw();
  const before = await bytes();
  await waitFor(async () => (await bytes()) > before, { what: 'nginx to go on after the thaw' });
  await server.kill9();
  expect(await isListening(server.port)).toBe(false);
  await server.restart();
  expect(await isListening(server.port)).toBe(true);
  expect(server.pid).not.toBe(pid);
});

test('node-media-server behind stunnel takes RTMPS and records', async () => {
  const server = await startNodeMediaServer();
  onTestFinished(() => server.stop());
  const tls = await startStunnel(server.port);
  onTestFinished(() => tls.stop());
  await send(`rtmps://127.0.0.1:${tls.port}/live/key?a=1`);
  await waitFor(() => server.published().length > 0, { what: 'node-media-server to report the publish' });
  expect(server.published()).toMatchObject([{ app: 'live', name: 'key', query: { a: '1' } }]);
  const [recording] = server.recordings();
  expect((await packets(recording ?? '')).video.length).toBeGreaterThan(0);
});

test('ffmpeg listeners write what came over RTMP and encrypted SRT', async () => {
  const rtmp = await startFfmpegListen();
  onTestFinished(() => rtmp.stop());
  await send(rtmp.url);
  expect(await rtmp.exited).toEqual({ code: 0, signal: null });
  expect(continuity((await packets(rtmp.file)).video)).toMatchObject({ count: 100, backwards: 0 });

  const srt = await startSrtListener({ passphrase: 'tencharacters' });
  onTestFinished(() => srt.stop());
  await sendLive(`${srt.url}?passphrase=tencharacters`, 'mpegts');
  await waitFor(async () => (await packets(srt.file)).video.length > 20, { what: 'pictures over SRT' });
});

async function startEcho(): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Sends so many bytes, counts what comes back, and tells how it ended. */
async function roundTrip(port: number, bytes: number): Promise<{ end: string; received: number }> {
  const socket = connect({ host: '127.0.0.1', port });
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
  });
  const end = new Promise<string>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    socket.on('end', () => resolve('end'));
  });
  socket.end(Buffer.alloc(bytes, 1));
  return { end: await end, received };
}

test('the fault proxy forwards, stalls with open sockets, releases, resets and refuses', async () => {
  const proxy = await startFaultProxy({ targetPort: await startEcho() });
  onTestFinished(() => proxy.stop());
  expect(await roundTrip(proxy.port, 3_000_000)).toEqual({ end: 'end', received: 3_000_000 });

  proxy.stall();
  const stalled = roundTrip(proxy.port, 100_000);
  await waitFor(() => proxy.openConnections === 1, { what: 'the stalled connection' });
  expect(proxy.bytesForwarded).toBe(3_000_000);
  proxy.release();
  expect(await stalled).toEqual({ end: 'end', received: 100_000 });

  proxy.stall();
  const broken = roundTrip(proxy.port, 100_000);
  await waitFor(() => proxy.openConnections === 1, { what: 'the connection to break' });
  proxy.reset();
  expect(await broken).toEqual({ end: 'ECONNRESET', received: 0 });
  proxy.release();

  await proxy.refuse();
  expect(await roundTrip(proxy.port, 10)).toEqual({ end: 'ECONNREFUSED', received: 0 });
  await proxy.accept();
  expect(await roundTrip(proxy.port, 10)).toEqual({ end: 'end', received: 10 });
});

test('the fault proxy resets and stalls a connection after so many bytes', async () => {
  const targetPort = await startEcho();
  const resetting = await startFaultProxy({ targetPort, resetAfterBytes: 50_000 });
  onTestFinished(() => resetting.stop());
  expect((await roundTrip(resetting.port, 100_000)).end).toBe('ECONNRESET');
  const stalling = await startFaultProxy({ targetPort, stallAfterBytes: 50_000 });
  onTestFinished(() => stalling.stop());
  const stalled = roundTrip(stalling.port, 200_000);
  await waitFor(() => stalling.openConnections === 1, { what: 'the connection' });
  stalling.release();
  expect(await stalled).toEqual({ end: 'end', received: 200_000 });
});

test('the blackhole neither accepts nor refuses', async () => {
  const hole = await startBlackhole();
  onTestFinished(() => hole.stop());
  const refusing = await roundTrip(1, 0);
  const socket = connect({ host: '127.0.0.1', port: hole.port });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  // By the time two other connections have come to an end this one would have been answered too.
  await roundTrip(1, 0);
  expect({ refusing: refusing.end, connecting: socket.connecting }).toEqual({
    refusing: 'ECONNREFUSED',
    connecting: true,
  });
});

test('a fixture asked for by many at once is made once and whole', async () => {
  const paths = await Promise.all(Array.from({ length: 5 }, () => fixture('wrap33.ts')));
  expect(new Set(paths).size).toBe(1);
  expect((await packets(paths[0] ?? '')).video.length).toBe(500);
});

test('the leak check names a process and a socket that stayed, and is content when they are gone', async () => {
  const leaks = takeInventory();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const child = await startPeer({ command: 'sleep', args: ['600'] });
  await expect(leaks.expectNothingLeft(50)).rejects.toThrow(/process \d+ \(sleep 600\).*socket/);
  server.close();
  await child.stop();
  await leaks.expectNothingLeft();
  expect(existsSync(`/proc/${child.pid}`)).toBe(false);
});
