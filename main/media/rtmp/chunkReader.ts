/**
 * Puts RTMP chunks back together into messages, whatever pieces the bytes arrive in and however chunk streams
 * interleave. A message that makes up a good part of the piece it came in is handed on without a copy. It obeys Set Chunk Size
 * and Abort itself and hands on everything else. Memory is bounded: what a peer claims is not allocated before it comes.
 * Source: RTMP 1.0, 5.3 and 5.4.
 */
import { malformed } from '../flv/malformed.ts';
import { DEFAULT_CHUNK_BYTES } from './chunkWriter.ts';
import { messageType, type RtmpMessage } from './rtmpMessage.ts';

const MAX_CHUNK_BYTES = 16 * 1024 * 1024;
const EXTENDED = 0xffffff;
const MAX_HEADER_BYTES = 18;
const MESSAGE_HEADER_BYTES = [11, 7, 3, 0] as const;
/** A message is given this much at first and doubles as it comes. */
const FIRST_BODY_BYTES = 64 * 1024;
/** A message smaller than this part of the piece it lies in is copied out: a little sound must not keep 64 KB alive. */
const WORTH_KEEPING_PIECE = 1 / 4;

export interface ChunkReaderOptions {
  /** A message that claims more is refused. Default 16 MB. */
  maxMessageBytes?: number;
  /** Chunk streams a peer may use. Default 64. */
  maxChunkStreams?: number;
}

interface ChunkStreamState {
  readonly chunkStreamId: number;
  streamId: number;
  typeId: number;
  length: number;
  timestampMs: number;
  deltaMs: number;
  /** The 32-bit field as last sent, when it was extended. */
  extendedField: number | null;
  body: Buffer | null;
  received: number;
}

export class ChunkReader {
  readonly #onMessage: (message: RtmpMessage) => void;
  readonly #maxMessageBytes: number;
  readonly #maxHeldBytes: number;
  readonly #maxChunkStreams: number;
  readonly #streams = new Map<number, ChunkStreamState>();
  readonly #header = Buffer.alloc(MAX_HEADER_BYTES);
  #headerFilled = 0;
  #chunkBytes = DEFAULT_CHUNK_BYTES;
  #open: ChunkStreamState | null = null;
  #openLeft = 0;
  /** Bytes of messages that are not complete yet. */
  #heldBytes = 0;
  #failure: Error | null = null;

  constructor(onMessage: (message: RtmpMessage) => void, options: ChunkReaderOptions = {}) {
    this.#onMessage = onMessage;
    this.#maxMessageBytes = Math.min(options.maxMessageBytes ?? MAX_CHUNK_BYTES, EXTENDED);
    this.#maxHeldBytes = 2 * this.#maxMessageBytes;
    this.#maxChunkStreams = options.maxChunkStreams ?? 64;
  }

  /**
   * Takes the next bytes; they must not be changed afterwards, messages refer to them.
   * Throws `media.malformed` when they are not RTMP; every later call throws the same. What `onMessage` throws passes through.
   */
  push(bytes: Buffer): void {
    if (this.#failure !== null) throw this.#failure;
    try {
      this.#readAll(bytes);
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    }
  }

  #readAll(bytes: Buffer): void {
    let offset = 0;
    while (offset < bytes.length) {
      offset =
        this.#open === null ? this.#readHeader(bytes, offset) : this.#readBody(this.#open, bytes, offset);
    }
  }

  /** Collects header bytes until they make a whole header, then opens the chunk. */
  #readHeader(bytes: Buffer, start: number): number {
    const held = this.#headerFilled;
    const taken = Math.min(MAX_HEADER_BYTES - held, bytes.length - start);
    if (held === 0) {
      const used = this.#parseHeader(bytes, start, bytes.length);
      if (used > 0) return start + used;
    }
    bytes.copy(this.#header, held, start, start + taken);
    const used = this.#parseHeader(this.#header, 0, held + taken);
    if (used === 0) {
      this.#headerFilled = held + taken;
      return start + taken;
    }
    this.#headerFilled = 0;
    if (used >= held) return start + used - held;
    // Up to three bytes looked like the start of a repeated extended timestamp and were data.
    this.#readAll(Buffer.from(this.#header.subarray(used, held)));
    return start;
  }

