// What is pushed to us: publishers come, vanish, freeze and return; the destinations stay connected.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PeerProcess } from '../helpers/childProcess.ts';
import type { FixtureName } from '../helpers/fixtureRecipes.ts';
import { fixture } from '../helpers/fixtures.ts';
import { continuity, packets } from '../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { smallPicture, startTestEngine, type TestEngine } from '../helpers/testEngine.ts';
import { waitFor } from '../helpers/waitFor.ts';
import { sharedCache } from '../helpers/warmEncoders.ts';
import { publishFile } from './rig.ts';

let server: NginxRtmp;
let engine: TestEngine;
const publishers: PeerProcess[] = [];

beforeAll(async () => {
  [server, engine] = await Promise.all([startNginxRtmp(), startTestEngine({ sharedCache })]);
});

afterAll(async () => {
  await Promise.all(publishers.splice(0).map((publisher) => publisher.stop()));
  await engine.close();
  await server.stop();
});

async function publish(key: string, name: FixtureName = 'ok.mp4'): Promise<PeerProcess> {
  const publisher = await publishFile(`${engine.ingestUrl}/${key}`, name);
  publishers.push(publisher);
  return publisher;
}

async function untilState(streamId: string, state: string): Promise<void> {
  await waitFor(() => engine.health(streamId).state === state, {
    what: `the stream is ${state}`,
    timeoutMs: 20_000,
  });
}

async function untilSent(streamId: string, frames: number): Promise<void> {
  const sent = (): number => engine.health(streamId).outputs[0]?.framesSent ?? 0;
  const goal = sent() + frames;
  await waitFor(() => sent() >= goal, { what: `${frames} more frames`, timeoutMs: 20_000 });
}

/** As wild as ffmpeg takes it: it cuts an address at its first blank. */
const KEY = 'k&a?b=1;%20#é';

it.concurrent('a publisher whose stream is encoded may be killed, and is taken up again on the same connection', async () => {
  const id = await engine.goLive({
    input: { type: 'ingest', key: KEY },
    processing: [smallPicture],
    output: [{ type: 'rtmp', url: server.url('rec', 'pushed') }],
  });
  const first = await publish(KEY);
  await untilState(id, 'live');
  await untilSent(id, 75);
  first.signal('SIGKILL');
  await untilState(id, 'slate');
  await untilSent(id, 50);
  await publish(KEY);
  await untilState(id, 'live');
  await untilSent(id, 75);
  expect(engine.health(id).outputs[0]).toMatchObject({ state: 'live', reconnects: 0 });
  await engine.streams.stop(id);
  const files = server.recordings('pushed');
  expect(files).toHaveLength(1);
  const { video, audio } = await packets(files[0] ?? '');
  expect(continuity(video)).toMatchObject({ backwards: 0, startsWithKey: true });
  expect(continuity(audio).backwards).toBe(0);
  expect(continuity(video).biggestGapMs).toBeLessThan(1500);
});

it.concurrent('a wrong key never gets on air, and does not keep the right one from it', async () => {
  const id = await engine.goLive({
    input: { type: 'ingest', key: 'right' },
    processing: [{ type: 'copy' }],
    output: [{ type: 'rtmp', url: server.url('rec', 'keys') }],
  });
  const stranger = await publish('wrong', 'ok.flv');
  await stranger.exited;
  expect(stranger.output()).toContain('Unknown stream key');
  expect(engine.health(id)).toMatchObject({ state: 'starting', sourceState: 'lost' });
  await publish('right', '6mbit.flv');
  await untilState(id, 'live');
  await untilSent(id, 50);
  await engine.streams.stop(id);
  const seen = (await packets(server.recordings('keys')[0] ?? '')).video;
  const [own, strange] = await Promise.all(
    (['6mbit.flv', 'ok.flv'] as const).map(async (name) => {
      const { video } = await packets(await fixture(name));
      return new Set(video.slice(1).map(({ md5 }) => md5));
    }),
  );
  expect(seen.filter(({ md5 }) => own?.has(md5)).length).toBeGreaterThanOrEqual(49);
  expect(seen.filter(({ md5 }) => strange?.has(md5))).toEqual([]);
});
