/**
 * Frames tags as an FLV byte stream, for the standard input of a muxer and for files. Payloads go out by reference:
 * only the few bytes around them are made here. Source: Adobe Video File Format 10.1, annex E.2 to E.4.
 */
import type { MediaTag } from './mediaTag.ts';
import { FLV_AUDIO, FLV_DATA, FLV_VIDEO } from './tagParser.ts';

const TAG_HEADER_BYTES = 11;
const flvTypes = { audio: FLV_AUDIO, video: FLV_VIDEO, data: FLV_DATA } as const;

/** The file header with the PreviousTagSize that follows it: 13 bytes. */
export function flvFileHeader(tracks: { hasAudio: boolean; hasVideo: boolean }): Buffer {
  const flags = (tracks.hasAudio ? 4 : 0) | (tracks.hasVideo ? 1 : 0);
  return Buffer.from([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]);
}

/** The three slices of one tag: header, the shared payload, PreviousTagSize. Timestamps wrap at 2^32 ms. */
export function flvTagSlices(tag: MediaTag): [header: Buffer, payload: Buffer, trailer: Buffer] {
  const timestampMs = tag.timestampMs % 2 ** 32;
  const around = Buffer.allocUnsafe(TAG_HEADER_BYTES + 4);
  around[0] = flvTypes[tag.kind];
  around.writeUIntBE(tag.payload.length, 1, 3);
  around.writeUIntBE(timestampMs % 0x1000000, 4, 3);
  around[7] = Math.floor(timestampMs / 0x1000000);
  around.writeUIntBE(0, 8, 3);
  around.writeUInt32BE(TAG_HEADER_BYTES + tag.payload.length, TAG_HEADER_BYTES);
  return [around.subarray(0, TAG_HEADER_BYTES), tag.payload, around.subarray(TAG_HEADER_BYTES)];
}
