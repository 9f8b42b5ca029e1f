/**
 * onMetaData: what an FLV file or an RTMP publish says about itself. A `DataTag` holds it as a file does (name, then
 * an ECMA array); on an RTMP connection the word @setDataFrame goes before it, so that the server stores it.
 * Source: Adobe Video File Format 10.1, annex E.5; Enhanced RTMP v2 (FourCC as codec id).
 */
import { Amf0EcmaArray, type Amf0Object, decodeAmf0, encodeAmf0 } from '../rtmp/amf0.ts';
import type { AudioCodec, DataTag, VideoCodec } from './mediaTag.ts';
import { fourCc } from './tagParser.ts';

/** What is not known is left out. */
export interface StreamMetadata {
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
  readonly videoBitrateKbps?: number;
  readonly videoCodec?: VideoCodec;
  readonly audioBitrateKbps?: number;
  readonly audioCodec?: AudioCodec;
  readonly sampleRateHz?: number;
  readonly channels?: number;
}

const ON_META_DATA = encodeAmf0('onMetaData');
/** Goes before an onMetaData payload on an RTMP connection. */
export const SET_DATA_FRAME = encodeAmf0('@setDataFrame');

const videoCodecIds: Readonly<Record<VideoCodec, number | undefined>> = {
  h264: 7,
  hevc: fourCc('hvc1'),
  av1: fourCc('av01'),
  vp9: fourCc('vp09'),
  other: undefined,
};
const audioCodecIds: Readonly<Record<AudioCodec, number | undefined>> = {
  aac: 10,
  mp3: 2,
  opus: fourCc('Opus'),
  other: undefined,
};

/** The metadata tag of a live stream, from what is known of it. */
export function metadataTag(metadata: StreamMetadata, timestampMs: number): DataTag {
  const { videoCodec, audioCodec, channels } = metadata;
  const fields: Amf0Object = {
    duration: 0,
    width: metadata.width,
    height: metadata.height,
    framerate: metadata.fps,
    videodatarate: metadata.videoBitrateKbps,
    videocodecid: videoCodec === undefined ? undefined : videoCodecIds[videoCodec],
    audiodatarate: metadata.audioBitrateKbps,
    audiosamplerate: metadata.sampleRateHz,
    audiosamplesize: audioCodec === undefined ? undefined : 16,
    audiochannels: channels,
    stereo: channels === undefined ? undefined : channels === 2,
    audiocodecid: audioCodec === undefined ? undefined : audioCodecIds[audioCodec],
    encoder: 'streamware',
  };
  const known = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const payload = Buffer.concat([ON_META_DATA, encodeAmf0(new Amf0EcmaArray(known))]);
  return { kind: 'data', timestampMs, payload };
}

/** True for the tag of `metadataTag` and for what any FLV muxer writes as such. */
export function isMetadata(payload: Buffer): boolean {
  return startsWith(payload, ON_META_DATA);
}

/** A script message as it came over RTMP, as an FLV file would hold it: without @setDataFrame. No copy. */
export function withoutSetDataFrame(payload: Buffer): Buffer {
  return startsWith(payload, SET_DATA_FRAME) ? payload.subarray(SET_DATA_FRAME.length) : payload;
}

/** The fields of an onMetaData payload, with or without @setDataFrame; null when it is something else. Throws `media.malformed`. */
export function parseMetadata(payload: Buffer): Amf0Object | null {
  const script = withoutSetDataFrame(payload);
  if (!isMetadata(script)) return null;
  const fields = decodeAmf0(script.subarray(ON_META_DATA.length))[0];
  const isObject =
    typeof fields === 'object' && fields !== null && !Array.isArray(fields) && !(fields instanceof Date);
  return isObject ? (fields as Amf0Object) : null;
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.length >= prefix.length && bytes.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}
