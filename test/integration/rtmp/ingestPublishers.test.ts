import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../main/lib/clock.ts';
import { nullLogger } from '../../../main/lib/logger.ts';
import { FlvReader } from '../../../main/media/flv/flvReader.ts';
import type { MediaTag } from '../../../main/media/flv/mediaTag.ts';
import type { RtmpIngestOptions } from '../../../main/media/rtmp/ingest/rtmpIngest.ts';
import { createRtmpPublisher } from '../../../main/media/rtmp/rtmpPublisher.ts';
import { parseRtmpAddress } from '../../../main/media/rtmp/rtmpUrl.ts';
import { type PeerProcess, startPeer } from '../../helpers/childProcess.ts';
import { createFakeClock } from '../../helpers/fakeClock.ts';
import { startFaultProxy } from '../../helpers/faultProxy.ts';
import type { FixtureName } from '../../helpers/fixtureRecipes.ts';
import { fixture } from '../../helpers/fixtures.ts';
import { type KeepingSlot, startTestIngest, type TestIngest } from '../../helpers/ingestSlots.ts';
import { compare, continuity, packets, packetsOfTags } from '../../helpers/mediaPackets.ts';
import { startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { waitFor } from '../../helpers/waitFor.ts';

async function start(options: Partial<RtmpIngestOptions> = {}): Promise<TestIngest> {
  const server = await startTestIngest(options);
  onTestFinished(() => server.stop());
  return server;
}

interface Publishing {
  readonly file?: FixtureName;
  /** In real time instead of as fast as it goes. */
  readonly isLive?: boolean;
  /** Given apart from the URL, as it must be when it holds blanks or slashes. */
  readonly key?: string;
}

async function publish(url: string, options: Publishing = {}): Promise<PeerProcess> {
  const file = await fixture(options.file ?? 'ok.flv');
  const pace = options.isLive === true ? ['-re'] : [];
  const key = options.key === undefined ? [] : ['-rtmp_app', 'live', '-rtmp_playpath', options.key];
  const args = ['-nostdin', '-v', 'error', ...pace, '-i', file, '-c', 'copy', '-f', 'flv', ...key, url];
  const publisher = await startPeer({ command: 'ffmpeg', args });
  onTestFinished(() => publisher.stop());
  return publisher;
}

function mediaOf(slot: KeepingSlot, publication = slot.publications.length - 1): MediaTag[] {
  return (slot.publications[publication]?.tags ?? []).filter((tag) => tag.kind !== 'data');
}

/** Waits until the slot's newest publication has so many sounds and pictures. */
function received(slot: KeepingSlot, count: number): Promise<unknown> {
  return waitFor(() => mediaOf(slot).length >= count, {
    what: `${count} tags in ${slot.id}`,
    timeoutMs: 20_000,
  });
}

/** What was in flight has arrived once nothing came between two looks. */
async function quiet(slot: KeepingSlot): Promise<void> {
  let seen = -1;
  const isQuiet = (): boolean => {
    const before = seen;
    seen = mediaOf(slot).length;
    return seen === before;
  };
  await waitFor(isQuiet, { what: 'the last tags', intervalMs: 200 });
}

/** Fails unless the publication has every packet of the file, in order. */
async function expectWhole(slot: KeepingSlot, file: FixtureName): Promise<void> {
  const [sent, got] = [await packets(await fixture(file)), packetsOfTags(mediaOf(slot))];
  const whole = { missingAtStart: 0, missingInside: 0, missingAtEnd: 0, extra: 0, missingAtMs: [] };
  expect(compare(sent.video, got.video)).toEqual(whole);
  expect(compare(sent.audio, got.audio)).toEqual(whole);
  expect(continuity(got.video)).toMatchObject({ backwards: 0, startsWithKey: true });
}

test('three ffmpeg publish at once and every packet of each arrives in its own slot', async () => {
  const server = await start();
  const files = ['ok.mp4', 'sync.mp4', 'hugegop.mp4'] as const;
  const slots = files.map((_, index) => server.slot(`key-${index}`));
  const publishers = await Promise.all(
    files.map((file, index) => publish(server.url(`key-${index}`), { file })),
  );
  const exits = await Promise.all(publishers.map((publisher) => publisher.exited));
  expect(exits.map((exit) => exit.code)).toEqual([0, 0, 0]);
  await waitFor(() => slots.every((slot) => slot.last?.endReason === 'unpublished'), { what: 'the ends' });
  for (const [index, slot] of slots.entries()) await expectWhole(slot, files[index] ?? 'ok.mp4');
  expect(slots[0]?.last?.publisher.metadata).toMatchObject({ width: 640, height: 360, videocodecid: 7 });
});

test.each(['a b', 'a/b?token=x%20y&z=1', "it's;|#%", 'ключ-🎥'])(
  'ffmpeg publishes under the key %s',
  async (key) => {
    const server = await start();
    const slot = server.slot(key);
    const publisher = await publish(`rtmp://127.0.0.1:${server.port}`, { key });
    expect(await publisher.exited, publisher.output()).toMatchObject({ code: 0 });
    await waitFor(() => slot.last?.endReason === 'unpublished', { what: 'the end' });
    await expectWhole(slot, 'ok.mp4');
  },
);

test('ffmpeg with a wrong key is told why', async () => {
  const server = await start();
  server.slot('right');
  const publisher = await publish(server.url('wrong'));
  expect((await publisher.exited).code).not.toBe(0);
  expect(publisher.output()).toContain('Unknown stream key');
});

test('a publisher that was killed frees its slot at once and returns with its clock at 0', async () => {
  const server = await start();
  const slot = server.slot('key');
  const first = await publish(server.url('key'), { isLive: true });
  await received(slot, 50);
  first.signal('SIGKILL');
  await waitFor(() => slot.last?.endReason === 'disconnected', { what: 'the end of the killed publisher' });
  await publish(server.url('key'), { isLive: true });
  await waitFor(() => slot.publications.length === 2, { what: 'the return' });
  await received(slot, 20);
  const returned = mediaOf(slot);
  expect(returned.slice(0, 2).map((tag) => tag.kind !== 'data' && tag.frame)).toEqual(['header', 'header']);
  expect(returned.find((tag) => tag.kind === 'video' && tag.frame === 'key')?.timestampMs).toBeLessThan(100);
});

test('a publisher frozen for ten minutes is reported silent, keeps its place and goes on without a loss', async () => {
  const clock = createFakeClock();
  const server = await start({ clock, gatherMs: 0 });
  const slot = server.slot('key');
  const publisher = await publish(server.url('key'), { isLive: true });
  await received(slot, 50);
  publisher.signal('SIGSTOP');
  await quiet(slot);
  await clock.advance(5_000);
  expect(slot.last?.silences).toEqual([5_000]);
  await clock.advance(600_000);
  expect(slot.last?.silences).toEqual([5_000, 30_000]);
  expect(server.ingest.publishers()[0]?.silentMs).toBeGreaterThanOrEqual(605_000);
  publisher.signal('SIGCONT');
  await received(slot, mediaOf(slot).length + 100);
  expect(slot.publications.length).toBe(1);
  const [sent, got] = [await packets(await fixture('ok.mp4')), packetsOfTags(mediaOf(slot))];
  const unbroken = { missingAtStart: 0, missingInside: 0, extra: 0 };
  expect(compare(sent.video, got.video)).toMatchObject(unbroken);
  expect(compare(sent.audio, got.audio)).toMatchObject(unbroken);
});

test('a phone that lost its network is let in again before its old connection is known to be dead', async () => {
  const clock = createFakeClock();
  const server = await start({ clock, gatherMs: 0 });
  const slot = server.slot('key');
  const line = await startFaultProxy({ targetPort: server.port });
  onTestFinished(() => line.stop());
  await publish(`rtmp://127.0.0.1:${line.port}/live/key`, { isLive: true });
  await received(slot, 50);
  const tooEarly = await publish(server.url('key'));
  expect((await tooEarly.exited).code).not.toBe(0);
  expect(tooEarly.output()).toContain('already');
  line.stall();
  await quiet(slot);
  await clock.advance(5_001);
  const again = await publish(server.url('key'));
  expect(await again.exited, again.output()).toMatchObject({ code: 0 });
  await waitFor(() => slot.last?.endReason === 'unpublished', { what: 'the end' });
  expect(slot.publications.map(({ endReason }) => endReason)).toEqual(['replaced', 'unpublished']);
  await expectWhole(slot, 'ok.mp4');
});

test('nginx-rtmp pushes on to us what it receives', async () => {
  const server = await start();
  const slot = server.slot('key');
  const nginx = await startNginxRtmp({ push: [server.url('key')] });
  onTestFinished(() => nginx.stop());
  await publish(nginx.url('live', 'any'), { isLive: true });
  await received(slot, 100);
  const { video } = packetsOfTags(mediaOf(slot));
  expect(continuity(video)).toMatchObject({ backwards: 0, startsWithKey: true });
});

async function tagsOf(file: FixtureName): Promise<MediaTag[]> {
  const tags: MediaTag[] = [];
  new FlvReader((tag) => void tags.push(tag)).push(readFileSync(await fixture(file)));
  return tags;
}

test('our own publisher delivers every packet, is confirmed in steps and ends cleanly', async () => {
  const server = await start();
  const slot = server.slot('key');
  const { target, key } = parseRtmpAddress({ url: server.url('key') });
  const session = createRtmpPublisher({ target, key, clock: systemClock, logger: nullLogger });
  await session.open(new AbortController().signal);
  let mayWrite = true;
  session.onDrain = () => {
    mayWrite = true;
  };
  for (const tag of await tagsOf('ok.flv')) {
    if (!mayWrite) await waitFor(() => mayWrite, { what: 'the publisher to drain', intervalMs: 1 });
    mayWrite = session.write(tag);
  }
  await waitFor(() => session.progress().bytesConfirmed > 4_500_000, { what: 'the confirmation' });
  await session.close(2_000);
  expect(await session.ended).toBeNull();
  await waitFor(() => slot.last?.endReason === 'unpublished', { what: 'the end' });
  await expectWhole(slot, 'ok.mp4');
});

test('our own publisher is refused with the right errors', async () => {
  const server = await start();
  server.slot('key');
  const open = (url: string): Promise<void> =>
    createRtmpPublisher({ ...parseRtmpAddress({ url }), clock: systemClock, logger: nullLogger }).open(
      AbortSignal.timeout(10_000),
    );
  await expect(open(server.url('wrong'))).rejects.toMatchObject({ code: 'destination.auth_rejected' });
  await expect(open(`rtmp://127.0.0.1:${server.port}/other/key`)).rejects.toMatchObject({
    code: 'destination.auth_rejected',
  });
  const present = await publish(server.url('key'), { isLive: true });
  await waitFor(() => server.ingest.publishers().length === 1, { what: 'the first publisher' });
  await expect(open(server.url('key'))).rejects.toMatchObject({ code: 'destination.in_use' });
  expect(present.hasExited).toBe(false);
});
