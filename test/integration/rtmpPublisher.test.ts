import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MediaTag } from '../../main/media/flv/mediaTag.ts';
import { startFfmpegListen } from '../helpers/ffmpegListen.ts';
import { fixture } from '../helpers/fixtures.ts';
import { type LeakCheck, takeInventory } from '../helpers/leakCheck.ts';
import { compare, continuity, type MediaPackets, packets } from '../helpers/mediaPackets.ts';
import { startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { startNodeMediaServer } from '../helpers/nodeMediaServer.ts';
import { neverAborted, publisherTo, readTags, writeAll } from '../helpers/rtmpPublishing.ts';
import { startStunnel } from '../helpers/stunnel.ts';
import { waitFor, within } from '../helpers/waitFor.ts';

let file: string;
let tags: MediaTag[];
let reference: MediaPackets;
let leaks: LeakCheck;
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  file = await fixture('ok.flv');
  tags = await readTags(file);
  reference = await packets(file);
  leaks = takeInventory();
});

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  await leaks.expectNothingLeft();
});

/** Registers a peer for cleaning up. */
function using<Peer extends { stop(): Promise<void> }>(peer: Peer): Peer {
  cleanUps.push(() => peer.stop());
  return peer;
}

/** Publishes the file and ends cleanly. */
async function publish(url: string, options: Parameters<typeof publisherTo>[2] = {}): Promise<void> {
  const session = publisherTo(url, undefined, options);
  await session.open(neverAborted);
  await writeAll(session, tags);
  await session.close(5000);
  expect(await session.ended).toBeNull();
}

/** When the tracks begin and end, from the first packet of either on. */
function timesOf({ video, audio }: MediaPackets): (number | undefined)[] {
  return [video[0]?.dtsMs, audio[0]?.dtsMs, video.at(-1)?.dtsMs, audio.at(-1)?.dtsMs];
}

/** The whole file must be at the receiver, in order, from 0 on. */
async function expectEverything(recording: () => string | undefined): Promise<void> {
  const whole = { missingAtStart: 0, missingInside: 0, missingAtEnd: 0, extra: 0, missingAtMs: [] };
  const received = await waitFor(
    async () => {
      const got = await packets(recording() ?? '');
      return (
        got.video.length === reference.video.length && got.audio.length === reference.audio.length && got
      );
    },
    { what: `${reference.video.length} pictures and ${reference.audio.length} sounds at the receiver` },
  );
  expect(compare(reference.video, received.video)).toEqual(whole);
  expect(compare(reference.audio, received.audio)).toEqual(whole);
  for (const track of [received.video, received.audio]) expect(continuity(track).backwards).toBe(0);
  expect(timesOf(received)).toEqual(timesOf(reference));
}

describe('the RTMP publisher delivers every packet', () => {
  it('to nginx-rtmp', async () => {
    const server = using(await startNginxRtmp());
    await publish(server.url('live', 'nginx'));
    await expectEverything(() => server.recordings('nginx')[0]);
    expect(server.published()).toMatchObject([{ app: 'live', name: 'nginx', args: '' }]);
  });

  it('to node-media-server', async () => {
    const server = using(await startNodeMediaServer());
    await publish(server.url('live', 'nms'));
    await expectEverything(() => server.recordings()[0]);
  });

  it('to ffmpeg -listen', async () => {
    const server = using(await startFfmpegListen());
    await publish(server.url);
    await within(server.exited, { what: 'ffmpeg to see the end of the stream' });
    await expectEverything(() => server.file);
  });

  it('to nginx-rtmp behind TLS, whose certificate is trusted', async () => {
    const server = using(await startNginxRtmp());
    const tls = using(await startStunnel(server.port));
    const trustedCertificates = [readFileSync(tls.certificateFile, 'utf8')];
    await publish(`rtmps://localhost:${tls.port}/live/secure`, { trustedCertificates });
    await expectEverything(() => server.recordings('secure')[0]);
  });
});

