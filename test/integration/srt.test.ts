import { createSocket } from 'node:dgram';
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Output, outputSchema } from '../../main/contract/outputs.ts';
import { systemClock } from '../../main/lib/clock.ts';
import type { OutputDriver } from '../../main/media/outputs/outputDriver.ts';
import type { OutputSession } from '../../main/media/outputs/outputSession.ts';
import { createOutputDriver } from '../../main/media/outputs/registry.ts';
import { startPeer } from '../helpers/childProcess.ts';
import { startSrtListener } from '../helpers/ffmpegListen.ts';
import { freePort } from '../helpers/freePort.ts';
import { continuity, packets } from '../helpers/mediaPackets.ts';
import { createMuxerRig, feed, type MuxerRig, packetsOf, sampleTags, shifted } from '../helpers/muxerRig.ts';
import { childrenOf, commandLineOf, portIsBound } from '../helpers/processTree.ts';
import { waitFor } from '../helpers/waitFor.ts';

const PASSPHRASE = 'SECRETz9-correct & horse=';
const STREAM_ID = '#!::r=live/SECRETid,m=publish';

let rig: MuxerRig;
const cleanUps: (() => Promise<void> | void)[] = [];
beforeEach(() => {
  rig = createMuxerRig();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  await rig.dispose();
});

function create(change: Partial<Extract<Output, { type: 'srt' }>>): Promise<OutputDriver> {
  return createOutputDriver(outputSchema.parse({ type: 'srt', ...change }), rig.context);
}

function newSession(driver: OutputDriver): OutputSession {
  const session = driver.legs[0]?.createSession(1);
  if (session === undefined) throw new Error('no leg');
  cleanUps.push(() => session.close(1000));
  return session;
}

async function opened(driver: OutputDriver): Promise<OutputSession> {
  const session = newSession(driver);
  await session.open(new AbortController().signal);
  return session;
}

/** ffmpeg decodes nothing in a passphrase that stands in an address, so ours goes in as an option. */
async function startEncryptedListener(): Promise<{ url: string; file: string; exited: Promise<unknown> }> {
  const port = await freePort();
  const url = `srt://127.0.0.1:${port}`;
  const file = rig.file('encrypted.ts');
  const input = ['-f', 'mpegts', '-passphrase', PASSPHRASE, '-i', `${url}?mode=listener`];
  const receiver = await startPeer({
    command: 'ffmpeg',
    args: ['-nostdin', '-v', 'error', '-y', ...input, '-c', 'copy', file],
  });
  cleanUps.push(() => receiver.stop());
  await waitFor(() => portIsBound('udp', port), { what: 'the listener' });
  return { url, file, exited: receiver.exited };
}

const never = new AbortController().signal;

