/**
 * Makes the Encoding of each stream: ffmpeg for whatever it can open itself, and for what is pushed to us either ffmpeg
 * fed with tags or no encoder at all. The only place where the program's words meet media/encoder.
 */
import { isAbsolute, join, resolve } from 'node:path';
import type { Input } from '../../contract/inputs.ts';
import type { StreamConfig } from '../../contract/streams.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { PlannedRendition } from '../../media/encoder/encoderPlan.ts';
import type { VideoCodecName, VideoEncoder } from '../../media/encoder/videoEncoders.ts';
import type { FfmpegAbilities } from '../../media/ffmpeg/abilities.ts';
import type { FfmpegBinary } from '../../media/ffmpeg/binary.ts';
import type { FfmpegRunner } from '../../media/ffmpeg/ffmpegProcess.ts';
import type { Prober } from '../../media/ffmpeg/probe.ts';
import type { SlateClip } from '../../media/relay/slateClip.ts';
import type { IngestKeys } from '../../media/rtmp/ingest/ingestKeys.ts';
import type { RtmpIngest } from '../../media/rtmp/ingest/rtmpIngest.ts';
import type { StreamDependencies } from '../streamDependencies.ts';
import type { Encoding } from './encoding.ts';
import { FfmpegEncoding } from './ffmpegEncoding.ts';
import { PublishedEncoding } from './publishedEncoding.ts';

/** ffmpeg as the program needs it. */
export interface EncodingMedia {
  readonly runner: FfmpegRunner;
  readonly prober: Prober;
  findBinary(): Promise<FfmpegBinary>;
  abilities(): Promise<FfmpegAbilities>;
  /** The best that works for each codec. @throws `encoder.none_works` */
  chooseEncoders(wish: EncoderWish): Promise<Partial<Record<VideoCodecName, VideoEncoder>>>;
  /** A clip of the slate, alike in format to what the encoder makes of this rendition. */
  renderSlate(rendition: PlannedRendition, slate: StreamConfig['slate']): Promise<SlateClip>;
}

export interface EncoderWish {
  readonly codecs: readonly VideoCodecName[];
  /** Of the largest picture. */
  readonly size: { readonly width: number; readonly height: number; readonly fps: number };
  /** The encoder that the user named; null for the best. */
  readonly wanted: string | null;
  /** Those that failed in this broadcast. */
  readonly without: readonly string[];
}

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
