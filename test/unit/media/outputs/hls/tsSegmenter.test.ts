import { describe, expect, it } from 'vitest';
import { TsSegmenter, unwrapNear } from '../../../../../main/media/outputs/hls/tsSegmenter.ts';

const PACKET = 188;
const VIDEO = 0x100;
const AUDIO = 0x101;

interface PacketChange {
  readonly isStart?: boolean;
  readonly isKey?: boolean;
  readonly timestamp?: number;
}

function packet(pid: number, { isStart = false, isKey = false, timestamp }: PacketChange = {}): Buffer {
  const bytes = Buffer.alloc(PACKET, 0xff);
  bytes[0] = 0x47;
  bytes.writeUInt16BE((isStart ? 0x4000 : 0) | pid, 1);
  bytes[3] = isKey ? 0x30 : 0x10;
  let offset = 4;
  if (isKey) {
    bytes[4] = 1;
    bytes[5] = 0x40;
    offset = 6;
  }
  if (timestamp !== undefined) {
    Buffer.from([0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5]).copy(bytes, offset);
    const high = Math.floor(timestamp / 2 ** 30) & 7;
    bytes[offset + 9] = 0x21 | (high << 1);
    bytes.writeUInt16BE(((Math.floor(timestamp / 2 ** 15) & 0x7fff) << 1) | 1, offset + 10);
    bytes.writeUInt16BE(((timestamp % 2 ** 15) << 1) | 1, offset + 12);
  }
  return bytes;
}

/** Tables, then groups of a key frame and two further pictures with sound between them. */
function stream(groups: number, fromMs = 0, distanceMs = 40): Buffer {
  const parts: Buffer[] = [packet(0x11), packet(0), packet(0x1000)];
  for (let picture = 0; picture < groups * 3; picture++) {
    const timestamp = ((fromMs + picture * distanceMs) * 90) % 2 ** 33;
    parts.push(
      packet(VIDEO, { isStart: true, isKey: picture % 3 === 0, timestamp }),
      packet(VIDEO),
      packet(AUDIO),
    );
  }
  return Buffer.concat(parts);
}

interface Cut {
  readonly starts: number[];
  readonly segments: Buffer[];
  readonly endMs: number | null;
}

function cut(
  input: Buffer,
  pieceBytes: number,
  counters = new Map<number, number>(),
  nearMs = 0,
  baseMs = 0,
): Cut {
  const starts: number[] = [];
  const segments: Buffer[][] = [];
  const segmenter = new TsSegmenter(
    {
      onInit: () => undefined,
      onKey(timeMs) {
        starts.push(timeMs);
        segments.push([]);
        return true;
      },
      onData: (bytes) => void segments.at(-1)?.push(Buffer.from(bytes)),
    },
    counters,
    nearMs,
    baseMs,
  );
  for (let offset = 0; offset < input.length; offset += pieceBytes) {
    segmenter.push(Buffer.from(input.subarray(offset, offset + pieceBytes)));
  }
  return { starts, segments: segments.map((pieces) => Buffer.concat(pieces)), endMs: segmenter.endMs() };
}

function pids(segment: Buffer): number[] {
  return Array.from(
    { length: segment.length / PACKET },
    (_, index) => segment.readUInt16BE(index * PACKET + 1) & 0x1fff,
  );
}

function counters(segments: readonly Buffer[], pid: number): number[] {
  const all = Buffer.concat(segments);
  return pids(all).flatMap((found, index) => (found === pid ? [(all[index * PACKET + 3] ?? 0) & 15] : []));
}

describe('cutting a transport stream', () => {
  it('begins each segment with the tables and a key frame, and loses no packet', () => {
    const { starts, segments, endMs } = cut(stream(3), 1_000_000);
    expect(starts).toEqual([0, 120, 240]);
    for (const segment of segments) expect(pids(segment).slice(0, 3)).toEqual([0, 0x1000, VIDEO]);
    expect(segments.map((segment) => pids(segment).length)).toEqual([11, 11, 11]);
    expect(endMs).toBe(360);
  });

  it('numbers packets without a break, also from one muxer to the next', () => {
    const known = new Map<number, number>();
    const [first, second] = [cut(stream(3), 188, known), cut(stream(3), 188, known)];
    for (const pid of [0, 0x1000, VIDEO, AUDIO]) {
      const found = counters([...first.segments, ...second.segments], pid);
      expect(found).toEqual(found.map((_, index) => (index + (found[0] ?? 0)) % 16));
    }
  });

  it.each([1, 7, 187, 189, 1000, 4096])('gives the same from pieces of %i bytes', (pieceBytes) => {
    expect(cut(stream(4), pieceBytes)).toEqual(cut(stream(4), 1_000_000));
  });

  it('leaves out pictures and tables from before the first key frame, and keeps the sound', () => {
    const early = Buffer.concat([stream(0), packet(AUDIO), packet(VIDEO), packet(AUDIO)]);
    const [segment = Buffer.alloc(0)] = cut(Buffer.concat([early, stream(1)]), 500).segments;
    expect(pids(segment).slice(0, 5)).toEqual([0, 0x1000, AUDIO, AUDIO, VIDEO]);
    expect(pids(segment)).not.toContain(0x11);
    expect(counters([segment], AUDIO)).toEqual([0, 1, 2, 3, 4]);
  });

  it('knows the time beyond the 26.5 hours of the clock, and across its wrap', () => {
    const wrapMs = 2 ** 33 / 90;
    const nearMs = 3 * wrapMs - 60;
    const { starts } = cut(stream(2, nearMs, 40), 1_000_000, new Map(), nearMs);
    expect(starts.map((start) => Math.round(start - 3 * wrapMs))).toEqual([-60, 60]);
    const based = cut(stream(1, 1000), 1_000_000, new Map(), 2 ** 30 + 1000, 2 ** 30);
    expect(based.starts).toEqual([2 ** 30 + 1000]);
    expect(unwrapNear(0, wrapMs * 5 + 10_000)).toBeCloseTo(wrapMs * 5);
  });
});
