// What services have against a shared encode, as whoever makes a stream or adds an output reads it.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { outputSchema } from '../../../main/contract/outputs.ts';
import { streamConfigSchema } from '../../../main/contract/streams.ts';
import { startTestEngine, type TestEngine } from '../../helpers/testEngine.ts';

const access = { mayUseAnyFolder: true };
let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.close());

it('says in the notices of a stream what its services have against the encode they share', async () => {
  const config = streamConfigSchema.parse({
    input: { type: 'test' },
    processing: [{ type: 'transcode', width: 1280, height: 720, fps: 30, bitrateKbps: 5000 }],
    output: [{ type: 'rtmps', service: 'youtube', key: 'abcd' }],
  });
  const { id } = await engine.streams.create(config, { start: false }, access);
  expect(engine.streams.get(id).notices.join(' ')).not.toMatch(/Facebook/);
  const facebook = outputSchema.parse({ type: 'rtmps', service: 'facebook', key: 'abcd' });
  await engine.streams.addOutput(id, facebook, access);
  expect(engine.streams.get(id).notices.join(' ')).toMatch(
    /Facebook.* asks for at most 4000 kbit\/s at 720p30, this has 5000 kbit\/s\..* shares its encode with YouTube.*an encode of its own, such as H\.264, 1280 × 720, 30 fps, 4000 kbit\/s/,
  );
});

it('refuses an output that could not work beside the others, and says what to do', async () => {
  const config = streamConfigSchema.parse({
    input: { type: 'test' },
    processing: [{ type: 'transcode', bitrateKbps: 9000 }],
    output: [{ type: 'rtmps', service: 'youtube', key: 'abcd' }],
  });
  const { id } = await engine.streams.create(config, { start: false }, access);
  const twitch = outputSchema.parse({ type: 'rtmp', service: 'twitch', key: 'live_1' });
  await expect(engine.streams.addOutput(id, twitch, access)).rejects.toMatchObject({
    code: 'output.limits_exceeded',
    hint: expect.stringMatching(
      /^Lower it to 6000 kbit\/s for all of them, or give Twitch an encode of its own/,
    ),
  });
});
