/**
 * Cuts a single-program transport stream, as ffmpeg's muxer writes it to a pipe, where a key frame begins. Each segment
 * starts with the program tables; continuity counters are renumbered, so that the stream goes on without a break from
 * one segment, and from one muxer, to the next. It does not copy: what it hands on are slices of what it got.
 * Source: ISO/IEC 13818-1, 2.4.3.2 (packets), 2.4.3.5 (random access indicator), 2.4.3.7 (PES time stamps).
 */
import type { MediaSegmenter, SegmentEvents } from './mediaSegmenter.ts';

const PACKET_BYTES = 188;
const SYNC_BYTE = 0x47;
const PAT_PID = 0;
/** These two are ffmpeg's defaults; `tsMuxerArgs` asks for them all the same. */
const PMT_PID = 0x1000;
const FIRST_STREAM_PID = 0x100;
/** Of the sound before the first key frame: more than half a second of it. */
const MAX_EARLY_PACKETS = 1000;
const CLOCK_PER_MS = 90;
const WRAP = 2 ** 33;

/** No initial delay: the time stamps are those of the stream. */
export const tsMuxerArgs: readonly string[] = [
  ...['-muxdelay', '0', '-muxpreload', '0', '-flush_packets', '1'],
  ...['-mpegts_pmt_start_pid', String(PMT_PID), '-mpegts_start_pid', String(FIRST_STREAM_PID)],
  ...['-f', 'mpegts'],
];

/** Last continuity counter per PID. Outlives a muxer: its successor goes on counting. */
export type ContinuityCounters = Map<number, number>;

export class TsSegmenter implements MediaSegmenter {
  readonly #events: SegmentEvents;
  readonly #counters: ContinuityCounters;
  readonly #carry = Buffer.alloc(PACKET_BYTES);
  #carried = 0;
  #pat: Buffer | null = null;
  #pmt: Buffer | null = null;
  readonly #baseMs: number;
  #lastMs: number;
  #hasBegun = false;
  /** Sound that came before the first key frame: after a change of source it follows on the sound before. */
  #early: Buffer[] = [];
  /** Latest picture and its distance from the one before, in presentation order. */
  #latestMs: number | null = null;
  #frameMs = 0;
  #pictures = 0;
  #firstMs = 0;

  /**
   * @param nearMs about when the first picture is shown, on the stream's timeline: the time stamps alone repeat every 26.5 hours
   * @param baseMs where the muxer's time 0 lies on the stream's timeline
   */
  constructor(events: SegmentEvents, counters: ContinuityCounters, nearMs: number, baseMs: number) {
    this.#events = events;
    this.#counters = counters;
    this.#lastMs = nearMs;
    this.#baseMs = baseMs;
  }

