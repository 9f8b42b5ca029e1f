// A picture as the source, held by a loop: a poster before the show, or in place of a camera.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runTool } from '../../helpers/childProcess.ts';
import { fixture } from '../../helpers/fixtures.ts';
import { Outsider } from '../../helpers/outsider.ts';
import { smallPicture } from '../../helpers/testEngine.ts';

let engine: Outsider;

beforeAll(async () => {
  engine = await Outsider.meet();
});

afterAll(() => engine.close());

it.concurrent.each([
  'poster.png',
  'poster.jpg',
  'POSTER.JPEG',
  'poster-001.jpg',
  'poster.webp',
  'poster.bmp',
  'poster.gif',
])('%s is shown for as long as it is wanted', async (name) => {
  const path = engine.engine.folder.file(name);
  await runTool('ffmpeg', ['-v', 'error', '-y', '-i', await fixture('odd.png'), '-frames:v', '1', path]);
  const id = await engine.create({
    input: { type: 'file', path, loop: true },
    processing: [smallPicture],
    output: [{ type: 'hls' }],
  });
  const { state, reason } = await engine.until(id, 'two seconds of it', ({ outputs }) =>
    outputs.every(({ framesSent }) => framesSent > 50),
  );
  expect({ state, reason }).toEqual({ state: 'live', reason: null });
  expect(engine.engine.health(id)).toMatchObject({ slateSeconds: 0, encoderRestarts: 0 });
  await engine.call('DELETE', `/streams/${id}`);
});
