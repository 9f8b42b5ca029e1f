/**
 * Makes the tests of the encoders before the suites that start real streams. On a fresh machine the first start of a
 * stream waits seconds for them; a suite that looks at what happens in those seconds must not be the one that pays.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallPicture, startTestEngine } from './testEngine.ts';

/** Where the engines of the suites keep these tests. */
export const sharedCache = join(tmpdir(), 'streamware-fault-tests-encoders');

export async function setup(): Promise<void> {
  const engine = await startTestEngine({ sharedCache });
  try {
    await engine.goLive({ input: { type: 'test' }, processing: [smallPicture], output: [{ type: 'hls' }] });
  } finally {
    await engine.close();
  }
}