describe('an RTMPS connection', () => {
  it('is refused when the certificate is not trusted, and taken when the user allows it', async () => {
    const server = using(await startNginxRtmp());
    const tls = using(await startStunnel(server.port));
    const url = `rtmps://127.0.0.1:${tls.port}/live/k`;
    const refused = publisherTo(url);
    await expect(refused.open(neverAborted)).rejects.toMatchObject({
      code: 'destination.tls',
      retryable: false,
    });
    expect(server.published()).toEqual([]);
    const allowed = publisherTo(url, undefined, { allowInsecureTls: true });
    await allowed.open(neverAborted);
    await allowed.close(2000);
    expect(server.published()).toHaveLength(1);
  });

  it('to a server without TLS says so', async () => {
    const server = using(await startNginxRtmp());
    const url = `rtmps://127.0.0.1:${server.port}/live/k`;
    const session = publisherTo(url, undefined, { handshakeTimeoutMs: 500 });
    // nginx either waits for more, or hangs up on bytes that are no RTMP: both are told with the same advice.
    await expect(session.open(neverAborted)).rejects.toMatchObject({
      code: expect.stringMatching(/^destination\.(handshake_timeout|disconnected)$/),
      detail: expect.stringContaining('rtmp://'),
    });
  });
});

describe('a session', () => {
  it('begins at 0 whatever time the program has, and passes 24 bits', async () => {
    const server = using(await startNginxRtmp());
    const dayMs = 86_400_000;
    const late = (await readTags(file, 2 ** 32 - 5000)).map((tag, index) =>
      index < tags.length / 2 ? tag : { ...tag, timestampMs: tag.timestampMs + dayMs },
    );
    const session = publisherTo(server.url('live', 'late'));
    await session.open(neverAborted);
    await writeAll(session, late);
    await session.close(5000);
    const got = await waitFor(
      async () => {
        const seen = await packets(server.recordings('late')[0] ?? '');
        return seen.video.length === reference.video.length && seen;
      },
      { what: 'all pictures' },
    );
    const [video = 0, audio = 0, lastVideo = 0, lastAudio = 0] = timesOf(reference);
    expect(timesOf(got)).toEqual([video, audio, lastVideo + dayMs, lastAudio + dayMs]);
    for (const track of [got.video, got.audio]) expect(continuity(track).backwards).toBe(0);
  });

  it('counts what the server acknowledges, and notices a frozen one', async () => {
    const server = using(await startNginxRtmp());
    const session = publisherTo(server.url('live', 'frozen'), undefined, { bitrateKbps: 500 });
    await session.open(neverAborted);
    await writeAll(session, tags.slice(0, 400));
    const all = session.progress().bytesSent;
    await waitFor(() => session.progress().bytesConfirmed > all - 62_500, { what: 'the acknowledgements' });
    server.freeze();
    await writeAll(session, tags.slice(400));
    const frozen = session.progress();
    expect(frozen.bytesSent).toBeGreaterThan(all + 300_000);
    expect(frozen).toMatchObject({ bytesPending: 0 });
    expect(frozen.bytesConfirmed).toBeLessThanOrEqual(all);
    server.thaw();
    await waitFor(() => session.progress().bytesConfirmed > frozen.bytesSent - 62_500, {
      what: 'the server to go on',
    });
    await session.close(5000);
  });

  it('ends within its grace when the server is frozen', async () => {
    const server = using(await startNginxRtmp());
    const session = publisherTo(server.url('live', 'stuck'));
    await session.open(neverAborted);
    server.freeze();
    await within(session.close(300), { what: 'the session to end', timeoutMs: 5000 });
    expect(await session.ended).toBeNull();
    server.thaw();
  });

  it('says that it has enough when the server takes nothing, and goes on when it does', async () => {
    const server = using(await startNginxRtmp());
    const session = publisherTo(server.url('live', 'full'));
    await session.open(neverAborted);
    server.freeze();
    let written = 0;
    while (written < 100_000 && session.write(tags[written % tags.length] as MediaTag)) written++;
    expect(session.progress().bytesPending).toBeGreaterThan(500_000);
    const drained = new Promise<void>((resolve) => {
      session.onDrain = resolve;
    });
    server.thaw();
    await within(drained, { what: 'the session to take more' });
    expect(session.write(tags[0] as MediaTag)).toBe(true);
    await session.close(5000);
  });

  it('can be given up while it opens, and closed before', async () => {
    const server = using(await startNginxRtmp());
    const opening = publisherTo(server.url('live', 'given-up'));
    const abort = new AbortController();
    const opened = opening.open(abort.signal);
    abort.abort();
    await expect(opened).rejects.toThrow();
    expect(await opening.ended).toBeNull();
    const unused = publisherTo(server.url('live', 'unused'));
    await unused.close(1000);
    expect(await unused.ended).toBeNull();
    const closing = publisherTo(server.url('live', 'closed-early'));
    const refused = expect(closing.open(neverAborted)).rejects.toThrow();
    await closing.close(1000);
    await refused;
  });
});
