// Everything is ended while one of the streams is being removed: the others end all the same, and so does the engine.
import { expect, it } from 'vitest';
import type { StreamConfigInput } from '../../../main/contract/streams.ts';
import { Outsider } from '../../helpers/outsider.ts';
import { smallPicture } from '../../helpers/testEngine.ts';
import { within } from '../../helpers/waitFor.ts';

it('a stream that is removed keeps nothing from ending', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const engine = await Outsider.meet({ onStopRequested: resolve });
  const config: StreamConfigInput = {
    input: { type: 'test' },
    processing: [smallPicture],
    output: [{ type: 'file' }],
  };
  const ids = [await engine.create(config), await engine.create(config)];
  await Promise.all(ids.map((id) => engine.untilLive(id)));
  const [first = '', second = ''] = ids;
  const { streams } = engine.engine;
  // As two requests that arrive together: the stop waits in line behind the removal, and finds nothing to stop.
  const removal = streams.delete(first);
  await streams.stopAll();
  await removal;
  expect(await engine.stream(second)).toMatchObject({ order: 'stopped', state: 'stopped' });
  await engine.call('POST', '/engine/stop', {});
  await within(asked, { what: 'the engine to be asked to end' });
  await engine.close();
});
