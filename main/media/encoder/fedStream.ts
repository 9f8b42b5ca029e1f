/**
 * Turns tags that are fed by somebody (ingest, studio) into the FLV that the encoder reads on its stdin: it begins with
 * the headers and a key frame, its clock starts near zero and never jumps, and it is bounded: when the encoder cannot
 * keep up, tags are left out up to the next key frame.
 */
import type { Writable } from 'node:stream';
import { flvFileHeader, flvTagSlices } from '../flv/flvWriter.ts';
import { type AudioTag, at, type MediaTag, type VideoTag } from '../flv/mediaTag.ts';

/** About four seconds at the highest usual bitrate. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** Further than this from its neighbour a tag belongs to another clock: the publisher has begun anew. */
const MAX_STEP_MS = 3000;
const USUAL_STEP_MS = 33;
/** Room for sound that belongs a little before the first picture. */
const LEAD_MS = 300;

export class FedStream {
  readonly #stdin: Writable;
  readonly #tracks: { readonly hasVideo: boolean; readonly hasAudio: boolean };
  #videoHeader: VideoTag | null = null;
  #audioHeader: AudioTag | null = null;
  #shiftMs: number | null = null;
  #lastMs = 0;
  #isDropping = false;
  #droppedTags = 0;

  constructor(stdin: Writable, tracks: { hasVideo: boolean; hasAudio: boolean }) {
    this.#stdin = stdin;
    this.#tracks = tracks;
  }

  /** Tags left out because the encoder was too slow. */
  get droppedTags(): number {
    return this.#droppedTags;
  }

  feed(tag: MediaTag): void {
    if (tag.kind === 'data') return;
    if (tag.frame === 'header') {
      this.#takeHeader(tag);
      return;
    }
    if (this.#shiftMs === null) {
      if (!this.#isStart(tag)) return;
      this.#begin(tag);
    }
    if (this.#mustDrop(tag)) this.#droppedTags += 1;
    else this.#write(tag);
  }

  #takeHeader(tag: VideoTag | AudioTag): void {
    if (tag.kind === 'video') this.#videoHeader = tag;
    else this.#audioHeader = tag;
    if (this.#shiftMs !== null) this.#write(tag);
  }

  #isStart(tag: VideoTag | AudioTag): boolean {
    return tag.kind === 'video' ? tag.frame === 'key' : !this.#tracks.hasVideo;
  }

  #begin(tag: VideoTag | AudioTag): void {
    this.#shiftMs = LEAD_MS - tag.timestampMs;
    this.#lastMs = LEAD_MS;
    this.#stdin.write(flvFileHeader(this.#tracks));
    for (const header of [this.#videoHeader, this.#audioHeader]) {
      if (header !== null) this.#write(at(header, tag.timestampMs));
    }
  }

  #mustDrop(tag: VideoTag | AudioTag): boolean {
    const isFull = this.#stdin.writableLength > MAX_WAITING_BYTES;
    if (isFull) this.#isDropping = true;
    else if (tag.kind === 'video' && tag.frame === 'key') this.#isDropping = false;
    return this.#isDropping;
  }

  #write(tag: VideoTag | AudioTag): void {
    let timestampMs = tag.timestampMs + (this.#shiftMs ?? 0);
    if (Math.abs(timestampMs - this.#lastMs) > MAX_STEP_MS) {
      this.#shiftMs = this.#lastMs + USUAL_STEP_MS - tag.timestampMs;
      timestampMs = this.#lastMs + USUAL_STEP_MS;
    }
    this.#lastMs = timestampMs;
    for (const slice of flvTagSlices(at(tag, Math.max(0, timestampMs)))) this.#stdin.write(slice);
  }
}
