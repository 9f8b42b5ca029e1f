/**
 * Makes the Encoding of each stream: ffmpeg for whatever it can open itself, and for what is pushed to us either ffmpeg
 * fed with tags or no encoder at all. The only place where the program's words meet media/encoder.
 */
import { join } from 'node:path';
import type { ProcessingStep } from '../../contract/processing.ts';
import type { StreamConfig } from '../../contract/streams.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import { Secret } from '../../lib/secret.ts';
import { imageFile, watermarkImages } from '../../media/encoder/watermarkImages.ts';
import { openInput } from '../../media/inputs/openInput.ts';
import type { IngestKeys } from '../../media/rtmp/ingest/ingestKeys.ts';
import type { RtmpIngest } from '../../media/rtmp/ingest/rtmpIngest.ts';
import { atInput } from '../inputFault.ts';
import { withLocalSources } from '../localPaths.ts';
import type { StreamDependencies } from '../streamDependencies.ts';
import { withSegmentKeyFrames } from '../transcodeStep.ts';
import type { Encoding } from './encoding.ts';
import type { EncodingMedia } from './encodingMedia.ts';
import { FfmpegEncoding, type FfmpegEncodingOptions } from './ffmpegEncoding.ts';
import { PublishedEncoding } from './publishedEncoding.ts';
import type { SenderChange } from './publisherFeed.ts';

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
  const createEncoding = (
    streamId: string,
    config: StreamConfig,
    onSenderChanged: (change: SenderChange) => void,
  ): Encoding => {
    const common = encodingOptions(parts, streamId, config);
    if (config.input.type !== 'ingest') return new FfmpegEncoding(common);
    return new PublishedEncoding(common, {
      key: config.input.key,
      streamId,
      keys: parts.keys,
      ingest: parts.ingest,
      onSenderChanged,
    });
  };
  return { createEncoding, preflight: (config) => preflight(parts, config) };
}

function encodingOptions(
  parts: EncodingParts,
  streamId: string,
  config: StreamConfig,
): FfmpegEncodingOptions {
  const sources = withLocalSources(config, parts.paths.recordings);
  return {
    ...sources,
    processing: withSegmentKeyFrames(sources.processing, config.output),
    media: parts.media,
    workFolder: join(parts.paths.cache, 'encoders', streamId),
    clock: parts.clock,
    logger: parts.logger.child({ streamId }),
  };
}

/** Everything about the sources of a stream that can be told at once. Whatever may be late is looked at while it starts. */
async function preflight(parts: EncodingParts, config: StreamConfig): Promise<void> {
  const { media, keys } = parts;
  await media.findBinary();
  const options = encodingOptions(parts, 'preflight', config);
  const { input, processing, slate } = options;
  await checkPictures(media, processing, slate);
  if (input.type === 'ingest') return keys.assertFree(new Secret(input.key));
  if (input.type !== 'file') {
    const opened = await openInput(input, await media.abilities(), parts.logger);
    try {
      opened.source();
    } finally {
      await opened.close();
    }
    return;
  }
  const encoding = new FfmpegEncoding(options);
  try {
    await encoding.plan({ renditions: [{ id: 'main', request: {}, wish: {} }], failedEncoders: [] });
  } catch (thrown) {
    throw atInput(thrown, input);
  } finally {
    await encoding.dispose();
  }
}

/** @throws with the field, when one of the pictures is not there or cannot be shown */
async function checkPictures(
  media: EncodingMedia,
  processing: readonly ProcessingStep[],
  slate: StreamConfig['slate'],
): Promise<void> {
  const images = await watermarkImages(processing);
  const fields = processing.flatMap(({ type }, index) =>
    type === 'watermark' ? [`processing.${index}.image`] : [],
  );
  for (const [index, image] of images.entries())
    await media.checkPicture(image, fields[index] ?? 'processing');
  if (slate.image === undefined) return;
  await media.checkPicture(await imageFile(slate.image, 'slate.image'), 'slate.image');
}
