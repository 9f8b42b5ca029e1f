import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../../main/lib/secret.ts';
import { Amf0EcmaArray, encodeAmf0 } from '../../../main/media/rtmp/amf0.ts';
import { createClientHandshake } from '../../../main/media/rtmp/handshake.ts';
import type { RtmpIngestOptions } from '../../../main/media/rtmp/ingest/rtmpIngest.ts';
import {
  parseProtocolControl,
  userControl,
  userControlEvent,
  windowAcknowledgementSize,
} from '../../../main/media/rtmp/protocolControl.ts';
import { messageType, type RtmpMessage } from '../../../main/media/rtmp/rtmpMessage.ts';
import { createFakeClock } from '../../helpers/fakeClock.ts';
import { startTestIngest, type TestIngest } from '../../helpers/ingestSlots.ts';
import { takeInventory } from '../../helpers/leakCheck.ts';
import { RtmpProbe } from '../../helpers/rtmpProbe.ts';
import { waitFor } from '../../helpers/waitFor.ts';

async function start(options: Partial<RtmpIngestOptions> = {}): Promise<TestIngest> {
  const server = await startTestIngest(options);
  onTestFinished(() => server.stop());
  return server;
}

async function connected(server: TestIngest, app?: string): Promise<RtmpProbe> {
  const probe = await RtmpProbe.connected(server.port, app);
  onTestFinished(() => probe.close());
  return probe;
}

async function opened(server: TestIngest): Promise<RtmpProbe> {
  const probe = await RtmpProbe.open(server.port);
  onTestFinished(() => probe.close());
  return probe;
}

function closed(probe: RtmpProbe): Promise<true> {
  return waitFor(() => probe.isClosed, { what: 'the server to close the connection' });
}

function video(timestampMs: number, payload: Buffer): RtmpMessage {
  return { chunkStreamId: 6, typeId: messageType.video, streamId: 1, timestampMs, payload };
}

const avcKey = Buffer.from([0x17, 1, 0, 0, 0, 0x65]);

test('every call of an encoder is answered as servers do, and publishing can end and begin again', async () => {
  const server = await start();
  const slot = server.slot('key');
  const probe = await connected(server);
  expect(await probe.call('releaseStream', null, 'key')).toMatchObject({ name: '_result' });
  expect(await probe.call('FCPublish', null, 'key')).toMatchObject({ name: '_result' });
  expect(await probe.call('_checkbw', null)).toMatchObject({ name: '_result' });
  expect(await probe.call('getStreamLength', null, 'key')).toMatchObject({
    name: '_result',
    values: [null, 0],
  });
  expect(await probe.call('noSuchCall', null)).toMatchObject({ name: '_error' });
  expect(await probe.call('createStream', null)).toMatchObject({ name: '_result', values: [null, 1] });

  probe.tell(1, 'publish', null, 'key', 'live');
  await waitFor(() => probe.statusCodes.includes('NetStream.Publish.Start'), {
    what: 'the publish to be accepted',
  });
  probe.send(video(0, avcKey));
  await waitFor(() => slot.last?.tags.length, { what: 'the picture' });
  probe.tell(1, 'deleteStream', null, 1);
  await waitFor(() => probe.statusCodes.includes('NetStream.Unpublish.Success'), { what: 'the end' });
  probe.send(video(40, avcKey));
  expect(await probe.publish('key')).toBe('NetStream.Publish.Start');
  expect(slot.publications.map(({ tags, endReason }) => [tags.length, endReason])).toEqual([
    [1, 'unpublished'],
    [0, null],
  ]);
  expect(probe.isClosed).toBe(false);
});

test('playing is refused politely, pings are answered', async () => {
  const server = await start();
  const probe = await connected(server);
  probe.tell(1, 'play', null, 'key');
  await waitFor(() => probe.statusCodes.includes('NetStream.Play.StreamNotFound'), { what: 'the refusal' });
  probe.send(userControl(userControlEvent.pingRequest, 0x01020304));
  const pong = await waitFor(
    () =>
      probe.messages
        .map(parseProtocolControl)
        .find(
          (control) => control?.kind === 'userControl' && control.event === userControlEvent.pingResponse,
        ),
    { what: 'the pong' },
  );
  expect(pong).toMatchObject({ data: Buffer.from([1, 2, 3, 4]) });
});

