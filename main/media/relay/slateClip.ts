import type { AudioTag, DataTag, MediaTag, VideoTag } from '../flv/mediaTag.ts';

/**
 * What the audience sees while the source is away: the user's text or picture with silence, encoded once in the
 * format of the rendition. It is played in a loop. The first frame is a key frame.
 */
export interface SlateClip {
  readonly videoHeader: VideoTag;
  readonly audioHeader: AudioTag | null;
  /** What a program that begins with the slate says of itself. */
  readonly metadata?: DataTag;
  /** Pictures and silence in decoding order, timestamps from 0 up to (not including) `durationMs`. */
  readonly frames: readonly MediaTag[];
  readonly durationMs: number;
}
