// Words on the picture that are changed faster than the picture, and while the encoder behind them is being replaced.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { delay, systemClock } from '../../../main/lib/clock.ts';
import { Outsider } from '../../helpers/outsider.ts';
import { smallPicture } from '../../helpers/testEngine.ts';
import { waitFor } from '../../helpers/waitFor.ts';

let engine: Outsider;
let streamId: string;
let token: string;
/** Slower than the rate limit of one token. */
const PACE_MS = 15;

beforeAll(async () => {
  engine = await Outsider.meet();
  streamId = await engine.create({
    input: { type: 'test' },
    processing: [smallPicture, { type: 'text', text: 'Hello' }],
    output: [{ type: 'hls' }],
  });
  token = await engine.pluginToken();
  await engine.untilLive(streamId);
});
afterAll(() => engine.close());

const write = async (text: string): Promise<number> =>
  (await engine.call('PUT', `/streams/${streamId}/text/0`, { text }, token)).status;

it('many at once are all taken, and the last one stays', async () => {
  const texts = Array.from({ length: 40 }, (_, index) => `Score ${index}`);
  expect(new Set(await Promise.all(texts.map(write)))).toEqual(new Set([200]));
});

it('while the quality changes they end nothing', async () => {
  let isChanging = true;
  const writing = (async (): Promise<Set<number>> => {
    const statuses = new Set<number>();
    for (let count = 0; isChanging; count++) {
      statuses.add(await write(`Score ${count}`));
      await delay(systemClock, PACE_MS);
    }
    return statuses;
  })();
  for (const bitrateKbps of [600, 700, 800, 500, 600]) {
    const { status } = await engine.call('PUT', `/streams/${streamId}/quality`, { bitrateKbps });
    expect(status).toBe(200);
  }
  // The encoder of before ends a moment after the new one is on air.
  const { framesSent = 0 } = (await engine.stream(streamId)).outputs[0] ?? {};
  await waitFor(async () => ((await engine.stream(streamId)).outputs[0]?.framesSent ?? 0) > framesSent + 60, {
    what: 'the picture to go on',
  });
  isChanging = false;
  expect(await writing).toEqual(new Set([200]));
});
