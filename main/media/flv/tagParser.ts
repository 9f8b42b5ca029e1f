/**
 * Reads the first bytes of an FLV tag body: which codec, header or frame, key or not, composition time.
 * It classifies; it does not decode, and it never copies or changes a payload.
 * Source: Adobe Video File Format 10.1, annex E.4; Enhanced RTMP v2 (ExVideoTagHeader, ExAudioTagHeader).
 */
import type { AudioCodec, AudioTag, DataTag, MediaTag, VideoCodec, VideoTag } from './mediaTag.ts';

export const FLV_AUDIO = 8;
export const FLV_VIDEO = 9;
export const FLV_DATA = 18;

const VIDEO_INFO_FRAME = 5;
const AUDIO_EX_HEADER = 9;
/** Packet types that Enhanced RTMP's video and audio headers share. */
const SEQUENCE_START = 0;
const CODED_FRAMES = 1;
const CODED_FRAMES_X = 3;
const MPEG2_TS_SEQUENCE_START = 5;
const MOD_EX = 7;

const legacyVideoCodecs: Readonly<Record<number, VideoCodec>> = { 7: 'h264', 12: 'hevc', 13: 'av1' };
const legacyAudioCodecs: Readonly<Record<number, AudioCodec>> = { 2: 'mp3', 10: 'aac', 14: 'mp3' };
const AVC1 = fourCc('avc1');
const HVC1 = fourCc('hvc1');
const VVC1 = fourCc('vvc1');
const videoFourCcs: Readonly<Record<number, VideoCodec>> = {
  [AVC1]: 'h264',
  [HVC1]: 'hevc',
  [fourCc('av01')]: 'av1',
  [fourCc('vp09')]: 'vp9',
};
const audioFourCcs: Readonly<Record<number, AudioCodec>> = {
  [fourCc('mp4a')]: 'aac',
  [fourCc('Opus')]: 'opus',
  [fourCc('.mp3')]: 'mp3',
};

/** What stands before the codec's own data in a tag body. */
interface TagLayout {
  readonly codec: VideoCodec | AudioCodec;
  readonly frame: 'header' | 'key' | 'inter' | 'sound';
  readonly compositionMs: number;
  /** Where the codec's data (decoder configuration, NAL units, raw frame) begins in the payload. */
  readonly dataOffset: number;
  /** True for an Enhanced RTMP header. */
  readonly isEnhanced: boolean;
}

/**
 * One tag as a `MediaTag`; `type` is the FLV tag type, which is also the RTMP message type (8, 9 or 18).
 * Null for what carries nothing to decode: empty bodies, headers without a decoder configuration (ffmpeg writes them
 * before it knows one), end of sequence, info frames, and the parts of Enhanced RTMP that are not carried on (colour
 * metadata, further tracks).
 */
export function parseTag(type: number, timestampMs: number, payload: Buffer): MediaTag | null {
  if (type === FLV_VIDEO) return parseVideoTag(timestampMs, payload);
  if (type === FLV_AUDIO) return parseAudioTag(timestampMs, payload);
  if (type === FLV_DATA) return parseDataTag(timestampMs, payload);
  return null;
}

export function parseVideoTag(timestampMs: number, payload: Buffer): VideoTag | null {
  const layout = videoLayout(payload);
  if (layout === null || isEmptyHeader(layout, payload)) return null;
  const { codec, frame, compositionMs } = layout;
  return { kind: 'video', codec, frame, compositionMs, timestampMs, payload };
}

export function parseAudioTag(timestampMs: number, payload: Buffer): AudioTag | null {
  const layout = audioLayout(payload);
  if (layout === null || isEmptyHeader(layout, payload)) return null;
  return { kind: 'audio', codec: layout.codec, frame: layout.frame, timestampMs, payload };
}

function isEmptyHeader({ frame, dataOffset }: TagLayout, payload: Buffer): boolean {
  return frame === 'header' && payload.length <= dataOffset;
}

function parseDataTag(timestampMs: number, payload: Buffer): DataTag | null {
  return payload.length === 0 ? null : { kind: 'data', timestampMs, payload };
}

export interface VideoLayout extends TagLayout {
  readonly codec: VideoCodec;
  readonly frame: 'header' | 'key' | 'inter';
}

/** The layout of a video tag body, or null where `parseTag` gives null. */
export function videoLayout(payload: Buffer): VideoLayout | null {
  const first = payload[0];
  if (first === undefined) return null;
  if ((first & 0x80) !== 0) return enhancedVideoLayout(payload, first);
  const frameType = first >> 4;
  if (frameType === VIDEO_INFO_FRAME) return null;
  const codec = legacyVideoCodecs[first & 0x0f] ?? 'other';
  const frame = frameType === 1 ? 'key' : 'inter';
  if (codec === 'other') return { codec, frame, compositionMs: 0, dataOffset: 1, isEnhanced: false };
  if (payload.length < 5) return null;
  const packetType = payload[1];
  if (packetType === 0) return { codec, frame: 'header', compositionMs: 0, dataOffset: 5, isEnhanced: false };
  if (packetType !== 1) return null;
  return { codec, frame, compositionMs: signed24(payload, 2), dataOffset: 5, isEnhanced: false };
}

