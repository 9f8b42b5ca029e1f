/** The unit that RTMP cuts into chunks. Source: RTMP 1.0, 5.4 and 7.1. */
export interface RtmpMessage {
  /** Which chunk stream carries it: 2 is for protocol control, 3 to 65599 are free. */
  readonly chunkStreamId: number;
  readonly typeId: number;
  /** Message stream: 0 for the connection itself, else what createStream returned. */
  readonly streamId: number;
  /** Milliseconds. Read: the 32-bit value of the wire. Written: any number from 0, wrapped at 2^32. */
  readonly timestampMs: number;
  readonly payload: Buffer;
}

export const messageType = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAcknowledgementSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  commandAmf3: 17,
  data: 18,
  command: 20,
  aggregate: 22,
} as const;

/** The chunk streams we write on: one per kind, so that each compresses its headers against its own last message. */
export const chunkStream = { control: 2, command: 3, audio: 4, data: 5, video: 6 } as const;
