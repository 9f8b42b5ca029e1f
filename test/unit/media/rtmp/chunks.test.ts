import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkReader, type ChunkReaderOptions } from '../../../../main/media/rtmp/chunkReader.ts';
import { ChunkWriter } from '../../../../main/media/rtmp/chunkWriter.ts';
import { setChunkSize } from '../../../../main/media/rtmp/protocolControl.ts';
import type { RtmpMessage } from '../../../../main/media/rtmp/rtmpMessage.ts';

function message(
  chunkStreamId: number,
  timestampMs: number,
  length: number,
  changes: Partial<RtmpMessage> = {},
): RtmpMessage {
  const payload = Buffer.alloc(length, timestampMs % 251);
  return { chunkStreamId, typeId: 8, streamId: 1, timestampMs, payload, ...changes };
}

/** Each message's bytes as written, with the default chunk size unless told otherwise. */
function write(messages: readonly RtmpMessage[], writer = new ChunkWriter()): Buffer[] {
  return messages.map((next) => {
    const slices: Buffer[] = [];
    const bytes = writer.append(slices, next);
    const written = Buffer.concat(slices);
    expect(written).toHaveLength(bytes);
    return written;
  });
}

function read(pieces: readonly Buffer[], options?: ChunkReaderOptions): RtmpMessage[] {
  const seen: RtmpMessage[] = [];
  const reader = new ChunkReader((next) => seen.push(next), options);
  for (const piece of pieces) reader.push(piece);
  return seen;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const text = (list: readonly RtmpMessage[]): object[] =>
  list.map((next) => ({ ...next, payload: next.payload.toString('latin1') }));
const malformed = expect.objectContaining({ code: 'media.malformed' });

describe('ChunkWriter', () => {
  it('writes the audio example of the specification: 44, 36, 33 and 33 bytes', () => {
    const chunks = write([1000, 1020, 1040, 1060].map((at) => message(3, at, 32, { streamId: 12345 })));
    expect(chunks.map((chunk) => chunk.length)).toEqual([44, 36, 33, 33]);
    expect(chunks[0]?.subarray(0, 12).toString('hex')).toBe('030003e80000200839300000');
    expect(chunks[1]?.subarray(0, 4).toString('hex')).toBe('83000014');
    expect(chunks[2]?.subarray(0, 1).toString('hex')).toBe('c3');
  });

  it('writes the video example of the specification: 140, 129 and 52 bytes', () => {
    const [bytes] = write([message(4, 1000, 307, { typeId: 9, streamId: 12346 })]);
    expect(bytes).toHaveLength(140 + 129 + 52);
    expect(bytes?.subarray(0, 12).toString('hex')).toBe('040003e8000133093a300000');
    expect([bytes?.[140], bytes?.[140 + 129]]).toEqual([0xc4, 0xc4]);
  });

  it.each([
    [63, '3f'],
    [64, '0000'],
    [319, '00ff'],
    [365, '012d01'],
    [65_599, '01ffff'],
  ])('writes chunk stream %d as %s', (chunkStreamId, expected) => {
    const [bytes] = write([message(chunkStreamId, 0, 1)]);
    expect(bytes?.toString('hex', 0, expected.length / 2)).toBe(expected);
  });

  it('sends a payload that fits one chunk by reference', () => {
    const writer = new ChunkWriter();
    const slices: Buffer[] = [];
    writer.append(slices, setChunkSize(65_536));
    const sent = message(6, 0, 65_536);
    writer.append(slices, sent);
    expect(slices[slices.length - 1]).toBe(sent.payload);
  });

  it('writes more small messages than its buffer holds', () => {
    const writer = new ChunkWriter();
    const slices: Buffer[] = [];
    const list = [...Array(60).keys()].map((index) => message(4, index * 20, 900 + index));
    writer.append(slices, setChunkSize(65_536));
    for (const next of list) writer.append(slices, next);
    expect(text(read(slices))).toEqual(text(list));
  });

  it('writes an absolute time at 0xffffff and above as extended, in every chunk of the message', () => {
    const [below, at] = write([
      message(4, 0xfffffe, 200, { streamId: 1 }),
      message(4, 0xffffff, 200, { streamId: 2 }),
    ]);
    expect(below?.subarray(0, 4).toString('hex')).toBe('04fffffe');
    expect(at?.subarray(0, 4).toString('hex')).toBe('04ffffff');
    expect(at?.subarray(12, 16).toString('hex')).toBe('00ffffff');
    expect(at?.subarray(16 + 128, 16 + 128 + 5).toString('hex')).toBe('c400ffffff');
  });

  it('starts afresh with an absolute header when time goes back or jumps beyond 24 bits', () => {
    const chunks = write([0, 40, 20, 20 + 0xffffff, 20 + 2 * 0xffffff - 1].map((at) => message(4, at, 10)));
    expect(chunks.map((chunk) => (chunk[0] ?? 0) >> 6)).toEqual([0, 2, 0, 0, 2]);
  });
});

describe('ChunkReader', () => {
  it('reads the times of a stream across 24, 31 and 32 bits as they were written', () => {
    const times = [
      0,
      0xfffff0,
      0xffffff,
      0x1000010,
      2 ** 31 - 5,
      2 ** 31 + 5,
      2 ** 32 - 1,
      2 ** 32 + 20,
      2 ** 32 + 40,
    ];
    const sent = times.flatMap((at) => [message(4, at, 200), message(6, at, 300, { typeId: 9 })]);
    const expected = sent.map((next) => ({ ...next, timestampMs: next.timestampMs % 2 ** 32 }));
    expect(text(read(write(sent)))).toEqual(text(expected));
  });

  const sent = fc.record({
    chunkStreamId: fc.constantFrom(2, 3, 4, 6, 64, 400),
    typeId: fc.constantFrom(4, 8, 9, 18, 20),
    streamId: fc.constantFrom(0, 1, 77),
    timestampMs: fc.oneof(
      fc.integer({ min: 0, max: 400 }),
      fc.constantFrom(0xfffffe, 0xffffff, 0x1000000, 2 ** 32 - 1),
    ),
    payload: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  });

  it('gives back any messages, at any chunk size, however the bytes are cut', () => {
    const sizes = fc.constantFrom(1, 7, 128, 4096, 65_536);
    fc.assert(
      fc.property(
        fc.array(sent, { maxLength: 12 }),
        sizes,
        fc.array(fc.nat(), { maxLength: 20 }),
        (list, size, cuts) => {
          const slices: Buffer[] = [];
          const writer = new ChunkWriter();
          writer.append(slices, setChunkSize(size));
          for (const next of list) writer.append(slices, next);
          const bytes = Buffer.concat(slices);
          const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
          const pieces = [...places, bytes.length].map((end, index) =>
            bytes.subarray(places[index - 1] ?? 0, end),
          );
          expect(text(read(pieces))).toEqual(text(list));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('gives back messages that come byte by byte', () => {
    const list = [message(4, 0x1000000, 300), message(6, 20, 5, { typeId: 9 }), message(4, 0x1000014, 300)];
    const bytes = Buffer.concat(write(list));
    expect(text(read([...bytes.keys()].map((at) => bytes.subarray(at, at + 1))))).toEqual(text(list));
  });

  it('puts interleaved chunk streams together', () => {
    const video = message(6, 100, 300, { typeId: 9 });
    const audio = message(4, 100, 200);
    const cutUp = (list: Buffer[], ...places: number[]): Buffer[] => {
      const bytes = Buffer.concat(list);
      return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
    };
    const v = cutUp(write([video]), 140, 269);
    const a = cutUp(write([audio]), 140);
    const order = [v[0], a[0], v[1], a[1], v[2]].map((piece) => piece ?? Buffer.alloc(0));
    expect(text(read([Buffer.concat(order)]))).toEqual(text([audio, video]));
  });

  it('refers to the received bytes where a message lies in one chunk', () => {
    const [bytes] = write([message(4, 0, 100)]);
    const [seen] = read([bytes ?? Buffer.alloc(0)]);
    expect(seen?.payload.buffer).toBe(bytes?.buffer);
  });

  describe('with an extended timestamp on continuations', () => {
    const head = '04 ffffff 0000c8 08 01000000 01000000';
    const first = 'aa'.repeat(128);
    const second = 'bb'.repeat(72);
    const next = 'c4 01000000';
    it.each([
      ['repeated, as specified', [head, first, next, second]],
      ['left out, as some programs do', [head, first, 'c4', second]],
    ])('reads it %s, in one piece and byte by byte', (_name, parts) => {
      const bytes = hex(parts.join(''));
      for (const pieces of [[bytes], [...bytes.keys()].map((at) => bytes.subarray(at, at + 1))]) {
        const [seen] = read(pieces);
        expect(seen).toMatchObject({ timestampMs: 0x1000000 });
        expect(seen?.payload.toString('hex')).toBe(first + second);
      }
    });
  });

  it('adds nothing for a bare header that follows an absolute one', () => {
    const list = read([hex('04 0003e8 000001 08 01000000 aa  c4 bb  84 000014 cc  c4 dd')]);
    expect(list.map((next) => next.timestampMs)).toEqual([1000, 1000, 1020, 1040]);
  });

  it('drops an aborted message and reads on', () => {
    const [video] = write([message(6, 0, 300, { typeId: 9 })]);
    const abort = hex('02 000000 000004 02 00000000 00000006');
    const after = message(6, 40, 10, { typeId: 9 });
    const seen = read([video?.subarray(0, 140) ?? abort, abort, ...write([after])]);
    expect(text(seen)).toEqual(text([after]));
  });

  it('reads a chunk size of 16 MB and what it allows in one chunk', () => {
    const writer = new ChunkWriter();
    const slices: Buffer[] = [];
    writer.append(slices, setChunkSize(0xffffff));
    writer.append(slices, message(4, 0, 3_000_000));
    expect(read([Buffer.concat(slices)])[0]?.payload).toHaveLength(3_000_000);
  });

  it.each([
    ['a message larger than allowed', '04 000000 0003e9 08 01000000'],
    ['a chunk stream that begins without a header', 'c4'],
    [
      'a message begun within another',
      `04 000000 0000c8 08 01000000 ${'aa'.repeat(128)} 04 000000 000001 08 01000000`,
    ],
    ['a chunk size of zero', '02 000000 000004 01 00000000 00000000'],
    ['a chunk size above 31 bits', '02 000000 000004 01 00000000 80000000'],
    ['an abort without a number', '02 000000 000002 02 00000000 0000'],
  ])('refuses %s, and everything after it', (_name, bytes) => {
    const reader = new ChunkReader(() => undefined, { maxMessageBytes: 1000 });
    expect(() => reader.push(hex(bytes))).toThrow(malformed);
    expect(() => reader.push(hex('02'))).toThrow(malformed);
  });

  it('refuses more chunk streams than allowed', () => {
    const opened = (count: number): Buffer[] =>
      write([...Array(count).keys()].map((id) => message(id + 3, 0, 1)));
    expect(read(opened(4), { maxChunkStreams: 4 })).toHaveLength(4);
    expect(() => read(opened(5), { maxChunkStreams: 4 })).toThrow(malformed);
  });

  it('holds at most two of the largest messages unfinished', () => {
    const parts = [3, 4, 5].map(
      (id) => write([message(id, 0, 1000)])[0]?.subarray(0, 12 + 128) ?? Buffer.alloc(0),
    );
    const reader = new ChunkReader(() => undefined, { maxMessageBytes: 1000 });
    for (const part of parts) reader.push(part);
    const more = (id: number): Buffer => Buffer.concat([Buffer.from([0xc0 | id]), Buffer.alloc(128)]);
    expect(() => {
      for (let round = 0; round < 6; round++) for (const id of [3, 4, 5]) reader.push(more(id));
    }).toThrow('too many unfinished');
  });

  it('meets any rubbish with the typed error or in silence', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (pieces) => {
        try {
          read(pieces.map((piece) => Buffer.from(piece)));
        } catch (error) {
          expect(error).toMatchObject({ code: 'media.malformed' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
