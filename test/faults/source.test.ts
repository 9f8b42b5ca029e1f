// A source that ends, and a quality that changes: nobody reconnects. Counted at a real server. What else may happen to a
// source is in sourceFaults.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture } from '../helpers/fixtures.ts';
import { continuity, packets } from '../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { smallPicture, startTestEngine, type TestEngine } from '../helpers/testEngine.ts';
import { waitFor } from '../helpers/waitFor.ts';
import { sharedCache } from '../helpers/warmEncoders.ts';

let server: NginxRtmp;
let engine: TestEngine;

beforeAll(async () => {
  [server, engine] = await Promise.all([startNginxRtmp(), startTestEngine({ sharedCache })]);
});

afterAll(async () => {
  await engine.close();
  await server.stop();
});

/** Two frames at 25 fps, and what rounding adds. */
const NO_HOLE_MS = 85;
function framesSent(streamId: string): number {
  return engine.health(streamId).outputs[0]?.framesSent ?? 0;
}

async function untilSent(streamId: string, frames: number): Promise<void> {
  const goal = framesSent(streamId) + frames;
  await waitFor(() => framesSent(streamId) >= goal, { what: `${frames} more frames`, timeoutMs: 20_000 });
}

/** The one session that the server recorded, as it must be whatever happened to the source. */
async function soleSession(key: string): Promise<Awaited<ReturnType<typeof packets>>> {
  const files = server.recordings(key);
  expect(files).toHaveLength(1);
  return await packets(files[0] ?? '');
}

function expectSeamless(session: Awaited<ReturnType<typeof packets>>): void {
  const video = continuity(session.video);
  const audio = continuity(session.audio);
  expect(video).toMatchObject({ backwards: 0, startsWithKey: true });
  expect(video.biggestGapMs).toBeLessThanOrEqual(NO_HOLE_MS);
  expect(audio.backwards).toBe(0);
  expect(audio.biggestGapMs).toBeLessThanOrEqual(NO_HOLE_MS);
}

describe.concurrent('the source', () => {
  it('that ends leaves the slate on air on the same connection', async () => {
    const path = await fixture('ok.mp4');
    const id = await engine.goLive({
      input: { type: 'file', path, startSeconds: 16 },
      processing: [smallPicture],
      output: [{ type: 'rtmp', url: server.url('rec', 'end') }],
    });
    await waitFor(() => engine.health(id).state === 'slate', {
      what: 'the slate is on air',
      timeoutMs: 20_000,
    });
    await untilSent(id, 100);
    expect(engine.health(id)).toMatchObject({ order: 'live', state: 'slate', sourceState: 'lost' });
    await engine.streams.stop(id);
    expectSeamless(await soleSession('end'));
  });

  it('stops the stream at its end when it was asked to', async () => {
    const path = await fixture('ok.mp4');
    const id = await engine.goLive({
      input: { type: 'file', path, startSeconds: 17, onEnd: 'stop' },
      processing: [smallPicture],
      output: [{ type: 'rtmp', url: server.url('rec', 'stop') }],
    });
    await waitFor(() => engine.streams.get(id).state === 'stopped', {
      what: 'the stream stops',
      timeoutMs: 20_000,
    });
    expect((await engine.timeline(id)).at(-1)).toMatchObject({
      kind: 'broadcastEnded',
      data: { reason: 'sourceEnded' },
    });
  });
});

describe.concurrent('the quality', () => {
  it.each([
    ['the test picture', 'test', async () => ({ type: 'test' as const })],
    ['a file', 'file', async () => ({ type: 'file' as const, path: await fixture('ok.mp4'), loop: true })],
  ])(
    'changes live from %s: same connection, no hole, and the new bitrate arrives',
    async (_name, key, input) => {
      const id = await engine.goLive({
        input: await input(),
        processing: [{ ...smallPicture, bitrateKbps: 900 }],
        output: [{ type: 'rtmp', url: server.url('rec', key) }],
      });
      await engine.untilLive(id);
      await untilSent(id, 75);
      await engine.streams.adjustQuality(id, { bitrateKbps: 250 });
      await untilSent(id, 120);
      expect(engine.health(id).outputs[0]).toMatchObject({ reconnects: 0, droppedFrames: 0 });
      await engine.streams.stop(id);
      const session = await soleSession(key);
      expectSeamless(session);
      expect(kbpsOf(session.video.slice(-75))).toBeLessThan(0.6 * kbpsOf(session.video.slice(0, 75)));
    },
  );

  it('goes a quarter lower when nothing is named, and stays so for the next start', async () => {
    const id = await engine.goLive({
      input: { type: 'test' },
      processing: [{ ...smallPicture, bitrateKbps: 800 }],
      output: [{ type: 'rtmp', url: server.url('rec', 'lower') }],
    });
    await engine.untilLive(id);
    await engine.streams.adjustQuality(id, {});
    expect(engine.health(id).targetBitrateKbps).toBe(600);
    expect(engine.streams.get(id).config).toMatchObject({ processing: [{ bitrateKbps: 600 }] });
  });
});

function kbpsOf(video: readonly { dtsMs: number; size: number }[]): number {
  const bytes = video.reduce((sum, { size }) => sum + size, 0);
  const spanMs = (video.at(-1)?.dtsMs ?? 0) - (video[0]?.dtsMs ?? 0);
  return (bytes * 8) / spanMs;
}
