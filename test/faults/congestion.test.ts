// A line that is too small for both destinations: the one with the lower priority gives way, and comes back when there is room.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type PeerProcess, startPeer } from '../helpers/childProcess.ts';
import { type FaultProxy, startFaultProxy } from '../helpers/faultProxy.ts';
import { fixture } from '../helpers/fixtures.ts';
import { continuity, packets } from '../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { startTestEngine, type TestEngine } from '../helpers/testEngine.ts';
import { waitFor } from '../helpers/waitFor.ts';

/** The fixture has 6 Mbit/s: 750 kB/s to each destination. */
const TOO_LITTLE_BYTES_PER_SECOND = 450_000;
const PLENTY_BYTES_PER_SECOND = 20_000_000;

let server: NginxRtmp;
let engine: TestEngine;
let publisher: PeerProcess | null = null;
let proxies: FaultProxy[] = [];

beforeEach(async () => {
  [server, engine] = await Promise.all([startNginxRtmp(), startTestEngine()]);
});

afterEach(async () => {
  await publisher?.stop();
  await engine.close();
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await server.stop();
});

it('is shared by priority: the lower one pauses, the higher one gets everything, the recording loses nothing', async () => {
  proxies = await Promise.all([
    startFaultProxy({ targetPort: server.port, bytesPerSecond: TOO_LITTLE_BYTES_PER_SECOND }),
    startFaultProxy({ targetPort: server.port, bytesPerSecond: TOO_LITTLE_BYTES_PER_SECOND }),
  ]);
  const [first, second] = proxies;
  const id = await engine.goLive({
    input: { type: 'ingest', key: 'line' },
    processing: [{ type: 'copy' }],
    output: [
      {
        type: 'rtmp',
        id: 'important',
        priority: 90,
        url: `rtmp://127.0.0.1:${first?.port}/rec`,
        key: 'important',
      },
      { type: 'rtmp', id: 'other', priority: 10, url: `rtmp://127.0.0.1:${second?.port}/rec`, key: 'other' },
      { type: 'file', id: 'recording', path: engine.folder.file('whole.flv') },
    ],
  });
  const args = [
    '-nostdin',
    '-v',
    'error',
    '-re',
    '-stream_loop',
    '-1',
    '-i',
    await fixture('6mbit.flv'),
    '-c',
    'copy',
    '-f',
    'flv',
    `${engine.ingestUrl}/line`,
  ];
  publisher = await startPeer({ command: 'ffmpeg', args });
  const stateOf = (outputId: string): string | undefined =>
    engine.health(id).outputs.find((output) => output.id === outputId)?.state;

  await waitFor(() => stateOf('other') === 'paused', {
    what: 'the lower priority gives way',
    timeoutMs: 60_000,
  });
  expect(stateOf('important')).toBe('live');
  expect(engine.health(id).outputs.find((output) => output.id === 'other')?.reason?.code).toBe(
    'destination.congested',
  );

  for (const proxy of proxies) proxy.setRate(PLENTY_BYTES_PER_SECOND);
  await waitFor(() => stateOf('other') === 'live', {
    what: 'it comes back when there is room',
    timeoutMs: 120_000,
  });
  await engine.streams.stop(id);
  await engine.streams.untilFinished(id);
  const { video } = await packets(engine.folder.file('whole.flv'));
  expect(continuity(video)).toMatchObject({ backwards: 0, startsWithKey: true });
  expect(continuity(video).biggestGapMs).toBeLessThan(100);
}, 200_000);
