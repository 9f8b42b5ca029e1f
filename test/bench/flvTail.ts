/**
 * Watches an FLV file that a receiver is writing and notes when each frame arrived. A server that records writes every
 * frame at once, so the growth of its file is what an audience behind it would get. Reading of whole files is done by
 * test/helpers/mediaPackets.ts.
 */
import { closeSync, openSync, readSync } from 'node:fs';

export interface ArrivedFrame {
  readonly kind: 'video' | 'audio';
  /** On the clock of whoever polls. */
  readonly arrivedMs: number;
  readonly dtsMs: number;
  readonly isKey: boolean;
  readonly bytes: number;
}

const FILE_HEADER_BYTES = 13;
const TAG_HEADER_BYTES = 11;
const BACK_POINTER_BYTES = 4;
const READ_BYTES = 1024 * 1024;
const VIDEO_TAG = 9;
const AUDIO_TAG = 8;

/** Takes bytes as they come and gives back the frames they complete. Sequence headers and metadata are no frames. */
export class FlvFrames {
  #pending: Buffer = Buffer.alloc(0);
  #isPastHeader = false;

  push(bytes: Buffer, arrivedMs: number): ArrivedFrame[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    if (!this.#isPastHeader) {
      if (this.#pending.length < FILE_HEADER_BYTES) return [];
      this.#pending = this.#pending.subarray(FILE_HEADER_BYTES);
      this.#isPastHeader = true;
    }
    const frames: ArrivedFrame[] = [];
    for (let size = this.#tagBytes(); size !== null; size = this.#tagBytes()) {
      const frame = readFrame(this.#pending.subarray(0, size), arrivedMs);
      if (frame !== null) frames.push(frame);
      this.#pending = this.#pending.subarray(size);
    }
    return frames;
  }

  /** Of the next tag with its back pointer; null while it is not complete. */
  #tagBytes(): number | null {
    if (this.#pending.length < TAG_HEADER_BYTES) return null;
    const size = TAG_HEADER_BYTES + this.#pending.readUIntBE(1, 3) + BACK_POINTER_BYTES;
    return this.#pending.length < size ? null : size;
  }
}

/** The same for a file that grows. */
export class FlvTail {
  readonly #file: string;
  readonly #frames = new FlvFrames();
  #offset = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** What has arrived since the last call. */
  read(nowMs: number): ArrivedFrame[] {
    const descriptor = openSync(this.#file, 'r');
    try {
      const found: ArrivedFrame[] = [];
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      for (;;) {
        const length = readSync(descriptor, buffer, 0, READ_BYTES, this.#offset);
        if (length === 0) return found;
        this.#offset += length;
        found.push(...this.#frames.push(buffer.subarray(0, length), nowMs));
      }
    } finally {
      closeSync(descriptor);
    }
  }
}

function readFrame(tag: Buffer, arrivedMs: number): ArrivedFrame | null {
  const type = tag.readUInt8(0) & 0x1f;
  const body = tag.subarray(TAG_HEADER_BYTES, tag.length - BACK_POINTER_BYTES);
  const CODED_FRAMES = 1;
  if ((type !== VIDEO_TAG && type !== AUDIO_TAG) || body.length < 2 || body[1] !== CODED_FRAMES) return null;
  const dtsMs = tag.readUIntBE(4, 3) + tag.readUInt8(7) * 0x1000000;
  const isVideo = type === VIDEO_TAG;
  const isKey = !isVideo || (body[0] ?? 0) >> 4 === 1;
  return { kind: isVideo ? 'video' : 'audio', arrivedMs, dtsMs, isKey, bytes: body.length };
}
