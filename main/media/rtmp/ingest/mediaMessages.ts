/**
 * Turns the media messages of one publisher into tags on its own timeline: 32-bit times unwrapped, @setDataFrame taken
 * off, aggregates taken apart. Payloads are slices of what was received, never copies.
 * Source: RTMP 1.0, 7.1; aggregate messages 7.1.6.
 */

import { at, type MediaTag } from '../../flv/mediaTag.ts';
import { isMetadata, parseMetadata, withoutSetDataFrame } from '../../flv/metadata.ts';
import { parseTag } from '../../flv/tagParser.ts';
import { TimestampUnwrapper } from '../../flv/timestampUnwrapper.ts';
import { type Amf0Object, encodeAmf0 } from '../amf0.ts';
import { messageType, type RtmpMessage } from '../rtmpMessage.ts';

const CLEAR_DATA_FRAME = encodeAmf0('@clearDataFrame');
const AGGREGATE_HEADER_BYTES = 11;
const AGGREGATE_TRAILER_BYTES = 4;

export class MediaMessages {
  readonly #unwrapper = new TimestampUnwrapper();
  #lastFrameMs: number | null = null;
  #metadata: Amf0Object | null = null;

  /** The fields of the last onMetaData; null before the first. */
  get metadata(): Amf0Object | null {
    return this.#metadata;
  }

  /** Hands the tags of a message to `deliver`; other kinds of messages give none. Throws `media.malformed`. */
  read(message: RtmpMessage, deliver: (tag: MediaTag) => void): void {
    const { typeId, timestampMs, payload } = message;
    if (typeId === messageType.audio || typeId === messageType.video) {
      const tag = parseTag(typeId, timestampMs, payload);
      if (tag !== null) deliver(this.#place(tag));
    } else if (typeId === messageType.data) this.#readData(timestampMs, payload, deliver);
    else if (typeId === messageType.dataAmf3) this.#readData(timestampMs, payload.subarray(1), deliver);
    else if (typeId === messageType.aggregate) this.#readAggregate(message, deliver);
  }

  #readData(timestampMs: number, payload: Buffer, deliver: (tag: MediaTag) => void): void {
    const script = withoutSetDataFrame(payload);
    if (script.length === 0 || script.subarray(0, CLEAR_DATA_FRAME.length).equals(CLEAR_DATA_FRAME)) return;
    if (isMetadata(script)) this.#metadata = parseMetadata(script) ?? this.#metadata;
    deliver(this.#place({ kind: 'data', timestampMs, payload: script }));
  }

  /**
   * Puts a tag on the timeline that goes on past 32 bits. Headers and metadata repeated within a stream often say 0,
   * which must not look like a counter that wrapped: they get the time of the last frame.
   */
  #place<Tag extends MediaTag>(tag: Tag): Tag {
    const isFrame = tag.kind !== 'data' && tag.frame !== 'header';
    if (!isFrame) return at(tag, this.#lastFrameMs ?? tag.timestampMs);
    this.#lastFrameMs = this.#unwrapper.unwrap(tag.timestampMs);
    return at(tag, this.#lastFrameMs);
  }

  #readAggregate(aggregate: RtmpMessage, deliver: (tag: MediaTag) => void): void {
    const { payload, streamId, chunkStreamId } = aggregate;
    let shiftMs: number | null = null;
    let offset = 0;
    while (offset + AGGREGATE_HEADER_BYTES <= payload.length) {
      const typeId = payload.readUInt8(offset);
      const bodyStart = offset + AGGREGATE_HEADER_BYTES;
      const bodyEnd = bodyStart + payload.readUIntBE(offset + 1, 3);
      if (bodyEnd > payload.length) return;
      const ownMs = payload.readUIntBE(offset + 4, 3) + payload.readUInt8(offset + 7) * 0x1000000;
      // The first one's time is the aggregate's; the others keep their distance from it.
      shiftMs ??= aggregate.timestampMs - ownMs;
      const timestampMs = (ownMs + shiftMs + 2 ** 32) % 2 ** 32;
      const body = payload.subarray(bodyStart, bodyEnd);
      // Aggregates within aggregates do not exist; reading them would let a peer nest without end.
      if (typeId !== messageType.aggregate) {
        this.read({ typeId, streamId, chunkStreamId, timestampMs, payload: body }, deliver);
      }
      offset = bodyEnd + AGGREGATE_TRAILER_BYTES;
    }
  }
}
