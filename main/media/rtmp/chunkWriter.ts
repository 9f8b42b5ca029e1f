/**
 * Cuts messages into RTMP chunks, as slices for one gathering write. Payloads are sliced, never copied; the headers
 * are cut from a slab that the garbage collector frees when the last of them is sent.
 * Source: RTMP 1.0, 5.3.1.
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

interface ChunkStreamState {
  streamId: number;
  typeId: number;
  length: number;
  timestampMs: number;
  /** Null after an absolute header: what a bare continuation would then mean is read differently by servers. */
  deltaMs: number | null;
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
    const { chunkStreamId, payload } = message;
    const timestampMs = message.timestampMs % 2 ** 32;
    const extendedMs = this.#appendFirstHeader(slices, message, timestampMs);
    let bytes = slices[slices.length - 1]?.length ?? 0;
    for (let offset = 0; offset < payload.length; offset += this.#chunkBytes) {
      if (offset > 0) bytes += this.#appendContinuation(slices, chunkStreamId, extendedMs);
      const end = Math.min(offset + this.#chunkBytes, payload.length);
      slices.push(offset === 0 && end === payload.length ? payload : payload.subarray(offset, end));
    }
    if (message.typeId === messageType.setChunkSize) this.#chunkBytes = payload.readUInt32BE(0);
    return bytes + payload.length;
  }

  /** Returns the extended timestamp that continuation chunks must repeat, or null. */
  #appendFirstHeader(slices: Buffer[], message: RtmpMessage, timestampMs: number): number | null {
    const { chunkStreamId, typeId, streamId, payload } = message;
    const last = this.#streams.get(chunkStreamId);
    const deltaMs = last === undefined ? -1 : timestampMs - last.timestampMs;
    if (last === undefined || last.streamId !== streamId || deltaMs < 0 || deltaMs >= EXTENDED) {
      this.#streams.set(chunkStreamId, {
        streamId,
        typeId,
        length: payload.length,
        timestampMs,
        deltaMs: null,
      });
      return this.#absoluteHeader(slices, message, timestampMs);
    }
    const isSameShape = last.typeId === typeId && last.length === payload.length;
    const isSameStep = isSameShape && last.deltaMs === deltaMs;
    const { slab, start } = this.#reserve();
    let end = basicHeader(slab, start, isSameStep ? 3 : isSameShape ? 2 : 1, chunkStreamId);
    if (!isSameStep) end = uint24(slab, end, deltaMs);
    if (!isSameShape) {
      end = uint24(slab, end, payload.length);
      slab[end++] = typeId;
    }
    last.typeId = typeId;
    last.length = payload.length;
    last.timestampMs = timestampMs;
    last.deltaMs = deltaMs;
    slices.push(this.#take(end));
    return null;
  }

  #absoluteHeader(slices: Buffer[], message: RtmpMessage, timestampMs: number): number | null {
    const { slab, start } = this.#reserve();
    const isExtended = timestampMs >= EXTENDED;
    let end = basicHeader(slab, start, 0, message.chunkStreamId);
    end = uint24(slab, end, isExtended ? EXTENDED : timestampMs);
    end = uint24(slab, end, message.payload.length);
    slab[end++] = message.typeId;
    end = slab.writeUInt32LE(message.streamId, end);
    if (isExtended) end = slab.writeUInt32BE(timestampMs, end);
    slices.push(this.#take(end));
    return isExtended ? timestampMs : null;
  }

  #appendContinuation(slices: Buffer[], chunkStreamId: number, extendedMs: number | null): number {
    const { slab, start } = this.#reserve();
    let end = basicHeader(slab, start, 3, chunkStreamId);
    if (extendedMs !== null) end = slab.writeUInt32BE(extendedMs, end);
    slices.push(this.#take(end));
    return end - start;
  }

  #reserve(): { slab: Buffer; start: number } {
    if (this.#slabUsed + MAX_HEADER_BYTES > SLAB_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabUsed = 0;
    }
    return { slab: this.#slab, start: this.#slabUsed };
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