describe('an SRT output', () => {
  it('delivers every packet to the last, in step', async () => {
    const receiver = await startSrtListener();
    cleanUps.push(() => receiver.stop());
    const session = await opened(await create({ url: receiver.url }));
    expect(session.progress().bytesSent).toBe(0);
    const tags = shifted(await sampleTags({ seconds: 6 }), 100_000);
    await feed(session, tags, { speed: 1.5 });
    await waitFor(() => session.progress().bytesConfirmed > 200_000, { what: 'confirmed bytes' });
    await session.close(4000);
    expect(await session.ended).toBeNull();
    await receiver.exited;
    const { video, audio } = await packets(receiver.file);
    expect([video.length, audio.length]).toEqual([
      packetsOf(tags).video.length,
      packetsOf(tags).audio.length,
    ]);
    expect(continuity(video)).toMatchObject({ backwards: 0, startsWithKey: true });
    expect(Math.abs((video.at(-1)?.ptsMs ?? 0) - (audio.at(-1)?.ptsMs ?? 0))).toBeLessThan(150);
  });

  it('carries passphrase and stream id that nobody can see in the process list or on the disk', async () => {
    const receiver = await startEncryptedListener();
    const session = await opened(
      await create({ url: receiver.url, passphrase: PASSPHRASE, streamId: STREAM_ID }),
    );
    const feeding = feed(session, await sampleTags({ seconds: 6 }), { speed: 1.5 });
    await waitFor(() => session.progress().bytesConfirmed > 0, { what: 'the receiver to take data' });
    const commandLines = childrenOf(process.pid)
      .map(commandLineOf)
      .filter((line) => !line.includes('mode=listener'));
    expect(commandLines.some((line) => line.includes(receiver.url))).toBe(true);
    expect(commandLines.join()).not.toContain('SECRET');
    await waitFor(() => readdirSync(rig.context.folders.temporary).length === 0, { what: 'the file to go' });
    await feeding;
    await session.close(4000);
    await receiver.exited;
    expect((await packets(receiver.file)).video.length).toBeGreaterThan(100);
    expect(JSON.stringify(rig.log)).not.toContain('SECRET');
  });

  it('takes a new coding of the picture without a new connection', async () => {
    const receiver = await startSrtListener();
    cleanUps.push(() => receiver.stop());
    const session = await opened(await create({ url: receiver.url }));
    const first = await sampleTags({ seconds: 3 });
    const second = shifted(await sampleTags({ seconds: 3, bFrames: 2 }), 3100);
    await feed(session, [...first, ...second], { speed: 1.5 });
    await session.close(4000);
    expect(await session.ended).toBeNull();
    await receiver.exited;
    expect((await packets(receiver.file)).video.length).toBeGreaterThan(170);
  });

  it.each([
    ['another passphrase', { passphrase: 'SECRETy8-something else' }],
    ['no passphrase', {}],
  ])('with %s is told that it does not fit', async (_, change) => {
    const receiver = await startSrtListener({ passphrase: PASSPHRASE });
    cleanUps.push(() => receiver.stop());
    const session = await opened(await create({ url: receiver.url, ...change }));
    void feed(session, await sampleTags(), { speed: 2 });
    const error = await session.ended;
    expect(error).toMatchObject({ code: 'destination.auth_rejected', retryable: false });
    expect(session.progress()).toMatchObject({ bytesSent: 0, bytesConfirmed: 0 });
    expect(JSON.stringify(error?.toProblem())).not.toContain('SECRET');
  });

  it('tells a closed port, silence and an unknown name apart', async () => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1');
    cleanUps.push(() => void silent.close());
    await waitFor(() => silent.address().port > 0, { what: 'a silent port' });
    const reason = async (url: string): Promise<unknown> => {
      const session = newSession(await create({ url }));
      return session.open(never).then(
        () => 'open',
        (error: { code: string }) => error.code,
      );
    };
    expect(
      await Promise.all([
        reason(`srt://127.0.0.1:${await freePort()}`),
        reason(`srt://127.0.0.1:${silent.address().port}`),
        reason('srt://no-such-host.invalid:9000'),
      ]),
    ).toEqual(['destination.refused', 'destination.connect_timeout', 'destination.name_not_found']);
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'notices a receiver that got %s within fifteen seconds',
    async (signal) => {
      const receiver = await startSrtListener();
      cleanUps.push(() => receiver.kill9());
      const session = await opened(await create({ url: receiver.url }));
      const stop = new AbortController();
      const feeding = feed(session, await sampleTags({ seconds: 30 }), { speed: 1, signal: stop.signal });
      await waitFor(() => session.progress().bytesConfirmed > 50_000, { what: 'the receiver to take data' });
      process.kill(receiver.pid, signal);
      const atMs = systemClock.monotonicMs();
      const error = await session.ended;
      expect(error).toMatchObject({ code: 'destination.disconnected', retryable: true });
      expect(systemClock.monotonicMs() - atMs).toBeLessThan(15_000);
      stop.abort();
      await feeding;
    },
  );

  it('can be stopped while the receiver is frozen', async () => {
    const receiver = await startSrtListener();
    cleanUps.push(() => receiver.kill9());
    const session = await opened(await create({ url: receiver.url }));
    const feeding = feed(session, await sampleTags({ seconds: 30 }), { speed: 1 });
    await waitFor(() => session.progress().bytesConfirmed > 50_000, { what: 'the receiver to take data' });
    receiver.freeze();
    const atMs = systemClock.monotonicMs();
    await session.close(2000);
    expect(systemClock.monotonicMs() - atMs).toBeLessThan(5000);
    await feeding;
  });

  it('as a listener waits without an alarm, and sends to who calls', async () => {
    const port = await freePort();
    const driver = await create({ url: `srt://127.0.0.1:${port}?mode=listener` });
    expect(driver.target).toBe(`srt://127.0.0.1:${port} (waits for callers)`);
    const session = await opened(driver);
    const stop = new AbortController();
    const feeding = feed(session, await sampleTags({ seconds: 30, videoKbps: 3000 }), {
      speed: 1,
      signal: stop.signal,
    });
    const file = rig.file('caller.ts');
    const caller = await startPeer({
      command: 'ffmpeg',
      args: ['-nostdin', '-v', 'error', '-y', '-i', `srt://127.0.0.1:${port}`, '-t', '2', '-c', 'copy', file],
    });
    cleanUps.push(() => caller.stop());
    expect(session.progress()).toMatchObject({ bytesSent: 0, bytesPending: 0 });
    await caller.exited;
    expect((await packets(file)).video.length).toBeGreaterThan(30);
    stop.abort();
    await feeding;
    await session.close(2000);
  });
});