  push(chunk: Buffer): void {
    let offset = 0;
    if (this.#carried > 0) {
      const taken = Math.min(PACKET_BYTES - this.#carried, chunk.length);
      chunk.copy(this.#carry, this.#carried, 0, taken);
      this.#carried += taken;
      offset = taken;
      if (this.#carried < PACKET_BYTES) return;
      this.#carried = 0;
      this.#take(Buffer.from(this.#carry), 0, PACKET_BYTES);
    }
    const end = offset + Math.floor((chunk.length - offset) / PACKET_BYTES) * PACKET_BYTES;
    if (end > offset) this.#take(chunk, offset, end);
    this.#carried = chunk.copy(this.#carry, 0, end);
  }

  endMs(): number | null {
    return this.#latestMs === null ? null : this.#latestMs + this.#frameMs;
  }

  isWhole(): boolean {
    return this.#carried === 0;
  }

  /** Whole packets from `start` to `end`. */
  #take(bytes: Buffer, start: number, end: number): void {
    let from = start;
    for (let offset = start; offset < end; offset += PACKET_BYTES) {
      if (bytes[offset] !== SYNC_BYTE) continue; // Never written by ffmpeg; a player resynchronises.
      const pid = bytes.readUInt16BE(offset + 1) & 0x1fff;
      if (pid === FIRST_STREAM_PID && isUnitStart(bytes, offset)) {
        const timeMs = this.#readTime(bytes, offset);
        if (timeMs !== null && isRandomAccess(bytes, offset)) {
          this.#passOn(bytes, from, offset);
          from = offset;
          this.#meetKey(timeMs);
        }
        if (timeMs !== null) this.#notePicture(timeMs);
      }
      if (this.#hasBegun) this.#renumber(bytes, offset, pid);
      else if (isSound(pid)) this.#keepEarly(bytes.subarray(offset, offset + PACKET_BYTES));
      if (pid === PAT_PID) this.#pat = Buffer.from(bytes.subarray(offset, offset + PACKET_BYTES));
      if (pid === PMT_PID) this.#pmt = Buffer.from(bytes.subarray(offset, offset + PACKET_BYTES));
    }
    this.#passOn(bytes, from, end);
  }

  #keepEarly(packet: Buffer): void {
    this.#early.push(Buffer.from(packet));
    if (this.#early.length > MAX_EARLY_PACKETS) this.#early.shift();
  }

  /** What comes before the first key frame are tables, which its segment gets anyway, and sound, which is kept for it. */
  #passOn(bytes: Buffer, from: number, end: number): void {
    if (this.#hasBegun && end > from) this.#events.onData(bytes.subarray(from, end));
  }

  #meetKey(timeMs: number): void {
    this.#hasBegun = true;
    if (!this.#events.onKey(timeMs)) return;
    this.#pictures = 0;
    for (const table of [this.#pat, this.#pmt]) {
      if (table === null) continue;
      const copy = Buffer.from(table);
      this.#renumber(copy, 0, copy.readUInt16BE(1) & 0x1fff);
      this.#events.onData(copy);
    }
    for (const packet of this.#early) {
      this.#renumber(packet, 0, packet.readUInt16BE(1) & 0x1fff);
      this.#events.onData(packet);
    }
    this.#early = [];
  }

  #notePicture(timeMs: number): void {
    if (this.#pictures === 0) this.#firstMs = timeMs;
    this.#pictures += 1;
    this.#latestMs = Math.max(this.#latestMs ?? timeMs, timeMs);
    if (this.#pictures > 1) this.#frameMs = (this.#latestMs - this.#firstMs) / (this.#pictures - 1);
  }

  #readTime(bytes: Buffer, offset: number): number | null {
    const pes = payloadOffset(bytes, offset);
    const hasTime = pes + 14 <= offset + PACKET_BYTES && ((bytes[pes + 7] ?? 0) & 0x80) !== 0;
    if (!hasTime || bytes.readUIntBE(pes, 3) !== 1) return null;
    const high = ((bytes[pes + 9] ?? 0) >> 1) & 7;
    const middle = bytes.readUInt16BE(pes + 10) >> 1;
    const low = bytes.readUInt16BE(pes + 12) >> 1;
    const timestamp = high * 2 ** 30 + middle * 2 ** 15 + low;
    this.#lastMs = this.#baseMs + unwrapNear(timestamp, this.#lastMs - this.#baseMs);
    return this.#lastMs;
  }

  #renumber(bytes: Buffer, offset: number, pid: number): void {
    const flags = bytes[offset + 3] ?? 0;
    const last = this.#counters.get(pid) ?? 15;
    const hasPayload = (flags & 0x10) !== 0;
    const counter = hasPayload ? (last + 1) & 15 : last;
    bytes[offset + 3] = (flags & 0xf0) | counter;
    this.#counters.set(pid, counter);
  }
}

function isSound(pid: number): boolean {
  return pid > FIRST_STREAM_PID && pid < PMT_PID;
}

/** A 33-bit time stamp as milliseconds, in the repetition closest to `nearMs`. */
export function unwrapNear(timestamp: number, nearMs: number): number {
  const repetitions = Math.round((nearMs * CLOCK_PER_MS - timestamp) / WRAP);
  return (timestamp + repetitions * WRAP) / CLOCK_PER_MS;
}

function isUnitStart(bytes: Buffer, offset: number): boolean {
  return ((bytes[offset + 1] ?? 0) & 0x40) !== 0;
}

function isRandomAccess(bytes: Buffer, offset: number): boolean {
  const hasField = ((bytes[offset + 3] ?? 0) & 0x20) !== 0 && (bytes[offset + 4] ?? 0) > 0;
  return hasField && ((bytes[offset + 5] ?? 0) & 0x40) !== 0;
}

function payloadOffset(bytes: Buffer, offset: number): number {
  const hasField = ((bytes[offset + 3] ?? 0) & 0x20) !== 0;
  return hasField ? offset + 5 + (bytes[offset + 4] ?? 0) : offset + 4;
}