test('the publisher gets an acknowledgement for each window it asked for', async () => {
  const server = await start();
  server.slot('key');
  const probe = await connected(server);
  await probe.publish('key');
  probe.send(windowAcknowledgementSize(20_000));
  for (let index = 0; index < 10; index++) probe.send(video(index * 40, Buffer.alloc(10_000, 0x27)));
  const sequences = (): number[] =>
    probe.messages
      .map(parseProtocolControl)
      .flatMap((control) => (control?.kind === 'acknowledgement' ? [control.sequence] : []));
  await waitFor(() => sequences().length >= 5, { what: 'five acknowledgements' });
  const steps = sequences().map((sequence, index, all) => sequence - (all[index - 1] ?? 0));
  expect(steps).toEqual([20_000, 20_000, 20_000, 20_000, 20_000]);
});

test('metadata and Enhanced RTMP pictures reach the consumer as they are', async () => {
  const server = await start();
  const slot = server.slot('key');
  const probe = await connected(server);
  await probe.publish('key');
  const script = encodeAmf0('onMetaData', new Amf0EcmaArray({ width: 1920, videocodecid: 'hvc1' }));
  probe.send({
    chunkStreamId: 5,
    typeId: messageType.data,
    streamId: 1,
    timestampMs: 0,
    payload: Buffer.concat([encodeAmf0('@setDataFrame'), script]),
  });
  const hevcHeader = Buffer.concat([Buffer.from([0x90]), Buffer.from('hvc1'), Buffer.from([1, 2, 3])]);
  const av1Key = Buffer.concat([Buffer.from([0x91]), Buffer.from('av01'), Buffer.from([4, 5, 6])]);
  probe.send(video(0, hevcHeader), video(40, av1Key));
  await waitFor(() => slot.last?.tags.length === 3, { what: 'three tags' });
  expect(slot.last?.tags).toEqual([
    { kind: 'data', timestampMs: 0, payload: script },
    { kind: 'video', codec: 'hevc', frame: 'header', compositionMs: 0, timestampMs: 0, payload: hevcHeader },
    { kind: 'video', codec: 'av1', frame: 'key', compositionMs: 0, timestampMs: 40, payload: av1Key },
  ]);
  expect(slot.last?.publisher).toMatchObject({
    encoder: 'probe',
    address: '127.0.0.1',
    metadata: { width: 1920 },
  });
});

test.each([
  ['live', 'wrong'],
  ['live', ''],
  ['live', '../../x'],
  ['live/../..', 'x'],
  ['../../etc', 'key'],
  ['other', 'key'],
])('publishing to %s with the key "%s" is refused and the connection closed', async (app, key) => {
  const server = await start();
  server.slot('key');
  const probe = await connected(server, app);
  expect(await probe.publish(key)).toBe('NetStream.Publish.Denied');
  await closed(probe);
  expect(server.ingest.publishers()).toEqual([]);
});

test('repeated wrong keys are answered later and later, a right one never', async () => {
  const clock = createFakeClock();
  const server = await start({ clock });
  server.slot('key');
  for (let attempt = 0; attempt < 3; attempt++) {
    const probe = await connected(server);
    expect(await probe.publish('wrong')).toBe('NetStream.Publish.Denied');
  }
  const slowed = await connected(server);
  const answer = slowed.publish('wrong');
  await waitFor(() => server.log.filter((record) => record.fields.delayMs === 500).length === 1, {
    what: 'the fourth refusal',
  });
  await clock.advance(499);
  expect(await (await connected(server)).publish('key')).toBe('NetStream.Publish.Start');
  expect(slowed.statusCodes).toEqual([]);
  await clock.advance(1);
  expect(await answer).toBe('NetStream.Publish.Denied');
});

test.each([
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['TLS', Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc])],
  ['noise', Buffer.alloc(5_000, 0xee)],
])('%s instead of a handshake ends that connection alone', async (_name, bytes) => {
  const server = await start();
  const slot = server.slot('key');
  const good = await connected(server);
  await good.publish('key');
  const bad = await opened(server);
  bad.socket.resume();
  bad.socket.write(bytes);
  await closed(bad);
  good.send(video(0, avcKey));
  await waitFor(() => slot.last?.tags.length, { what: 'the good publisher to go on' });
});

