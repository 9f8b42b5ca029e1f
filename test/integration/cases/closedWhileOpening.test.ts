// An output that is closed in the very moment in which it opens: what it was about to make is not left behind.
import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Output, outputSchema } from '../../../main/contract/outputs.ts';
import type { OutputDriver } from '../../../main/media/outputs/outputDriver.ts';
import { createOutputDriver } from '../../../main/media/outputs/registry.ts';
import { createMuxerRig, type MuxerRig } from '../../helpers/muxerRig.ts';
import { childrenOf, commandLineOf } from '../../helpers/processTree.ts';

let rig: MuxerRig;

beforeEach(() => {
  rig = createMuxerRig();
});

afterEach(() => rig.dispose());

const muxers = (): string[] =>
  childrenOf(process.pid)
    .map(commandLineOf)
    .filter((line) => line.includes('ffmpeg'));

/** @param turns of the event loop between the two: opening takes several of them, for the disk */
async function openAndClose(driver: OutputDriver, turns: number): Promise<void> {
  const session = driver.legs[0]?.createSession(1);
  if (session === undefined) throw new Error('no leg');
  const opening = session.open(new AbortController().signal).catch(() => undefined);
  for (let turn = 0; turn < turns; turn += 1) await nextTurn();
  await session.close(1000);
  // Whoever closes cleans up at once, and nothing may come after that.
  await driver.finish();
  await driver.remove();
  const [files, processes] = [filesOf(driver), muxers()];
  await opening;
  await session.ended;
  expect({ files, processes }).toEqual({ files: [], processes: [] });
  expect({ files: filesOf(driver), processes: muxers() }).toEqual({ files: [], processes: [] });
}

function filesOf({ kind }: OutputDriver): string[] {
  const { recordings, hls } = rig.context.folders;
  const entries = readdirSync(kind === 'hls' ? hls : recordings, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

it.each<Output>([
  outputSchema.parse({ type: 'file', path: 'show.mp4' }),
  outputSchema.parse({ type: 'hls', path: '/live/show/index.m3u8' }),
])('leaves nothing ($type)', async (output) => {
  for (const turns of [0, 1, 2, 4, 8, 16, 32, 64, 128])
    await openAndClose(await createOutputDriver(output, rig.context), turns);
});
