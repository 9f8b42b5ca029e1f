// Streams that are started and stopped again and again leave nothing behind: no process, no socket, no open file.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { streamConfigSchema } from '../../main/contract/streams.ts';
import { fixture } from '../helpers/fixtures.ts';
import { takeInventory } from '../helpers/leakCheck.ts';
import { continuity, packets } from '../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { childrenOf } from '../helpers/processTree.ts';
import { startTestEngine, type TestEngine } from '../helpers/testEngine.ts';
import { sharedCache } from '../helpers/warmEncoders.ts';

const STREAMS = 5;
const ROUNDS = 6;

let server: NginxRtmp;
let engine: TestEngine;

beforeAll(async () => {
  [server, engine] = await Promise.all([startNginxRtmp(), startTestEngine({ sharedCache })]);
});

afterAll(async () => {
  await engine.close();
  await server.stop();
});

it(`${STREAMS * ROUNDS} starts and stops leave no process, no socket and no file open`, async () => {
  const ids = await Promise.all(Array.from({ length: STREAMS }, (_, index) => createStream(index)));
  await Promise.all(ids.map(cycle));
  const left = takeInventory();
  const children = childrenOf(process.pid).length;
  for (let round = 0; round < ROUNDS; round++) await Promise.all(ids.map(cycle));
  await left.expectNothingLeft();
  // One that has ended and was not waited for is still in the list.
  expect(childrenOf(process.pid).length).toBeLessThanOrEqual(children);
  expect(server.published()).toHaveLength(STREAMS * (ROUNDS + 1));
  for (const file of server.recordings()) {
    expect(continuity((await packets(file)).video)).toMatchObject({ backwards: 0, startsWithKey: true });
  }
});

async function createStream(index: number): Promise<string> {
  const config = streamConfigSchema.parse({
    input: { type: 'file', path: await fixture('ok.flv'), loop: true },
    processing: [{ type: 'copy' }],
    output: [
      { type: 'rtmp', url: server.url('rec', `cycle${index}`) },
      { type: 'hls', path: `/live/cycle${index}.m3u8` },
      // One of them is made an ordinary file each time, the others only get a new number.
      { type: 'file', ...(index === 0 ? {} : { path: `cycle${index}.flv` }) },
    ],
  });
  return (await engine.streams.create(config, { start: false }, { mayUseAnyFolder: true })).id;
}

async function cycle(id: string): Promise<void> {
  await engine.streams.start(id);
  await engine.untilLive(id);
  await engine.streams.stop(id);
  await engine.streams.untilFinished(id);
}
