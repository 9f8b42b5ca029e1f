/** Where the segments of one variant go. The calls come one after the other, each awaited. */
export interface SegmentStore {
  /** Before everything else of a session. @throws a typed error when segments cannot be taken */
  claim(signal: AbortSignal): Promise<void>;
  /** A new initialisation section, for the segments from now on. */
  writeInit(bytes: Buffer): Promise<void>;
  /** @param isNewEncoding the picture or sound is coded in another way than before */
  begin(startMs: number, isNewEncoding: boolean): Promise<void>;
  append(bytes: Buffer): Promise<void>;
  /** The segment is whole. @param dateOf when its first picture was shown, UTC epoch milliseconds */
  finish(endMs: number, dateOf: (isDiscontinuous: boolean) => number): Promise<void>;
  /** Gives up the segment in progress, if there is one. Never rejects. */
  abandon(): Promise<void>;
  /** Resolves when everything finished has reached its place. */
  drain(): Promise<void>;
  /** Makes `drain` give up. */
  cancel(): void;
  /** For stores beyond a network. Left out: what was appended counts as confirmed. */
  delivery?(): SegmentDelivery;
}

export interface SegmentDelivery {
  /** Of segments that the server took. */
  readonly deliveredBytes: number;
  /** Of finished segments that it has not taken yet. */
  readonly waitingBytes: number;
}
