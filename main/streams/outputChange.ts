/** How a change of one output is put into its configuration, and what of it has to be done to a stream that is live. */
import { isDeepStrictEqual } from 'node:util';
import type { OutputPatch } from '../contract/api/outputs.ts';
import type { Output } from '../contract/outputs.ts';
import type { StreamConfig } from '../contract/streams.ts';
import type { LiveStream, NamedOutput } from './liveStream.ts';
import { definedOnly, mainRequest, planRenditions, wishesOf } from './renditions.ts';
import type { StreamDependencies } from './streamDependencies.ts';

/** Only what differs is done: a new name needs no new connection. */
export async function replaceOutput(live: LiveStream, before: Output, after: NamedOutput): Promise<void> {
  const { name: _n, priority: _p, ...way } = before;
  const { name: _m, priority: _q, ...nextWay } = after.config;
  if (isDeepStrictEqual(way, nextWay)) live.findOutput(after.id)?.relabel(after.config);
  else await live.replaceOutput(after);
}

export function named(output: Output): NamedOutput {
  if (output.id === undefined) throw new Error('an output without an id was kept');
  return { id: output.id, config: output };
}

/** Null takes a field away, what is left out stays. */
export function merged(output: Output, patch: OutputPatch): object {
  const changed = { ...output, ...definedOnly(patch) };
  return Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== null));
}

/** What the outputs of a deleted stream keep for late viewers has nobody to be kept for. Recordings stay. */
export async function forgetOutputs(
  streamId: string,
  { name: streamName, processing, output }: StreamConfig,
  createDriver: StreamDependencies['createDriver'],
): Promise<void> {
  const outputs = output.map(named);
  const wishes = outputs.map(({ id, config }) => wishesOf(id, config));
  const { byOutput } = planRenditions(mainRequest(processing), wishes);
  for (const one of outputs) {
    const renditionIds = byOutput.get(one.id) ?? [];
    const driver = await createDriver({ streamId, streamName, output: one, renditionIds });
    await driver.remove();
  }
}