function enhancedVideoLayout(payload: Buffer, first: number): VideoLayout | null {
  const frameType = (first >> 4) & 0x07;
  const opened = skipModifiers(payload, first & 0x0f);
  if (opened === null || frameType === VIDEO_INFO_FRAME) return null;
  const { packetType, offset } = opened;
  if (payload.length < offset + 4) return null;
  const code = payload.readUInt32BE(offset);
  const codec = videoFourCcs[code] ?? 'other';
  const frame = frameType === 1 ? 'key' : 'inter';
  const dataOffset = offset + 4;
  const isEnhanced = true;
  if (packetType === SEQUENCE_START || packetType === MPEG2_TS_SEQUENCE_START) {
    return { codec, frame: 'header', compositionMs: 0, dataOffset, isEnhanced };
  }
  if (packetType === CODED_FRAMES_X) return { codec, frame, compositionMs: 0, dataOffset, isEnhanced };
  if (packetType !== CODED_FRAMES) return null;
  const hasCompositionTime = code === AVC1 || code === HVC1 || code === VVC1;
  if (!hasCompositionTime) return { codec, frame, compositionMs: 0, dataOffset, isEnhanced };
  if (payload.length < dataOffset + 3) return null;
  const compositionMs = signed24(payload, dataOffset);
  return { codec, frame, compositionMs, dataOffset: dataOffset + 3, isEnhanced };
}

export interface AudioLayout extends TagLayout {
  readonly codec: AudioCodec;
  readonly frame: 'header' | 'sound';
}

/** The layout of an audio tag body, or null where `parseTag` gives null. */
export function audioLayout(payload: Buffer): AudioLayout | null {
  const first = payload[0];
  if (first === undefined) return null;
  const format = first >> 4;
  if (format === AUDIO_EX_HEADER) return enhancedAudioLayout(payload, first);
  const codec = legacyAudioCodecs[format] ?? 'other';
  if (codec !== 'aac') {
    if (payload.length < 2) return null;
    return { codec, frame: 'sound', compositionMs: 0, dataOffset: 1, isEnhanced: false };
  }
  const packetType = payload[1];
  if (packetType === 0) return { codec, frame: 'header', compositionMs: 0, dataOffset: 2, isEnhanced: false };
  if (packetType !== 1 || payload.length < 3) return null;
  return { codec, frame: 'sound', compositionMs: 0, dataOffset: 2, isEnhanced: false };
}

function enhancedAudioLayout(payload: Buffer, first: number): AudioLayout | null {
  const opened = skipModifiers(payload, first & 0x0f);
  if (opened === null || payload.length < opened.offset + 4) return null;
  const { packetType, offset } = opened;
  if (packetType !== SEQUENCE_START && packetType !== CODED_FRAMES) return null;
  const codec = audioFourCcs[payload.readUInt32BE(offset)] ?? 'other';
  const frame = packetType === SEQUENCE_START ? 'header' : 'sound';
  return { codec, frame, compositionMs: 0, dataOffset: offset + 4, isEnhanced: true };
}

/** Steps over ModEx modifiers (such as nanosecond offsets) to the packet type they precede. */
function skipModifiers(
  payload: Buffer,
  firstPacketType: number,
): { packetType: number; offset: number } | null {
  let packetType = firstPacketType;
  let offset = 1;
  while (packetType === MOD_EX) {
    let size = (payload[offset++] ?? 0) + 1;
    if (size === 256) {
      if (payload.length < offset + 2) return null;
      size = payload.readUInt16BE(offset) + 1;
      offset += 2;
    }
    offset += size;
    const next = payload[offset++];
    if (next === undefined) return null;
    packetType = next & 0x0f;
  }
  return { packetType, offset };
}

/**
 * H.264 and AAC with an Enhanced RTMP header, rewritten to the header every server and muxer knows (one copy).
 * Everything else is returned as it is.
 */
export function withLegacyHeader<Tag extends MediaTag>(tag: Tag): Tag {
  if (tag.kind === 'video' && tag.codec === 'h264') {
    const layout = videoLayout(tag.payload);
    if (layout === null || !layout.isEnhanced) return tag;
    const header = Buffer.alloc(5);
    header[0] = layout.frame === 'inter' ? 0x27 : 0x17;
    header[1] = layout.frame === 'header' ? 0 : 1;
    header.writeIntBE(layout.compositionMs, 2, 3);
    return { ...tag, payload: Buffer.concat([header, tag.payload.subarray(layout.dataOffset)]) };
  }
  if (tag.kind === 'audio' && tag.codec === 'aac') {
    const layout = audioLayout(tag.payload);
    if (layout === null || !layout.isEnhanced) return tag;
    const header = Buffer.from([0xaf, layout.frame === 'header' ? 0 : 1]);
    return { ...tag, payload: Buffer.concat([header, tag.payload.subarray(layout.dataOffset)]) };
  }
  return tag;
}

function signed24(buffer: Buffer, offset: number): number {
  return buffer.readIntBE(offset, 3);
}

/** The number that Enhanced RTMP writes for a four-letter codec name. */
export function fourCc(code: string): number {
  return Buffer.from(code, 'latin1').readUInt32BE(0);
}
