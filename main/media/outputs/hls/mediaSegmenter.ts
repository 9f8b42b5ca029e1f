/** Cuts what a muxer writes into segments that can be played on their own. One per muxer; see tsSegmenter.ts and mp4Segmenter.ts. */
export interface MediaSegmenter {
  /** Takes the next bytes of the muxer. They may be changed. */
  push(chunk: Buffer): void;
  /** When the last picture is over, on the stream's timeline; null while there was none. */
  endMs(): number | null;
  /** Whether what has come so far ends where a segment may end; false when the muxer was cut off in the middle. */
  isWhole(): boolean;
}

export interface SegmentEvents {
  /** A key frame comes next. True: a segment begins with it. The answer to the first one must be true. */
  onKey(timeMs: number): boolean;
  /** Bytes of the segment that has begun. */
  onData(bytes: Buffer): void;
  /** MP4 only, once, before everything else: what a player needs to read the segments. */
  onInit(bytes: Buffer): void;
}
