import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outputSchema } from '../../main/contract/outputs.ts';
import type { OutputDriver } from '../../main/media/outputs/outputDriver.ts';
import type { OutputSession } from '../../main/media/outputs/outputSession.ts';
import { createOutputDriver } from '../../main/media/outputs/registry.ts';
import { freePort } from '../helpers/freePort.ts';
import { decodeSegment, readPlaylist, segmentPackets } from '../helpers/hlsReader.ts';
import { createMuxerRig, feed, type MuxerRig, packetsOf, sampleTags } from '../helpers/muxerRig.ts';
import { createTestCertificate } from '../helpers/testCertificate.ts';
import { waitFor } from '../helpers/waitFor.ts';

const KEY = 'SECRETx7-ab&c/d';

let rig: MuxerRig;
const cleanUps: (() => Promise<void> | void)[] = [];
beforeEach(() => {
  rig = createMuxerRig();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  await rig.dispose();
});

interface Received {
  readonly method: string;
  readonly url: URL;
  readonly name: string;
  readonly body: Buffer;
}

interface Ingest {
  readonly origin: string;
  readonly received: Received[];
  /** Status for the next requests; by default 200. */
  answer: (request: Received) => number | 'hang';
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server like the HLS ingest of a platform: takes what is put, keeps it in the rig's folder. */
async function startIngest(create: (handler: Handler) => Server = createServer): Promise<Ingest> {
  const received: Received[] = [];
  const server = create((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', ingest.origin);
      const name = url.searchParams.get('file') ?? decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
      const entry = { method: request.method ?? '', url, name, body: Buffer.concat(chunks) };
      const status = ingest.answer(entry);
      if (status === 'hang') return;
      if (status < 300) {
        received.push(entry);
        writeFileSync(rig.file(name), entry.body);
      }
      response.writeHead(status).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const scheme = create === createServer ? 'http' : 'https';
  const ingest: Ingest = {
    origin: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: () => 200,
  };
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return ingest;
}

function create(url: string, change: object = {}): Promise<OutputDriver> {
  return createOutputDriver(outputSchema.parse({ type: 'hls-push', url, key: KEY, ...change }), rig.context);
}

async function opened(driver: OutputDriver): Promise<OutputSession> {
  const session = driver.legs[0]?.createSession(1);
  if (session === undefined) throw new Error('no leg');
  await session.open(new AbortController().signal);
  return session;
}

describe('an HLS push', () => {
  it('puts segment before playlist, under the key, and says when it is over', async () => {
    const ingest = await startIngest();
    const driver = await create(`${ingest.origin}/http_upload_hls?cid=&copy=0&file=`);
    expect(driver.target).toBe(`${ingest.origin}/http_upload_hls`);
    const session = await opened(driver);
    const tags = await sampleTags({ seconds: 8 });
    await feed(session, tags);
    await session.close(4000);
    expect(await session.ended).toBeNull();
    await driver.finish();
    const names = ingest.received.map(({ name }) => name);
    const [first = 0] = names.map((name) => Number(/segment-(\d+)\.ts/.exec(name)?.[1])).filter(Boolean);
    const expected = [0, 1, 2, 3].flatMap((index) => [
      `segment-${String(first + index).padStart(10, '0')}.ts`,
      'index.m3u8',
    ]);
    expect(names).toEqual([...expected, 'index.m3u8']);
    for (const { url, method } of ingest.received) {
      expect([method, url.searchParams.get('cid'), url.searchParams.get('copy')]).toEqual(['PUT', KEY, '0']);
    }
    const playlist = readPlaylist(rig.file('index.m3u8'));
    expect(playlist).toMatchObject({ isFinished: true, mediaSequence: first, targetSeconds: 2 });
    let pictures = 0;
    for (const segment of playlist.segments) {
      expect(await decodeSegment(rig.file('index.m3u8'), segment)).toBe('');
      pictures += (await segmentPackets(rig.file('index.m3u8'), segment)).video.length;
    }
    expect(pictures).toBe(packetsOf(tags).video.length);
    const sentBytes = ingest.received
      .filter(({ name }) => name.endsWith('.ts'))
      .reduce((sum, { body }) => sum + body.length, 0);
    expect(session.progress()).toMatchObject({ bytesSent: sentBytes, bytesConfirmed: sentBytes });
    expect(JSON.stringify(rig.log)).not.toContain('SECRET');
  });

  it('into a folder deletes what has left the list', async () => {
    const ingest = await startIngest();
    const driver = await create(`${ingest.origin}/live`, { segmentSeconds: 1 });
    const session = await opened(driver);
    await feed(session, await sampleTags({ seconds: 10, gop: 30 }));
    await session.close(4000);
    await driver.finish();
    await waitFor(() => ingest.received.filter(({ method }) => method === 'DELETE').length >= 5, {
      what: 'five deletions',
    });
    expect(ingest.received[0]?.url.pathname).toMatch(/^\/live\/SECRETx7-ab%26c%2Fd\/segment-\d{10}\.ts$/);
    const playlist = readPlaylist(rig.file('index.m3u8'));
    const deleted = ingest.received.filter(({ method }) => method === 'DELETE').map(({ name }) => name);
    expect(playlist.segments.length).toBe(5);
    expect(playlist.segments.filter(({ name }) => deleted.includes(name))).toEqual([]);
  });

  it('repeats what failed, and loses nothing over it', async () => {
    const ingest = await startIngest();
    let failures = 0;
    ingest.answer = ({ name }) => (name.endsWith('.ts') && failures++ % 3 < 2 ? 503 : 200);
    const driver = await create(`${ingest.origin}/up?file=`);
    const session = await opened(driver);
    await feed(session, await sampleTags({ seconds: 6 }));
    await session.close(8000);
    expect(await session.ended).toBeNull();
    expect(ingest.received.filter(({ name }) => name.endsWith('.ts')).length).toBe(3);
  });

  it.each([
    [401, 'destination.auth_rejected'],
    [403, 'destination.auth_rejected'],
    [404, 'destination.publish_rejected'],
    [302, 'destination.publish_rejected'],
  ])('answered with %i ends for good', async (status, code) => {
    const ingest = await startIngest();
    ingest.answer = () => status;
    const session = await opened(await create(`${ingest.origin}/up?file=`));
    void feed(session, await sampleTags({ seconds: 20 }));
    const error = await session.ended;
    expect(error).toMatchObject({ code, retryable: false });
    expect(session.progress()).toMatchObject({ bytesSent: 0, bytesConfirmed: 0 });
    expect(JSON.stringify(error?.toProblem())).not.toContain('SECRET');
  });

  it('keeps only a few segments for a server that hangs, and then makes the source wait', async () => {
    const ingest = await startIngest();
    ingest.answer = () => 'hang';
    const session = await opened(await create(`${ingest.origin}/up?file=`));
    let fed = 0;
    const tags = await sampleTags({ seconds: 60, videoKbps: 4000, size: '640x360' });
    const feeding = feed(session, tags, {
      onTag: () => {
        fed += 1;
      },
    });
    await waitFor(() => session.progress().bytesPending > 3e6, { what: 'the backlog' });
    const seen = fed;
    await waitFor(() => fed === seen || fed < tags.length, { what: 'the feed to stop' });
    expect(session.progress().bytesPending).toBeLessThan(16e6);
    await session.close(300);
    await feeding;
    expect(fed).toBeLessThan(tags.length);
  });

  it('tells at once about a closed port, an unknown name and a certificate nobody vouches for', async () => {
    const { certificate, key } = await loadCertificate();
    const secure = await startIngest((handler) => createSecureServer({ cert: certificate, key }, handler));
    const reason = async (url: string): Promise<unknown> =>
      opened(await create(url)).then(
        () => 'open',
        (error: { code: string }) => error.code,
      );
    expect(
      await Promise.all([
        reason(`http://127.0.0.1:${await freePort()}/x`),
        reason('https://no-such-host.invalid/x'),
        reason(`${secure.origin}/x`),
      ]),
    ).toEqual(['destination.refused', 'destination.name_not_found', 'destination.tls']);
  });
});

async function loadCertificate(): Promise<{ certificate: Buffer; key: Buffer }> {
  const files = await createTestCertificate(rig.folder);
  return { certificate: readFileSync(files.certificateFile), key: readFileSync(files.keyFile) };
}
