/**
 * Cuts messages into RTMP chunks, as slices for one gathering write. Large payloads go by reference; headers and small
 * payloads (sound, commands) are put next to one another in a slab, so that a write has few slices. The garbage
 * collector frees a slab when the last of it is sent. Source: RTMP 1.0, 5.3.1.
 *
 * Timestamps: a header with an absolute time opens each chunk stream and whenever time goes back, jumps far or the
 * message stream changes; all others carry differences. A session of weeks therefore meets the extended timestamp
 * (24 bits exceeded) in its absolute headers alone, where every server handles it.
 */
import type { RtmpMessage } from './rtmpMessage.ts';
import { messageType } from './rtmpMessage.ts';

export const DEFAULT_CHUNK_BYTES = 128;
const EXTENDED = 0xffffff;
const SLAB_BYTES = 16 * 1024;
/** Basic header of 3 bytes, message header of 11, extended timestamp of 4. */
const MAX_HEADER_BYTES = 18;
/** Payloads up to this are cheaper to copy than to carry as a slice of their own. */
const MAX_COPIED_BYTES = 1024;

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
  /** The slice cut last from the slab, which the next bytes may lengthen. */
  #tail: Buffer | null = null;
  #tailStart = 0;

  get chunkBytes(): number {
    return this.#chunkBytes;
  }

  /**
   * Appends one message to `slices`, lengthening the last slice where it can, and returns how many bytes it added.
   * A Set Chunk Size message is obeyed from the next message on.
   */
  append(slices: Buffer[], message: RtmpMessage): number {
    const { chunkStreamId, payload } = message;
    const isCopied = payload.length <= MAX_COPIED_BYTES && payload.length <= this.#chunkBytes;
    const start = this.#reserve(isCopied ? MAX_HEADER_BYTES + payload.length : MAX_HEADER_BYTES);
    const timestampMs = message.timestampMs % 2 ** 32;
    const state = this.#streams.get(chunkStreamId);
    const isAbsolute = state === undefined || !canContinue(state, message, timestampMs);
    let end = isAbsolute
      ? absoluteHeader(this.#slab, start, message, timestampMs)
      : differenceHeader(this.#slab, start, message, state, timestampMs);
    this.#remember(message, timestampMs, state, isAbsolute);
    let bytes = end - start + payload.length;
    if (isCopied) end += payload.copy(this.#slab, end);
    this.#push(slices, start, end);
    if (!isCopied) bytes += this.#appendByReference(slices, message, isAbsolute && timestampMs >= EXTENDED);
    if (message.typeId === messageType.setChunkSize) this.#chunkBytes = payload.readUInt32BE(0);
    return bytes;
  }

  /** Returns the bytes of the continuation headers between the pieces. */
  #appendByReference(slices: Buffer[], message: RtmpMessage, isExtended: boolean): number {
    const { chunkStreamId, payload } = message;
    const chunkBytes = this.#chunkBytes;
    if (payload.length <= chunkBytes) {
      slices.push(payload);
      return 0;
    }
    let bytes = 0;
    for (let offset = 0; offset < payload.length; offset += chunkBytes) {
      if (offset > 0) {
        const start = this.#reserve(MAX_HEADER_BYTES);
        let end = basicHeader(this.#slab, start, 3, chunkStreamId);
        if (isExtended) end = this.#slab.writeUInt32BE(message.timestampMs % 2 ** 32, end);
        this.#push(slices, start, end);
        bytes += end - start;
      }
      slices.push(payload.subarray(offset, Math.min(offset + chunkBytes, payload.length)));
    }
    return bytes;
  }

  #remember(
    message: RtmpMessage,
    timestampMs: number,
    state: ChunkStreamState | undefined,
    isAbsolute: boolean,
  ): void {
    const { chunkStreamId, typeId, streamId, payload } = message;
    if (state === undefined) {
      const length = payload.length;
      this.#streams.set(chunkStreamId, { streamId, typeId, length, timestampMs, deltaMs: null });
      return;
    }
    state.deltaMs = isAbsolute ? null : timestampMs - state.timestampMs;
    state.streamId = streamId;
    state.typeId = typeId;
    state.length = payload.length;
    state.timestampMs = timestampMs;
  }

  /** Makes sure that the slab has room for `bytes` more; returns where they begin. */
  #reserve(bytes: number): number {
    if (this.#slabUsed + bytes > SLAB_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabUsed = 0;
      this.#tail = null;
    }
    return this.#slabUsed;
  }

  #push(slices: Buffer[], start: number, end: number): void {
    this.#slabUsed = end;
    const last = slices.length - 1;
    if (this.#tail !== null && slices[last] === this.#tail) {
      this.#tail = this.#slab.subarray(this.#tailStart, end);
      slices[last] = this.#tail;
      return;
    }
    this.#tailStart = start;
    this.#tail = this.#slab.subarray(start, end);
    slices.push(this.#tail);
  }
}

function canContinue(state: ChunkStreamState, message: RtmpMessage, timestampMs: number): boolean {
  const deltaMs = timestampMs - state.timestampMs;
  return state.streamId === message.streamId && deltaMs >= 0 && deltaMs < EXTENDED;
}

function absoluteHeader(slab: Buffer, start: number, message: RtmpMessage, timestampMs: number): number {
  const isExtended = timestampMs >= EXTENDED;
  let end = basicHeader(slab, start, 0, message.chunkStreamId);
  end = uint24(slab, end, isExtended ? EXTENDED : timestampMs);
  end = uint24(slab, end, message.payload.length);
  slab[end++] = message.typeId;
  end = slab.writeUInt32LE(message.streamId, end);
  return isExtended ? slab.writeUInt32BE(timestampMs, end) : end;
}

function differenceHeader(
  slab: Buffer,
  start: number,
  message: RtmpMessage,
  state: ChunkStreamState,
  timestampMs: number,
): number {
  const { typeId, payload, chunkStreamId } = message;
  const deltaMs = timestampMs - state.timestampMs;
  const isSameShape = state.typeId === typeId && state.length === payload.length;
  if (isSameShape && state.deltaMs === deltaMs) return basicHeader(slab, start, 3, chunkStreamId);
  let end = basicHeader(slab, start, isSameShape ? 2 : 1, chunkStreamId);
  end = uint24(slab, end, deltaMs);
  if (isSameShape) return end;
  end = uint24(slab, end, payload.length);
  slab[end++] = typeId;
  return end;
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
