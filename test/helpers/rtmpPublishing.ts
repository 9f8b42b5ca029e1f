/** The publisher under test, fed from a media file as a supervisor feeds it. */
import { createReadStream } from 'node:fs';
import { systemClock } from '../../main/lib/clock.ts';
import { nullLogger } from '../../main/lib/logger.ts';
import { FlvReader } from '../../main/media/flv/flvReader.ts';
import type { MediaTag } from '../../main/media/flv/mediaTag.ts';
import type { OutputSession } from '../../main/media/outputs/outputSession.ts';
import { createRtmpPublisher, type RtmpPublisherOptions } from '../../main/media/rtmp/rtmpPublisher.ts';
import { parseRtmpAddress } from '../../main/media/rtmp/rtmpUrl.ts';
import { waitFor } from './waitFor.ts';

export const neverAborted = new AbortController().signal;

/** A publisher for an address as a person types it. */
export function publisherTo(
  url: string,
  key?: string,
  options: Partial<RtmpPublisherOptions> = {},
): OutputSession {
  return createRtmpPublisher({
    ...parseRtmpAddress({ url, key }),
    clock: systemClock,
    logger: nullLogger,
    ...options,
  });
}

/** All tags of an FLV file, moved by `shiftMs`. */
export async function readTags(file: string, shiftMs = 0): Promise<MediaTag[]> {
  const tags: MediaTag[] = [];
  const reader = new FlvReader((tag) => tags.push({ ...tag, timestampMs: tag.timestampMs + shiftMs }));
  for await (const chunk of createReadStream(file)) reader.push(chunk);
  return tags;
}

/** Writes everything as fast as the session takes it, and waits until it has left for the kernel. */
export async function writeAll(session: OutputSession, tags: readonly MediaTag[]): Promise<void> {
  for (const tag of tags) {
    if (session.write(tag)) continue;
    await new Promise<void>((resolve) => {
      session.onDrain = resolve;
    });
  }
  await waitFor(() => session.progress().bytesPending === 0, { what: 'everything to be sent' });
}
