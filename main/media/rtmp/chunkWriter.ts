/**
 * Cuts messages into RTMP chunks, as slices to be written one after the other. Payloads go by reference, never copied;
 * headers are cut from a slab that the garbage collector frees when the last of it is sent. Source: RTMP 1.0, 5.3.1.
 *
 * A stream goes to its destinations tag by tag, one destination after the other, and from their second message on their
 * headers say the same: so the writers share the slices, and whoever sends them can tell by identity that they are the same.
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

/** What the first header of a message says. */
interface HeaderPlan {
  /** 0: absolute time; 1: a step; 2: a step, the rest as before; 3: all as before. */
  readonly format: 0 | 1 | 2 | 3;
  /** Absolute time or step, in milliseconds. */
  readonly fieldMs: number;
}

/** A message in slices, and everything they depend on. */
interface CutMessage extends HeaderPlan {
  readonly message: RtmpMessage;
  readonly chunkBytes: number;
  readonly slices: readonly Buffer[];
  readonly bytes: number;
}

/** The message that was cut last, by whichever writer. */
let lastCut: CutMessage | null = null;

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
    const plan = this.#planHeader(message);
    if (lastCut === null || !isSameCut(lastCut, message, plan, this.#chunkBytes)) {
      lastCut = this.#cut(message, plan);
    }
    for (const slice of lastCut.slices) slices.push(slice);
    if (message.typeId === messageType.setChunkSize) this.#chunkBytes = message.payload.readUInt32BE(0);
    return lastCut.bytes;
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
    state.typeId = typeId;
    state.length = length;
    state.timestampMs = timestampMs;
    state.deltaMs = deltaMs;
    return { format: isSameStep ? 3 : isSameShape ? 2 : 1, fieldMs: deltaMs };
  }

  #cut(message: RtmpMessage, plan: HeaderPlan): CutMessage {
    const { chunkStreamId, payload } = message;
    const chunkBytes = this.#chunkBytes;
    const slices = [this.#firstHeader(message, plan)];
    const extendedMs = plan.format === 0 && plan.fieldMs >= EXTENDED ? plan.fieldMs : null;
    for (let offset = 0; offset < payload.length; offset += chunkBytes) {
      if (offset > 0) slices.push(this.#continuation(chunkStreamId, extendedMs));
      const end = Math.min(offset + chunkBytes, payload.length);
      slices.push(offset === 0 && end === payload.length ? payload : payload.subarray(offset, end));
    }
    const bytes = slices.reduce((sum, slice) => sum + slice.length, 0);
    return { ...plan, message, chunkBytes, slices, bytes };
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

function isSameCut(cut: CutMessage, message: RtmpMessage, plan: HeaderPlan, chunkBytes: number): boolean {
  const known = cut.message;
  return (
    known.payload === message.payload &&
    cut.format === plan.format &&
    cut.fieldMs === plan.fieldMs &&
    cut.chunkBytes === chunkBytes &&
    known.chunkStreamId === message.chunkStreamId &&
    known.typeId === message.typeId &&
    known.streamId === message.streamId
  );
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
