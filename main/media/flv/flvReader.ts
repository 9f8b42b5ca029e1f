/**
 * Cuts an FLV byte stream, as it comes from a pipe, into tags. A tag that lies inside one chunk is handed on
 * without a copy; one that spans chunks is copied once. A tag is handed on with its last byte, not with the
 * PreviousTagSize behind it. It does not resynchronise: after an error the stream is lost and the reader refuses more.
 * Source: Adobe Video File Format 10.1, annex E.2 to E.4.
 *
 *   fileHeader ──▶ tagHeader ◀──▶ body          (any) ──rubbish──▶ failed
 */
import { malformed } from './malformed.ts';
import type { MediaTag } from './mediaTag.ts';
import { FLV_AUDIO, FLV_DATA, FLV_VIDEO, parseTag } from './tagParser.ts';
import { TimestampUnwrapper } from './timestampUnwrapper.ts';

const FILE_HEADER_BYTES = 9;
/** PreviousTagSize of the tag before, then the header of this one. */
const TAG_PREFIX_BYTES = 15;
const TAG_HEADER_BYTES = 11;
const DEFAULT_MAX_TAG_BYTES = 8 * 1024 * 1024;

export interface FlvReaderOptions {
  /** A tag that claims more bytes than this is refused. Default 8 MB. */
  maxTagBytes?: number;
}

export class FlvReader {
  readonly #onTag: (tag: MediaTag) => void;
  readonly #maxTagBytes: number;
  readonly #timestamps = new TimestampUnwrapper();
  readonly #prefix = Buffer.alloc(TAG_PREFIX_BYTES);
  #prefixFilled = 0;
  #fileHeaderLeft = FILE_HEADER_BYTES;
  #body: Buffer | null = null;
  #bodyFilled = 0;
  #type = 0;
  #timestampMs = 0;
  #bodyBytes = -1;
  #previousTagBytes = 0;
  #failure: Error | null = null;

  /** `onTag` is called for every tag with something to decode, timestamps unwrapped; see `parseTag` for what is left out. */
  constructor(onTag: (tag: MediaTag) => void, options: FlvReaderOptions = {}) {
    this.#onTag = onTag;
    this.#maxTagBytes = options.maxTagBytes ?? DEFAULT_MAX_TAG_BYTES;
  }

  /**
   * Takes the next bytes; they must not be changed afterwards, tags refer to them.
   * Throws `media.malformed` when they are not FLV; every later call throws the same.
   */
  push(chunk: Buffer): void {
    if (this.#failure !== null) throw this.#failure;
    try {
      this.#read(chunk);
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    }
  }

  /** True between tags: a stream that ends here is whole. */
  get isAtTagBoundary(): boolean {
    return (
      this.#fileHeaderLeft === 0 &&
      this.#bodyBytes < 0 &&
      (this.#prefixFilled === 0 || this.#prefixFilled === 4)
    );
  }

  #read(chunk: Buffer): void {
    let offset = this.#fileHeaderLeft > 0 ? this.#readFileHeader(chunk) : 0;
    while (offset < chunk.length) {
      offset = this.#bodyBytes < 0 ? this.#readPrefix(chunk, offset) : this.#readBody(chunk, offset);
    }
  }

  #readFileHeader(chunk: Buffer): number {
    const seen = FILE_HEADER_BYTES - this.#fileHeaderLeft;
    const taken = Math.min(this.#fileHeaderLeft, chunk.length);
    chunk.copy(this.#prefix, seen, 0, taken);
    this.#fileHeaderLeft -= taken;
    const isFlv =
      this.#prefix.toString('latin1', 0, Math.min(3, seen + taken)) === 'FLV'.slice(0, seen + taken);
    if (!isFlv) throw malformed('the stream does not begin as FLV');
    if (
      this.#fileHeaderLeft === 0 &&
      (this.#prefix[3] !== 1 || this.#prefix.readUInt32BE(5) !== FILE_HEADER_BYTES)
    ) {
      throw malformed('the FLV header has an unknown version or length');
    }
    return taken;
  }

  #readPrefix(chunk: Buffer, offset: number): number {
    if (this.#prefixFilled === 0 && chunk.length - offset >= TAG_PREFIX_BYTES) {
      this.#openTag(chunk, offset);
      return offset + TAG_PREFIX_BYTES;
    }
    const taken = Math.min(TAG_PREFIX_BYTES - this.#prefixFilled, chunk.length - offset);
    chunk.copy(this.#prefix, this.#prefixFilled, offset, offset + taken);
    this.#prefixFilled += taken;
    if (this.#prefixFilled === TAG_PREFIX_BYTES) {
      this.#prefixFilled = 0;
      this.#openTag(this.#prefix, 0);
    }
    return offset + taken;
  }

  #openTag(bytes: Buffer, offset: number): void {
    if (bytes.readUInt32BE(offset) !== this.#previousTagBytes)
      throw malformed('an FLV tag does not end where it said');
    const type = bytes[offset + 4] ?? 0;
    if (type !== FLV_AUDIO && type !== FLV_VIDEO && type !== FLV_DATA)
      throw malformed('an FLV tag of unknown type');
    const bodyBytes = bytes.readUIntBE(offset + 5, 3);
    if (bodyBytes > this.#maxTagBytes) throw malformed(`an FLV tag of ${bodyBytes} bytes is too large`);
    if (bytes.readUIntBE(offset + 12, 3) !== 0) throw malformed('an FLV tag with a stream id');
    const rawTimestampMs = bytes.readUIntBE(offset + 8, 3) + (bytes[offset + 11] ?? 0) * 0x1000000;
    this.#type = type;
    this.#timestampMs = this.#timestamps.unwrap(rawTimestampMs);
    this.#previousTagBytes = TAG_HEADER_BYTES + bodyBytes;
    this.#bodyBytes = bodyBytes;
    if (bodyBytes === 0) this.#bodyBytes = -1;
  }

  #readBody(chunk: Buffer, offset: number): number {
    const left = this.#bodyBytes - this.#bodyFilled;
    const available = chunk.length - offset;
    if (this.#body === null && available >= left) {
      this.#closeTag(chunk.subarray(offset, offset + left));
      return offset + left;
    }
    this.#body ??= Buffer.allocUnsafe(this.#bodyBytes);
    const taken = Math.min(left, available);
    chunk.copy(this.#body, this.#bodyFilled, offset, offset + taken);
    this.#bodyFilled += taken;
    if (taken === left) this.#closeTag(this.#body);
    return offset + taken;
  }

  #closeTag(payload: Buffer): void {
    this.#body = null;
    this.#bodyFilled = 0;
    this.#bodyBytes = -1;
    const tag = parseTag(this.#type, this.#timestampMs, payload);
    if (tag !== null) this.#onTag(tag);
  }
}
