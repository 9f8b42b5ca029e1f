/**
 * An engine small enough to be killed: carries out one output in a process of its own, fed from a sample in real time.
 * Started by tests as `node outputProcess.ts '<json>'`; it prints `open` when the session takes tags and `fed` at the end.
 */
import { fileURLToPath } from 'node:url';
import { type Output, outputSchema } from '../../main/contract/outputs.ts';
import type { OutputContext } from '../../main/media/outputs/outputDriver.ts';
import { createOutputDriver } from '../../main/media/outputs/registry.ts';
import { type PeerProcess, startPeer } from './childProcess.ts';
import { createMuxerRig, feed, sampleTags, shifted, type TagRecipe } from './muxerRig.ts';

export interface OutputProcessOrder {
  /** Folder of the rig; stays when the process ends. */
  readonly root: string;
  readonly output: unknown;
  readonly recipe: TagRecipe;
  readonly speed: number;
  readonly offsetMs?: number;
  readonly context?: Partial<
    Pick<OutputContext, 'streamId' | 'outputId' | 'mayUseAnyFolder' | 'renditionIds'>
  >;
}

/** Starts it. What it prints is in `output()`. */
export function startOutputProcess(order: OutputProcessOrder): Promise<PeerProcess> {
  const script = fileURLToPath(import.meta.url);
  return startPeer({ command: process.execPath, args: [script, JSON.stringify(order)] });
}

async function run(order: OutputProcessOrder): Promise<void> {
  const rig = createMuxerRig(order.context, order.root);
  const tags = shifted(await sampleTags(order.recipe), order.offsetMs ?? 0);
  const output: Output = outputSchema.parse(order.output);
  const driver = await createOutputDriver(output, rig.context);
  const session = driver.legs[0]?.createSession(1);
  if (session === undefined) throw new Error('no leg');
  await session.open(new AbortController().signal);
  process.stdout.write('open\n');
  await feed(session, tags, { speed: order.speed });
  process.stdout.write('fed\n');
  await session.close(4000);
  await driver.finish();
  await rig.dispose();
}

const [, script, argument] = process.argv;
if (script === fileURLToPath(import.meta.url) && argument !== undefined)
  await run(JSON.parse(argument) as OutputProcessOrder);
