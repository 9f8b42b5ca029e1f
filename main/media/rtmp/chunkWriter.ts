/**
 * Cuts messages into RTMP chunks, as slices to be written one after the other. Payloads go by reference, never copied;
 * headers are cut from a slab that the garbage collector frees when the last of it is sent. Source: RTMP 1.0, 5.3.1.
 *
 * Timestamps: a header with an absolute time opens each chunk stream and whenever time goes back, jumps far or the
 * message stream changes; all others carry differences. A session of weeks therefore meets the extended timestamp
 * (24 bits exceeded) in its absolute headers alone, where every server handles it.
 */
import type { RtmpMessage } from './rtmpMessage.ts';
import { messageType } from './rtmpMessage.ts';

export const DEFAULT_CHUNK_BYTES = 128;
const EXTENDED = 0xffffff;
const SLAB_BYTES = 4096;
/** Basic header of 3 bytes, message header of 11, extended timestamp of 4. */
const MAX_HEADER_BYTES = 18;

/** The last message on a chunk stream: what the header of the next one depends on. */
export interface ChunkStreamState {
  readonly streamId: number;
  readonly typeId: number;
  readonly length: number;
  /** Modulo 2^32. */
  readonly timestampMs: number;
  /** Null after an absolute header: what a bare continuation would then mean is read differently by servers. */
  readonly deltaMs: number | null;
}

/** What the first header of a message says. */
interface HeaderPlan {
  /** 0: absolute time; 1: a step; 2: a step, the rest as before; 3: all as before. */
  readonly format: 0 | 1 | 2 | 3;
  /** Absolute time or step, in milliseconds. */
  readonly fieldMs: number;
}

export class ChunkWriter {
  readonly #streams = new Map<number, ChunkStreamState>();
  #chunkBytes = DEFAULT_CHUNK_BYTES;
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #slabUsed = 0;

  get chunkBytes(): number {
    return this.#chunkBytes;
  }

  /**
   * Appends the slices of one message to `slices` and returns how many bytes they are.
   * A Set Chunk Size message is obeyed from the next message on.
   */
  append(slices: Buffer[], message: RtmpMessage): number {
    const bytes = this.#cut(slices, message, this.#planHeader(message));
    if (message.typeId === messageType.setChunkSize) this.#chunkBytes = message.payload.readUInt32BE(0);
    return bytes;
  }

  /** Where a chunk stream stands; undefined before its first message. */
  state(chunkStreamId: number): ChunkStreamState | undefined {
    return this.#streams.get(chunkStreamId);
  }

  /** Goes on as if the messages that lead to this state had been written here: another writer wrote them, for both. */
  adopt(chunkStreamId: number, state: ChunkStreamState): void {
    this.#streams.set(chunkStreamId, state);
  }

  /** Decides on the header, and keeps the message as the last one of its chunk stream. */
  #planHeader(message: RtmpMessage): HeaderPlan {
    const { chunkStreamId, typeId, streamId, payload } = message;
    const { length } = payload;
    const timestampMs = message.timestampMs % 2 ** 32;
    const state = this.#streams.get(chunkStreamId);
    const deltaMs = state === undefined ? -1 : timestampMs - state.timestampMs;
    if (state === undefined || state.streamId !== streamId || deltaMs < 0 || deltaMs >= EXTENDED) {
      this.#streams.set(chunkStreamId, { streamId, typeId, length, timestampMs, deltaMs: null });
      return { format: 0, fieldMs: timestampMs };
    }
    const isSameShape = state.typeId === typeId && state.length === length;
    const isSameStep = isSameShape && state.deltaMs === deltaMs;
    this.#streams.set(chunkStreamId, { streamId, typeId, length, timestampMs, deltaMs });
    return { format: isSameStep ? 3 : isSameShape ? 2 : 1, fieldMs: deltaMs };
  }

  #cut(slices: Buffer[], message: RtmpMessage, plan: HeaderPlan): number {
    const { chunkStreamId, payload } = message;
    const chunkBytes = this.#chunkBytes;
    const extendedMs = plan.format === 0 && plan.fieldMs >= EXTENDED ? plan.fieldMs : null;
    let header = this.#firstHeader(message, plan);
    let bytes = payload.length + header.length;
    slices.push(header);
    for (let offset = 0; offset < payload.length; offset += chunkBytes) {
      if (offset > 0) {
        header = this.#continuation(chunkStreamId, extendedMs);
        bytes += header.length;
        slices.push(header);
      }
      const end = Math.min(offset + chunkBytes, payload.length);
      slices.push(offset === 0 && end === payload.length ? payload : payload.subarray(offset, end));
    }
    return bytes;
  }

  #firstHeader({ chunkStreamId, typeId, streamId, payload }: RtmpMessage, plan: HeaderPlan): Buffer {
    const { format, fieldMs } = plan;
    const isExtended = format === 0 && fieldMs >= EXTENDED;
    const slab = this.#reserve();
    let end = basicHeader(slab, this.#slabUsed, format, chunkStreamId);
    if (format < 3) end = uint24(slab, end, isExtended ? EXTENDED : fieldMs);
    if (format < 2) {
      end = uint24(slab, end, payload.length);
      slab[end++] = typeId;
    }
    if (format === 0) end = slab.writeUInt32LE(streamId, end);
    if (isExtended) end = slab.writeUInt32BE(fieldMs, end);
    return this.#take(end);
  }

  /** `extendedMs`: the extended timestamp that every further chunk of the message must repeat, or null. */
  #continuation(chunkStreamId: number, extendedMs: number | null): Buffer {
    const slab = this.#reserve();
    let end = basicHeader(slab, this.#slabUsed, 3, chunkStreamId);
    if (extendedMs !== null) end = slab.writeUInt32BE(extendedMs, end);
    return this.#take(end);
  }

  /** Makes sure that the slab has room for a header. */
  #reserve(): Buffer {
    if (this.#slabUsed + MAX_HEADER_BYTES > SLAB_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabUsed = 0;
    }
    return this.#slab;
  }

  #take(end: number): Buffer {
    const header = this.#slab.subarray(this.#slabUsed, end);
    this.#slabUsed = end;
    return header;
  }
}

function basicHeader(slab: Buffer, offset: number, format: number, chunkStreamId: number): number {
  const top = format << 6;
  if (chunkStreamId < 64) {
    slab[offset] = top | chunkStreamId;
    return offset + 1;
  }
  const above = chunkStreamId - 64;
  if (chunkStreamId < 320) {
    slab[offset] = top;
    slab[offset + 1] = above;
    return offset + 2;
  }
  slab[offset] = top | 1;
  slab[offset + 1] = above & 0xff;
  slab[offset + 2] = above >> 8;
  return offset + 3;
}

function uint24(slab: Buffer, offset: number, value: number): number {
  slab[offset] = value >> 16;
  slab[offset + 1] = value >> 8;
  slab[offset + 2] = value;
  return offset + 3;
}
