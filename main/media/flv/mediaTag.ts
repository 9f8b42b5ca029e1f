/**
 * The unit everything in media/ passes on: one FLV tag. Its payload is shared by every destination
 * and is never changed after it was made; what differs per destination (chunk headers, container) is added around it.
 * Layout of the payload: Adobe Video File Format 10.1, annex E; Enhanced RTMP v2 for HEVC and AV1.
 */
export type MediaTag = VideoTag | AudioTag | DataTag;

interface TagBase {
  /** Decoding time in milliseconds on the timeline of whoever hands it on; 0 or more, not limited to 32 bits. */
  readonly timestampMs: number;
  /** FLV tag body. */
  readonly payload: Buffer;
}

export interface VideoTag extends TagBase {
  readonly kind: 'video';
  readonly codec: VideoCodec;
  /** `header` carries the decoder configuration; `key` can be decoded on its own. */
  readonly frame: 'header' | 'key' | 'inter';
  /** Presentation time minus decoding time, milliseconds. */
  readonly compositionMs: number;
}

export interface AudioTag extends TagBase {
  readonly kind: 'audio';
  readonly codec: AudioCodec;
  readonly frame: 'header' | 'sound';
}

/** Script data such as onMetaData, AMF0. */
export interface DataTag extends TagBase {
  readonly kind: 'data';
}

export type VideoCodec = 'h264' | 'hevc' | 'av1' | 'vp9' | 'other';
export type AudioCodec = 'aac' | 'opus' | 'mp3' | 'other';

/** The same tag at another time. The payload is shared, not copied. */
export function at<Tag extends MediaTag>(tag: Tag, timestampMs: number): Tag {
  return tag.timestampMs === timestampMs ? tag : { ...tag, timestampMs };
}
