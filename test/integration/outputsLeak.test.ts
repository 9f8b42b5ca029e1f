import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { outputSchema } from '../../main/contract/outputs.ts';
import { createOutputDriver } from '../../main/media/outputs/registry.ts';
import { startSrtListener } from '../helpers/ffmpegListen.ts';
import { freePort } from '../helpers/freePort.ts';
import { takeInventory } from '../helpers/leakCheck.ts';
import { createMuxerRig, feed, sampleTags } from '../helpers/muxerRig.ts';

/** Everything an output may leave behind: processes, sockets, files in the private folder. */
it.each([
  ['a recording', async () => ({ type: 'file', path: 'show.mp4', splitSeconds: 5 })],
  ['HLS', async () => ({ type: 'hls', path: 'show.m3u8' })],
  [
    'a push that is refused',
    async () => ({ type: 'hls-push', url: `http://127.0.0.1:${await freePort()}/x` }),
  ],
  [
    'SRT that is refused',
    async () => ({ type: 'srt', url: `srt://127.0.0.1:${await freePort()}`, streamId: 'x' }),
  ],
  [
    'RTMP by ffmpeg that is refused',
    async () => ({ type: 'rtmp', driver: 'ffmpeg', url: `rtmp://127.0.0.1:${await freePort()}/live/k` }),
  ],
])('%s leaves nothing behind', async (_, makeOutput) => {
  const tags = await sampleTags({ seconds: 12 });
  const inventory = takeInventory();
  const rig = createMuxerRig();
  const driver = await createOutputDriver(outputSchema.parse(await makeOutput()), rig.context);
  for (let attempt = 1; attempt <= 3; attempt++) {
    const session = driver.legs[0]?.createSession(attempt);
    if (session === undefined) throw new Error('no leg');
    const isOpen = await session.open(new AbortController().signal).then(
      () => true,
      () => false,
    );
    if (isOpen) await feed(session, tags);
    await session.close(2000);
  }
  await driver.finish();
  await rig.dispose();
  await inventory.expectNothingLeft();
});

it('an SRT session that is closed while it opens leaves nothing behind', async () => {
  const inventory = takeInventory();
  const rig = createMuxerRig();
  const receiver = await startSrtListener();
  const driver = await createOutputDriver(
    outputSchema.parse({ type: 'srt', url: receiver.url }),
    rig.context,
  );
  const session = driver.legs[0]?.createSession(1);
  const opening = session?.open(new AbortController().signal).catch((error: { code: string }) => error.code);
  await session?.close(1000);
  expect(await opening).toBe('engine.stopping');
  await receiver.stop();
  await rig.dispose();
  await inventory.expectNothingLeft();
});

it('thirty sessions one after the other leave as many descriptors as there were', async () => {
  const rig = createMuxerRig();
  const driver = await createOutputDriver(
    outputSchema.parse({ type: 'hls', path: 'show.m3u8' }),
    rig.context,
  );
  const tags = (await sampleTags({ seconds: 4 })).slice(0, 20);
  const run = async (times: number): Promise<void> => {
    for (let attempt = 0; attempt < times; attempt++) {
      const session = driver.legs[0]?.createSession(1);
      await session?.open(new AbortController().signal);
      if (session !== undefined) await feed(session, tags);
      await session?.close(2000);
    }
  };
  await run(3);
  const openDescriptors = (): number => readdirSync('/proc/self/fd').length;
  const before = openDescriptors();
  await run(30);
  expect(openDescriptors()).toBeLessThanOrEqual(before);
  await driver.finish();
  await rig.dispose();
});