  /** Bytes of the header at `start`, or 0 when more are needed. With a whole header the chunk is open. */
  #parseHeader(bytes: Buffer, start: number, end: number): number {
    const first = bytes[start] ?? 0;
    const format = first >> 6;
    const short = first & 0x3f;
    const basicBytes = short === 0 ? 2 : short === 1 ? 3 : 1;
    const messageBytes = MESSAGE_HEADER_BYTES[format] ?? 0;
    const fixed = basicBytes + messageBytes;
    if (end - start < fixed) return 0;
    const chunkStreamId = basicBytes === 1 ? short : readLongId(bytes, start, basicBytes);
    const stream = this.#streamFor(chunkStreamId, format);
    const at = start + basicBytes;
    const field = format === 3 ? null : bytes.readUIntBE(at, 3);
    const isExtended = field === null ? stream.extendedField !== null : field === EXTENDED;
    if (isExtended && end - start < fixed + 4) return 0;
    const extendedField = isExtended ? bytes.readUInt32BE(start + fixed) : null;
    if (field === null) return fixed + this.#continueOrRepeat(stream, extendedField);
    if (stream.received > 0 || stream.body !== null)
      throw malformed('a chunk stream began a message within another');
    if (messageBytes >= 7) this.#setShape(stream, bytes, at);
    if (messageBytes === 11) stream.streamId = bytes.readUInt32LE(at + 7);
    stream.extendedField = extendedField;
    this.#begin(stream, extendedField ?? field, format === 0);
    return fixed + (isExtended ? 4 : 0);
  }

  #setShape(stream: ChunkStreamState, bytes: Buffer, at: number): void {
    const length = bytes.readUIntBE(at + 3, 3);
    if (length > this.#maxMessageBytes) throw malformed(`a message of ${length} bytes is too large`);
    stream.length = length;
    stream.typeId = bytes[at + 6] ?? 0;
  }

  /**
   * A header without fields. Within a message the repeated extended timestamp may be missing (some programs leave
   * it out), so it counts only when it is the same. Returns how many of its bytes belong to the header.
   */
  #continueOrRepeat(stream: ChunkStreamState, extendedField: number | null): number {
    if (stream.received > 0) {
      this.#openChunk(stream);
      return extendedField !== null && extendedField === stream.extendedField ? 4 : 0;
    }
    this.#begin(stream, stream.deltaMs, false);
    return extendedField === null ? 0 : 4;
  }

  #begin(stream: ChunkStreamState, fieldMs: number, isAbsolute: boolean): void {
    if (isAbsolute) {
      // The specification lets a bare header after this one repeat the absolute time as a step; no live sender means that.
      stream.timestampMs = fieldMs;
      stream.deltaMs = 0;
    } else {
      stream.timestampMs = (stream.timestampMs + fieldMs) % 2 ** 32;
      stream.deltaMs = fieldMs;
    }
    this.#openChunk(stream);
  }

  #openChunk(stream: ChunkStreamState): void {
    this.#openLeft = Math.min(this.#chunkBytes, stream.length - stream.received);
    this.#open = stream;
    if (this.#openLeft === 0) this.#finish(stream, Buffer.alloc(0));
  }

  #readBody(stream: ChunkStreamState, bytes: Buffer, offset: number): number {
    const available = Math.min(this.#openLeft, bytes.length - offset);
    const end = offset + available;
    if (stream.received === 0 && available === stream.length) {
      const inside = bytes.subarray(offset, end);
      this.#finish(stream, available < bytes.length * WORTH_KEEPING_PIECE ? Buffer.from(inside) : inside);
      return end;
    }
    const body = roomFor(stream, available);
    bytes.copy(body, stream.received, offset, end);
    stream.received += available;
    this.#openLeft -= available;
    this.#heldBytes += available;
    if (this.#heldBytes > this.#maxHeldBytes) throw malformed('too many unfinished messages');
    if (stream.received === stream.length) this.#finish(stream, body);
    else if (this.#openLeft === 0) this.#open = null;
    return end;
  }

  #finish(stream: ChunkStreamState, payload: Buffer): void {
    this.#forget(stream);
    this.#open = null;
    this.#openLeft = 0;
    const { chunkStreamId, typeId, streamId, timestampMs } = stream;
    if (typeId === messageType.setChunkSize) this.#setChunkSize(payload);
    else if (typeId === messageType.abort) this.#abort(payload);
    else this.#onMessage({ chunkStreamId, typeId, streamId, timestampMs, payload });
  }

  #setChunkSize(payload: Buffer): void {
    const chunkBytes = payload.length === 4 ? payload.readUInt32BE(0) : 0;
    if (chunkBytes < 1 || chunkBytes > 0x7fffffff) throw malformed('an impossible chunk size');
    this.#chunkBytes = Math.min(chunkBytes, MAX_CHUNK_BYTES);
  }

  #abort(payload: Buffer): void {
    if (payload.length !== 4) throw malformed('an abort message of impossible length');
    const stream = this.#streams.get(payload.readUInt32BE(0));
    if (stream !== undefined) this.#forget(stream);
  }

  #forget(stream: ChunkStreamState): void {
    this.#heldBytes -= stream.received;
    stream.body = null;
    stream.received = 0;
  }

  #streamFor(chunkStreamId: number, format: number): ChunkStreamState {
    const known = this.#streams.get(chunkStreamId);
    if (known !== undefined) return known;
    // Differences need something to differ from; some programs do open a stream with them, meaning zero, but never with a bare header.
    if (format > 1) throw malformed('a chunk stream that begins without a header');
    if (this.#streams.size >= this.#maxChunkStreams) throw malformed('too many chunk streams');
    const stream: ChunkStreamState = {
      chunkStreamId,
      streamId: 0,
      typeId: 0,
      length: 0,
      timestampMs: 0,
      deltaMs: 0,
      extendedField: null,
      body: null,
      received: 0,
    };
    this.#streams.set(chunkStreamId, stream);
    return stream;
  }
}

/** The chunk stream's buffer, grown so that `more` bytes fit. */
function roomFor(stream: ChunkStreamState, more: number): Buffer {
  const needed = stream.received + more;
  const { body } = stream;
  if (body === null) {
    const size = Math.min(stream.length, Math.max(FIRST_BODY_BYTES, needed));
    stream.body = Buffer.allocUnsafeSlow(size);
    return stream.body;
  }
  if (body.length >= needed) return body;
  const grown = Buffer.allocUnsafeSlow(Math.min(stream.length, Math.max(body.length * 2, needed)));
  body.copy(grown, 0, 0, stream.received);
  stream.body = grown;
  return grown;
}

function readLongId(bytes: Buffer, start: number, basicBytes: number): number {
  const low = bytes[start + 1] ?? 0;
  const high = basicBytes === 3 ? (bytes[start + 2] ?? 0) : 0;
  return 64 + low + high * 256;
}
