import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlvReader, type FlvReaderOptions } from '../../../../main/media/flv/flvReader.ts';
import { flvFileHeader, flvTagSlices } from '../../../../main/media/flv/flvWriter.ts';
import type { MediaTag } from '../../../../main/media/flv/mediaTag.ts';
import { parseTag } from '../../../../main/media/flv/tagParser.ts';

function tag(type: number, timestampMs: number, payload: Buffer): MediaTag {
  const parsed = parseTag(type, timestampMs, payload);
  if (parsed === null) throw new Error('not a tag');
  return parsed;
}

const script = tag(18, 0, Buffer.from('02000a6f6e4d657461446174610800000000000009', 'hex'));
const key = tag(9, 0, Buffer.concat([Buffer.from([0x17, 1, 0, 0, 0]), Buffer.alloc(9000, 7)]));
const sound = tag(8, 21, Buffer.from('af0121', 'hex'));
const inter = tag(9, 40, Buffer.concat([Buffer.from([0x27, 1, 0, 0, 0]), Buffer.alloc(300, 8)]));
const tags = [script, key, sound, inter];

function flv(list: readonly MediaTag[]): Buffer {
  return Buffer.concat([flvFileHeader({ hasAudio: true, hasVideo: true }), ...list.flatMap(flvTagSlices)]);
}

function read(chunks: readonly Buffer[], options?: FlvReaderOptions): MediaTag[] {
  const seen: MediaTag[] = [];
  const reader = new FlvReader((next) => seen.push(next), options);
  for (const chunk of chunks) reader.push(chunk);
  return seen;
}

/** Compares at a glance what `toEqual` would compare byte by byte. */
function text(list: readonly MediaTag[]): object[] {
  return list.map((next) => ({ ...next, payload: next.payload.toString('latin1') }));
}

/** Cuts `bytes` at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...[...places].sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

describe('FlvReader', () => {
  it('gives back what FlvWriter framed', () => {
    expect(read([flv(tags)])).toEqual(tags);
  });

  it('gives the same tags however the stream is cut', () => {
    const bytes = flv(tags);
    const place = fc.integer({ min: 0, max: bytes.length });
    fc.assert(
      fc.property(fc.array(place, { maxLength: 12 }), (places) => {
        expect(text(read(cut(bytes, places)))).toEqual(text(tags));
      }),
      { numRuns: 50 },
    );
    const small = flv([script, sound, inter]);
    expect(read(cut(small, [...small.keys()]))).toEqual([script, sound, inter]);
  });

  it('refers to the chunk where a tag lies inside it', () => {
    const bytes = flv([inter]);
    const [seen] = read([bytes]);
    expect(seen?.payload.buffer).toBe(bytes.buffer);
  });

  it('hands a tag on with its last byte, before the PreviousTagSize', () => {
    const bytes = flv([inter]);
    expect(read([bytes.subarray(0, bytes.length - 4)])).toEqual([inter]);
  });

  it('tells a stream that ends inside a tag from a whole one', () => {
    const bytes = flv(tags);
    const reader = new FlvReader(() => undefined);
    reader.push(bytes.subarray(0, bytes.length - 100));
    expect(reader.isAtTagBoundary).toBe(false);
    reader.push(bytes.subarray(bytes.length - 100));
    expect(reader.isAtTagBoundary).toBe(true);
  });

  it('reads timestamps past 24 and 31 bits', () => {
    const times = [0xfffffe, 0xffffff, 0x1000000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
    const list = times.map((timestampMs) => ({ ...sound, timestampMs }));
    expect(read([flv(list)]).map((next) => next.timestampMs)).toEqual(times);
  });

  it('leaves out tags that carry nothing', () => {
    const end: MediaTag = { ...inter, payload: Buffer.from('1702000000', 'hex') };
    const empty: MediaTag = { ...sound, payload: Buffer.alloc(0) };
    expect(read([flv([inter, end, empty, sound])])).toEqual([inter, sound]);
  });

  const withByte = (offset: number, value: number): Buffer => {
    const bytes = Buffer.from(flv([sound, inter]));
    bytes[offset] = value;
    return bytes;
  };
  it.each([
    ['another signature', withByte(0, 0x47)],
    ['another version', withByte(3, 2)],
    ['an unknown tag type', withByte(13, 15)],
    ['an encrypted tag', withByte(13, 0x28)],
    ['a stream id', withByte(22, 1)],
    ['a PreviousTagSize that does not fit', withByte(30, 1)],
    ['text', Buffer.from('HTTP/1.1 404 Not Found\r\n')],
  ])('refuses %s, and everything after it', (_name, bytes) => {
    const reader = new FlvReader(() => undefined);
    expect(() => reader.push(bytes)).toThrow(expect.objectContaining({ code: 'media.malformed' }));
    expect(() => reader.push(flv(tags))).toThrow(expect.objectContaining({ code: 'media.malformed' }));
  });

  it('refuses a tag larger than allowed before it has come', () => {
    const bytes = flv([key]).subarray(0, 40);
    expect(() => read([bytes], { maxTagBytes: 9004 })).toThrow('9005 bytes is too large');
    expect(read([flv([key])], { maxTagBytes: 9005 })).toHaveLength(1);
  });

  it('meets any rubbish with the typed error or in silence', () => {
    const damaged = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat()).map(([at, value, end]) => {
      const bytes = Buffer.from(flv([script, sound, inter]));
      bytes[at % bytes.length] = value;
      return bytes.subarray(0, end % (bytes.length + 1));
    });
    const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(damaged, random), (bytes) => {
        try {
          read([bytes]);
        } catch (error) {
          expect(error).toMatchObject({ code: 'media.malformed' });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('flvTagSlices', () => {
  it('frames a tag as the specification has it, payload by reference', () => {
    const slices = flvTagSlices({ ...sound, timestampMs: 0x01020304 });
    expect(slices.map((slice) => slice.toString('hex'))).toEqual([
      '0800000302030401000000',
      'af0121',
      '0000000e',
    ]);
    expect(slices[1]).toBe(sound.payload);
  });

  it('wraps the timestamp at 2^32', () => {
    expect(flvTagSlices({ ...sound, timestampMs: 2 ** 32 + 5 })[0].toString('hex')).toBe(
      '0800000300000500000000',
    );
  });
});
