import { resolve } from 'node:path';
import type { StreamConfig } from '../contract/streams.ts';

/**
 * The configuration with relative paths made absolute. A program or a person at the command line means the folder they
 * are in; over the network a relative name means the engine's own media folder.
 */
export function withLocalPaths(config: StreamConfig, folder: string): StreamConfig {
  const absolute = (path: string): string => resolve(folder, path);
  const { input, processing, output, slate } = config;
  return {
    ...config,
    input: input.type === 'file' ? { ...input, path: absolute(input.path) } : input,
    processing: processing.map((step) =>
      step.type === 'watermark' ? { ...step, image: absolute(step.image) } : step,
    ),
    output: output.map((one) => {
      if ((one.type !== 'file' && one.type !== 'hls') || one.path === undefined) return one;
      return one.type === 'hls' && one.path.startsWith('/live/') ? one : { ...one, path: absolute(one.path) };
    }),
    slate: slate.image === undefined ? slate : { ...slate, image: absolute(slate.image) },
  };
}
