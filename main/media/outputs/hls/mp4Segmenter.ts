/**
 * Cuts the fragmented MP4 that ffmpeg's muxer writes to a pipe: the header becomes the initialisation section, and each
 * fragment begins with a key frame, so a segment is one fragment or more. Fragment data goes through uncopied.
 * Source: ISO/IEC 14496-12, 8.8 (movie fragments); RFC 8216, 3.3 (fragmented MPEG-4 segments).
 */
import { childBoxes, findBox, readBoxHeader } from '../mp4Boxes.ts';
import type { MediaSegmenter, SegmentEvents } from './mediaSegmenter.ts';

/** A fragment per key frame, decoding times that are those of the stream, no edit list between them and the picture. */
export const mp4MuxerArgs: readonly string[] = [
  ...['-movflags', '+frag_keyframe+delay_moov+default_base_moof+frag_discont+skip_trailer'],
  ...['-use_editlist', '0', '-flush_packets', '1', '-f', 'mp4'],
];

const MAX_KEPT_BOX_BYTES = 16 * 1024 * 1024;

export class Mp4Segmenter implements MediaSegmenter {
  readonly #events: SegmentEvents;
  readonly #baseMs: number;
  /** Bytes of a box that is needed whole, or of a header that is not complete yet. */
  #kept: Buffer = Buffer.alloc(0);
  /** Of a box that goes through as it comes. */
  #passing = 0;
  #init: Buffer[] = [];
  #hasInit = false;
  #timescale = 0;
  #defaultDuration = 0;
  #endMs: number | null = null;

  /** @param baseMs where the muxer's time 0 lies on the stream's timeline */
  constructor(events: SegmentEvents, baseMs: number) {
    this.#events = events;
    this.#baseMs = baseMs;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#passing > 0) {
        const passed = rest.subarray(0, this.#passing);
        this.#passing -= passed.length;
        this.#events.onData(passed);
        rest = rest.subarray(passed.length);
        continue;
      }
      const bytes = this.#kept.length === 0 ? rest : Buffer.concat([this.#kept, rest]);
      rest = this.#open(bytes);
    }
  }

  endMs(): number | null {
    return this.#endMs;
  }

  isWhole(): boolean {
    return this.#passing === 0 && this.#kept.length === 0;
  }

  /** Looks at the box at the beginning; gives back what has not been dealt with. */
  #open(bytes: Buffer): Buffer {
    const box = readBoxHeader(bytes, 0);
    if (box === null) return this.#keep(bytes);
    if (box.type === 'mdat') {
      this.#kept = Buffer.alloc(0);
      this.#passing = box.size;
      return bytes;
    }
    if (box.size > MAX_KEPT_BOX_BYTES) throw new RangeError(`a box ${box.type} of ${box.size} bytes`);
    if (bytes.length < box.size) return this.#keep(bytes);
    this.#kept = Buffer.alloc(0);
    this.#take(box.type, bytes.subarray(0, box.size));
    return bytes.subarray(box.size);
  }

  #keep(bytes: Buffer): Buffer {
    this.#kept = bytes;
    return Buffer.alloc(0);
  }

  #take(type: string, bytes: Buffer): void {
    if (type === 'moof') this.#takeFragment(bytes);
    // Behind the header nothing else is wanted: indexes of fragments are of no use in a segment.
    if (this.#hasInit || type === 'moof') return;
    this.#init.push(bytes);
    if (type !== 'moov') return;
    this.#hasInit = true;
    this.#timescale = findBox(bytes, ['trak', 'mdia', 'mdhd'])?.readUInt32BE(20) ?? 0;
    this.#defaultDuration = findBox(bytes, ['mvex', 'trex'])?.readUInt32BE(20) ?? 0;
    this.#events.onInit(Buffer.concat(this.#init));
    this.#init = [];
  }

  #takeFragment(moof: Buffer): void {
    const track = findBox(moof, ['traf']) ?? Buffer.alloc(0);
    const start = readStart(findBox(track, ['tfdt']));
    const toMs = (ticks: number): number => (this.#timescale === 0 ? 0 : (ticks * 1000) / this.#timescale);
    this.#events.onKey(this.#baseMs + toMs(start));
    this.#events.onData(moof);
    this.#endMs = this.#baseMs + toMs(start + readDuration(track, this.#defaultDuration));
  }
}

/** Track fragment decode time, in ticks of the track. */
function readStart(tfdt: Buffer | null): number {
  if (tfdt === null) return 0;
  return tfdt[8] === 1 ? Number(tfdt.readBigUInt64BE(12)) : tfdt.readUInt32BE(12);
}

/** Length of a track fragment in ticks, over all of its runs. */
function readDuration(traf: Buffer, trackDefault: number): number {
  const header = findBox(traf, ['tfhd']);
  const defaultDuration = header === null ? trackDefault : (fragmentDefault(header) ?? trackDefault);
  return childBoxes(traf)
    .filter((box) => box.type === 'trun')
    .reduce((total, { bytes }) => total + runDuration(bytes, defaultDuration), 0);
}

function fragmentDefault(tfhd: Buffer): number | null {
  const flags = tfhd.readUIntBE(9, 3);
  if ((flags & 0x08) === 0) return null;
  const before = (flags & 0x01 ? 8 : 0) + (flags & 0x02 ? 4 : 0);
  return tfhd.readUInt32BE(16 + before);
}

function runDuration(trun: Buffer, defaultDuration: number): number {
  const flags = trun.readUIntBE(9, 3);
  const count = trun.readUInt32BE(12);
  if ((flags & 0x100) === 0) return count * defaultDuration;
  const stride = [0x100, 0x200, 0x400, 0x800].filter((flag) => (flags & flag) !== 0).length * 4;
  let offset = 16 + (flags & 0x01 ? 4 : 0) + (flags & 0x04 ? 4 : 0);
  let total = 0;
  for (let sample = 0; sample < count && offset + 4 <= trun.length; sample++, offset += stride) {
    total += trun.readUInt32BE(offset);
  }
  return total;
}
