// A broadcast whose source is not there yet: the audience sees the slate on every destination, then the source, at one go.
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StreamConfigInput } from '../../../main/contract/streams.ts';
import { type PeerProcess, startPeer } from '../../helpers/childProcess.ts';
import { fixture } from '../../helpers/fixtures.ts';
import { continuity, type MediaPackets, packets } from '../../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { smallPicture, startTestEngine, type TestEngine } from '../../helpers/testEngine.ts';
import { waitFor } from '../../helpers/waitFor.ts';

const KEY = 'late-sender';
let engine: TestEngine;
let receiver: NginxRtmp;
let publisher: PeerProcess | null = null;

beforeEach(async () => {
  [engine, receiver] = await Promise.all([startTestEngine(), startNginxRtmp()]);
});
afterEach(async () => {
  await publisher?.stop();
  publisher = null;
  await engine.close();
  await receiver.stop();
});

const recording = (): string => engine.folder.file('recording.flv');

async function goLive(program: Pick<StreamConfigInput, 'input' | 'processing'>): Promise<string> {
  return await engine.goLive({
    ...program,
    output: [
      { type: 'rtmp', id: 'server', url: receiver.url('rec', 'audience') },
      { type: 'file', id: 'recording', path: recording(), minFreeMegabytes: 50 },
    ],
  });
}

async function untilSent(streamId: string, frames: number): Promise<void> {
  const sent = (): number[] => engine.health(streamId).outputs.map(({ framesSent }) => framesSent);
  const goal = Math.max(...sent()) + frames;
  await waitFor(() => sent().every((count) => count >= goal), {
    what: `${frames} frames`,
    timeoutMs: 30_000,
  });
}

async function publish(): Promise<void> {
  const url = `${engine.ingestUrl}/${KEY}`;
  const source = await fixture('ok.mp4');
  const input = ['-nostdin', '-v', 'error', '-re', '-stream_loop', '-1', '-i', source];
  publisher = await startPeer({ command: 'ffmpeg', args: [...input, '-c', 'copy', '-f', 'flv', url] });
}

/** Stops it and reads both receivers: one session each, whole, in order, without a hole, the same. */
async function expectOneWholeSession(streamId: string): Promise<MediaPackets> {
  const { outputs } = engine.health(streamId);
  for (const output of outputs) expect(output).toMatchObject({ state: 'live', reconnects: 0 });
  await engine.streams.stop(streamId);
  await engine.streams.untilFinished(streamId);
  expect(receiver.recordings('audience')).toHaveLength(1);
  const received = await packets(receiver.recordings('audience')[0] ?? '');
  for (const track of [received.video, received.audio]) {
    const { backwards, biggestGapMs } = continuity(track);
    expect(backwards).toBe(0);
    expect(biggestGapMs).toBeLessThan(2000);
  }
  expect(received.video[0]?.isKey).toBe(true);
  return received;
}

describe('a source that has not come yet', () => {
  it.each([
    ['that is encoded', [smallPicture]],
    ['that is passed through', [{ type: 'copy' as const }]],
  ])(
    '%s: the slate goes out first, and the publisher takes over on a key frame',
    async (_name, processing) => {
      const streamId = await goLive({ input: { type: 'ingest', key: KEY }, processing });
      await engine.untilLive(streamId);
      await untilSent(streamId, 50);
      expect(engine.health(streamId)).toMatchObject({ state: 'slate', sourceState: 'lost' });
      await publish();
      await waitFor(() => engine.health(streamId).state === 'live', {
        what: 'the publisher to be on air',
        timeoutMs: 20_000,
      });
      await untilSent(streamId, 60);
      const kinds = (await engine.timeline(streamId)).map(({ kind }) => kind);
      expect(kinds.indexOf('slateShown')).toBeLessThan(kinds.indexOf('sourceOnAir'));
      const received = await expectOneWholeSession(streamId);
      if (processing[0]?.type !== 'copy') return;
      const sent = new Set((await packets(await fixture('ok.mp4'))).video.map(({ md5 }) => md5));
      // The key frame itself was given its parameter sets, so it is the one right before the first that came as it was.
      const first = received.video.findIndex(({ md5 }) => sent.has(md5));
      expect(first).toBeGreaterThan(50);
      expect(received.video[first - 1]?.isKey).toBe(true);
    },
  );

  it('and never does: the slate stays on a pull address that does not answer', async () => {
    const silent: Server = createServer().listen(0, '127.0.0.1');
    await new Promise<void>((resolve) => void silent.once('listening', () => resolve()));
    const address = silent.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const url = `rtmp://127.0.0.1:${port}/live/nothing`;
    const streamId = await goLive({ input: { type: 'rtmp', url }, processing: [smallPicture] });
    await engine.untilLive(streamId);
    await untilSent(streamId, 50);
    expect(engine.health(streamId).state).toBe('slate');
    await expectOneWholeSession(streamId);
    silent.close();
  });
});
