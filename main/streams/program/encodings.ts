/**
 * Makes the Encoding of each stream: ffmpeg for whatever it can open itself, and for what is pushed to us either ffmpeg
 * fed with tags or no encoder at all. The only place where the program's words meet media/encoder.
 */
import { isAbsolute, join, resolve } from 'node:path';
import type { Input } from '../../contract/inputs.ts';
import type { StreamConfig } from '../../contract/streams.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { IngestKeys } from '../../media/rtmp/ingest/ingestKeys.ts';
import type { RtmpIngest } from '../../media/rtmp/ingest/rtmpIngest.ts';
import type { StreamDependencies } from '../streamDependencies.ts';
import type { Encoding } from './encoding.ts';
import type { EncodingMedia } from './encodingMedia.ts';
import { FfmpegEncoding } from './ffmpegEncoding.ts';
import { PublishedEncoding } from './publishedEncoding.ts';

export interface EncodingParts {
  readonly media: EncodingMedia;
  readonly keys: IngestKeys;
  readonly ingest: Pick<RtmpIngest, 'drop'>;
  readonly paths: { readonly recordings: string; readonly cache: string };
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createEncodings(
  parts: EncodingParts,
): Pick<StreamDependencies, 'createEncoding' | 'preflight'> {
  const createEncoding = (streamId: string, config: StreamConfig, onSenderChanged: () => void): Encoding => {
    const common = {
      input: withAbsolutePath(config.input, parts.paths.recordings),
      processing: config.processing,
      slate: config.slate,
      media: parts.media,
      workFolder: join(parts.paths.cache, 'encoders', streamId),
      clock: parts.clock,
      logger: parts.logger.child({ streamId }),
    };
    if (config.input.type !== 'ingest') return new FfmpegEncoding(common);
    return new PublishedEncoding(common, {
      key: config.input.key,
      streamId,
      keys: parts.keys,
      ingest: parts.ingest,
      onSenderChanged,
    });
  };
  return {
    createEncoding,
    async preflight(config) {
      await parts.media.findBinary();
      // Only a file answers at once. Whatever may be late is looked at while the stream starts.
      if (config.input.type !== 'file') return;
      const encoding = createEncoding('preflight', config, () => undefined);
      await encoding.plan({ renditions: [{ id: 'main', request: {}, wish: {} }], failedEncoders: [] });
      await encoding.dispose();
    },
  };
}

function withAbsolutePath(input: Input, folder: string): Input {
  return input.type === 'file' && !isAbsolute(input.path)
    ? { ...input, path: resolve(folder, input.path) }
    : input;
}
