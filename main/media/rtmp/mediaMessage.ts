import type { MediaTag } from '../flv/mediaTag.ts';
import { isMetadata, SET_DATA_FRAME } from '../flv/metadata.ts';
import { chunkStream, messageType, type RtmpMessage } from './rtmpMessage.ts';

/** A tag as the message that publishes it. The payload is shared; metadata alone gets @setDataFrame before it. */
export function mediaMessage(tag: MediaTag, timestampMs: number, streamId: number): RtmpMessage {
  const { kind, payload } = tag;
  const chunkStreamId = chunkStream[kind];
  const typeId = messageType[kind];
  if (kind === 'data' && isMetadata(payload)) {
    return {
      chunkStreamId,
      typeId,
      streamId,
      timestampMs,
      payload: Buffer.concat([SET_DATA_FRAME, payload]),
    };
  }
  return { chunkStreamId, typeId, streamId, timestampMs, payload };
}