test('rubbish after a good start ends that publisher and is told to its consumer', async () => {
  const server = await start();
  const slot = server.slot('key');
  const probe = await connected(server);
  await probe.publish('key');
  probe.socket.write(Buffer.alloc(2_000, 0xee));
  await closed(probe);
  expect(slot.last?.endReason).toBe('protocol_error');
});

test('a handshake in single bytes, and a connection that never publishes, run into their time limits', async () => {
  const clock = createFakeClock();
  const server = await start({ clock });
  const slow = await opened(server);
  const { hello } = createClientHandshake();
  slow.socket.resume();
  for (let second = 0; second < 9; second++) {
    slow.socket.write(hello.subarray(second, second + 1));
    await clock.advance(1_000);
  }
  expect(slow.isClosed).toBe(false);
  const idle = await connected(server);
  await clock.advance(1_000);
  await closed(slow);
  await clock.advance(28_999);
  expect(idle.isClosed).toBe(false);
  await clock.advance(1);
  await closed(idle);
});

test('a claim of 16 MB before publishing is not waited for', async () => {
  const server = await start();
  const probe = await connected(server);
  const header = Buffer.from([4, 0, 0, 0, 0xff, 0xff, 0xff, messageType.video, 1, 0, 0, 0]);
  probe.socket.write(Buffer.concat([header, Buffer.alloc(128)]));
  for (let sent = 0; sent < 300_000 && !probe.isClosed; sent += 129) {
    probe.socket.write(Buffer.concat([Buffer.from([0xc4]), Buffer.alloc(128)]));
  }
  await closed(probe);
  expect(server.log.at(-1)).toMatchObject({ fields: { why: 'it sent too much before it published' } });
});

test('who asks without end and never reads the answers is cut off', async () => {
  const server = await start();
  server.slot('key');
  const probe = await connected(server);
  await probe.publish('key');
  probe.socket.pause();
  const ping = userControl(userControlEvent.pingRequest, 1);
  const burst = Array.from({ length: 5_000 }, () => ping);
  const pump = (): void => {
    if (probe.socket.destroyed) return;
    probe.send(...burst);
    setImmediate(pump);
  };
  pump();
  await waitFor(() => server.log.some((record) => record.fields.why === 'it does not read our answers'), {
    what: 'the server to give up',
  });
  probe.close();
});

test('fifty connections publish at the same time, each into its own slot', async () => {
  const server = await start();
  const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);
  const slots = keys.map((key) => server.slot(key));
  const probes = await Promise.all(keys.map(() => connected(server)));
  const answers = await Promise.all(probes.map((probe, index) => probe.publish(keys[index] ?? '')));
  expect(new Set(answers)).toEqual(new Set(['NetStream.Publish.Start']));
  probes.forEach((probe, index) => {
    probe.send(video(index, avcKey));
  });
  await waitFor(() => slots.every((slot) => slot.last?.tags.length === 1), { what: 'a picture from each' });
  expect(slots.map((slot) => slot.last?.tags[0]?.timestampMs)).toEqual(keys.map((_, index) => index));
  expect(server.ingest.publishers().length).toBe(50);
});

test('more connections than allowed are closed as they come, and room is made when one leaves', async () => {
  const server = await start({ maxConnectionsPerAddress: 2 });
  const first = await connected(server);
  await connected(server);
  await expect(RtmpProbe.connected(server.port)).rejects.toThrow('closed the connection');
  first.close();
  await waitFor(() => connected(server), { what: 'room for another connection' });
  expect(server.log.some((record) => record.message === 'ingest has too many connections')).toBe(true);
});

test('a second publisher is refused while the first one sends, and takes over once it has been silent', async () => {
  const clock = createFakeClock();
  const server = await start({ clock });
  const slot = server.slot('key');
  const first = await connected(server);
  await first.publish('key');
  await clock.advance(4_000);
  first.send(video(0, avcKey));
  await waitFor(() => slot.last?.tags.length === 1, { what: 'the picture' });
  await clock.advance(5_000);

  const second = await connected(server);
  expect(await second.publish('key')).toBe('NetStream.Publish.BadName');

  await clock.advance(1);
  const third = await connected(server);
  expect(await third.publish('key')).toBe('NetStream.Publish.Start');
  await closed(first);
  expect(slot.publications.map((publication) => publication.endReason)).toEqual(['replaced', null]);
  expect(server.ingest.publishers().length).toBe(1);
});

