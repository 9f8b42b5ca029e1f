import { resolve } from 'node:path';
import type { Input } from '../contract/inputs.ts';
import type { StreamConfig } from '../contract/streams.ts';

/**
 * The configuration with relative paths made absolute. A program or a person at the command line means the folder they
 * are in; over the network a relative name means the engine's own media folder.
 */
export function withLocalPaths(config: StreamConfig, folder: string): StreamConfig {
  return {
    ...config,
    ...withLocalSources(config, folder),
    output: config.output.map((one) => {
      if ((one.type !== 'file' && one.type !== 'hls') || one.path === undefined) return one;
      const isServed = one.type === 'hls' && one.path.startsWith('/live/');
      return isServed ? one : { ...one, path: resolve(folder, one.path) };
    }),
  };
}

/** The same for what is read alone: the input, pictures laid over it, the picture of the slate. */
export function withLocalSources(
  { input, processing, slate }: Pick<StreamConfig, 'input' | 'processing' | 'slate'>,
  folder: string,
): Pick<StreamConfig, 'input' | 'processing' | 'slate'> {
  return {
    input: withLocalInput(input, folder),
    processing: processing.map((step) =>
      step.type === 'watermark' ? { ...step, image: resolve(folder, step.image) } : step,
    ),
    slate: slate.image === undefined ? slate : { ...slate, image: resolve(folder, slate.image) },
  };
}

export function withLocalInput(input: Input, folder: string): Input {
  return input.type === 'file' ? { ...input, path: resolve(folder, input.path) } : input;
}
