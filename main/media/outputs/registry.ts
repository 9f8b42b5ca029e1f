/** The table of output kinds. A new kind is one file that makes an `OutputDriver`, and one line here. */
import type { Output, OutputType } from '../../contract/outputs.ts';
import { createFileOutput } from './fileOutput.ts';
import { createHlsOutput } from './hls/hlsOutput.ts';
import { createHlsPush } from './hlsPush.ts';
import type { OutputContext, OutputDriver } from './outputDriver.ts';
import { createRtmpOutput } from './rtmpOutput.ts';
import { createSrtOutput } from './srtOutput.ts';

type DriverFactories = {
  readonly [Type in OutputType]: (
    config: Extract<Output, { type: Type }>,
    context: OutputContext,
  ) => OutputDriver | Promise<OutputDriver>;
};

const factories: DriverFactories = {
  rtmp: createRtmpOutput,
  rtmps: createRtmpOutput,
  hls: createHlsOutput,
  srt: createSrtOutput,
  file: createFileOutput,
  'hls-push': createHlsPush,
};

/**
 * What carries out an output. Nothing is connected, written or started yet.
 * @throws the typed refusal of an address or path, `field` within the output (`url`, `key`, `path`)
 */
export async function createOutputDriver(output: Output, context: OutputContext): Promise<OutputDriver> {
  // The compiler cannot see that kind and factory belong together; the type of the table says so.
  const create = factories[output.type] as (config: Output, context: OutputContext) => OutputDriver;
  return create(output, context);
}