test('silence is reported at 5 s and at 30 s, once each, and again after a return', async () => {
  const clock = createFakeClock();
  const server = await start({ clock });
  const slot = server.slot('key');
  const probe = await connected(server);
  await probe.publish('key');
  await clock.advance(4_999);
  expect(slot.last?.silences).toEqual([]);
  await clock.advance(120_000);
  expect(slot.last?.silences).toEqual([5_000, 30_000]);
  expect(server.ingest.publishers()[0]?.silentMs).toBe(124_999);
  probe.send(video(0, avcKey));
  await waitFor(() => slot.last?.tags.length === 1, { what: 'the return' });
  expect(slot.last?.publisher.silentMs).toBe(0);
  await clock.advance(6_000);
  expect(slot.last?.silences).toEqual([5_000, 30_000, 5_000]);
});

test('the system itself asks after a silent publisher, so that a machine that is gone is noticed', async () => {
  const server = await start();
  server.slot('key');
  const probe = await connected(server);
  await probe.publish('key');
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
  const ends = [`0100007F:${hex(server.port)}`, `0100007F:${hex(probe.socket.localPort ?? 0)}`];
  // Column six of the kernel's table begins with the timer that runs: 02 is keep-alive; 01 while data is under way.
  const timer = (): string | undefined =>
    readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .find((fields) => fields[1] === ends[0] && fields[2] === ends[1])?.[5];
  await waitFor(() => timer()?.startsWith('02:'), { what: 'the keep-alive timer' });
});

test('a consumer that throws costs its own publisher the connection and nobody else', async () => {
  const server = await start();
  const slot = server.slot('good');
  const { keys } = server;
  keys.add(new Secret('broken'), {
    id: 'broken',
    accept: () => ({
      push: () => {
        throw new Error('consumer is broken');
      },
      end: () => undefined,
    }),
  });
  const [good, broken] = [await connected(server), await connected(server)];
  await good.publish('good');
  await broken.publish('broken');
  broken.send(video(0, avcKey));
  await closed(broken);
  good.send(video(0, avcKey));
  await waitFor(() => slot.last?.tags.length, { what: 'the other publisher to go on' });
  expect(server.log.filter((record) => record.level === 'error').length).toBe(1);
});

test('dropping a publisher and closing the ingest end what is there and leave nothing behind', async () => {
  const leaks = takeInventory();
  const server = await startTestIngest();
  const [dropped, kept] = [server.slot('dropped'), server.slot('kept')];
  const probes = [await RtmpProbe.connected(server.port), await RtmpProbe.connected(server.port)] as const;
  await probes[0].publish('dropped');
  await probes[1].publish('kept');
  server.ingest.drop(dropped.id);
  await closed(probes[0]);
  expect([dropped.last?.endReason, kept.last?.endReason]).toEqual(['dropped', null]);
  await server.stop();
  await closed(probes[1]);
  expect(kept.last?.endReason).toBe('closed');
  for (const probe of probes) probe.close();
  await leaks.expectNothingLeft();
});

test('no key reaches the log, whether right, wrong or in the wrong place', async () => {
  const server = await start();
  server.slot('SECRETx7&tok=SECRETy8');
  const good = await connected(server);
  await good.publish('SECRETx7&tok=SECRETy8');
  const wrong = await connected(server);
  await wrong.publish('SECRETz9');
  const misplaced = await connected(server, 'SECRETapp/live');
  await misplaced.publish('SECRETz9');
  good.socket.write(Buffer.alloc(2_000, 0xee));
  await closed(good);
  expect(server.log.length).toBeGreaterThan(3);
  expect(JSON.stringify(server.log)).not.toContain('SECRET');
});

test('a port that is taken is reported as such', async () => {
  const server = await start();
  await expect(startTestIngest({ port: server.port })).rejects.toMatchObject({ code: 'engine.port_in_use' });
});
