import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MediaTag } from '../../../../main/media/flv/mediaTag.ts';
import { ChunkReader } from '../../../../main/media/rtmp/chunkReader.ts';
import { ChunkWriter } from '../../../../main/media/rtmp/chunkWriter.ts';
import { MediaPacker, type Packed } from '../../../../main/media/rtmp/mediaPacker.ts';
import { setChunkSize } from '../../../../main/media/rtmp/protocolControl.ts';

interface Heard {
  readonly typeId: number;
  readonly timestampMs: number;
  readonly payload: string;
}

/** A destination: what it was sent, as its server reads it. */
class Destination {
  readonly heard: Heard[] = [];
  readonly packs: Packed[] = [];
  readonly #packer: MediaPacker;
  readonly #reader = new ChunkReader(({ typeId, timestampMs, payload }) =>
    this.heard.push({ typeId, timestampMs, payload: payload.toString('hex') }),
  );

  constructor(chunkBytes = 4096) {
    const writer = new ChunkWriter();
    const slices: Buffer[] = [];
    writer.append(slices, setChunkSize(chunkBytes));
    for (const slice of slices) this.#reader.push(slice);
    this.#packer = new MediaPacker(writer, 1);
  }

  take(tags: readonly MediaTag[]): void {
    const packed = this.#packer.pack([...tags]);
    expect(packed.slices.reduce((sum, { length }) => sum + length, 0)).toBe(packed.bytes);
    for (const slice of packed.slices) this.#reader.push(slice);
    this.packs.push(packed);
  }
}

const picture = (timestampMs: number, payload = Buffer.from([0x27, 1, timestampMs % 256])): MediaTag => ({
  kind: 'video',
  frame: 'inter',
  codec: 'h264',
  timestampMs,
  compositionMs: 0,
  payload,
});
const sound = (timestampMs: number, payload = Buffer.from([0xaf, 1, timestampMs % 256])): MediaTag => ({
  kind: 'audio',
  frame: 'sound',
  codec: 'aac',
  timestampMs,
  payload,
});

const timesOf = ({ heard }: Destination): number[] => heard.map(({ timestampMs }) => timestampMs);

describe('MediaPacker', () => {
  it('does the work once for destinations that stand alike, each on its own time', () => {
    const [early, late] = [new Destination(), new Destination()];
    const tags = [0, 40, 80, 120, 160].flatMap((at) => [picture(1000 + at), sound(1005 + at)]);
    early.take(tags.slice(0, 4));
    for (const batch of [tags.slice(4, 6), tags.slice(6, 8), tags.slice(8)]) {
      early.take(batch);
      late.take(batch);
    }
    expect(timesOf(early)).toEqual([0, 5, 40, 45, 80, 85, 120, 125, 160, 165]);
    expect(timesOf(late)).toEqual([0, 5, 40, 45, 80, 85]);
    expect(late.packs.at(-1)?.slices).toBe(early.packs.at(-1)?.slices);
  });

  it('shares nothing between destinations with other chunk sizes', () => {
    const [one, other] = [new Destination(4096), new Destination(128)];
    const batches = [0, 1, 2].map((batch) => [picture(batch * 40, Buffer.alloc(500, batch))]);
    for (const batch of batches) {
      one.take(batch);
      other.take(batch);
    }
    expect(one.heard).toEqual(other.heard);
    expect(other.packs.at(-1)?.bytes).toBeGreaterThan(one.packs.at(-1)?.bytes ?? 0);
  });

  it('tells every destination the same pictures at the same distances, whatever joins when', () => {
    const tag = fc.record({
      isSound: fc.boolean(),
      stepMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constantFrom(0xffffff, 0xfffffe, 2 ** 31)),
      length: fc.constantFrom(3, 3, 200, 5000),
    });
    const batch = fc.array(tag, { minLength: 1, maxLength: 6 });
    const startMs = fc.constantFrom(0, 1000, 2 ** 24 - 30, 2 ** 32 - 60);
    const joins = fc.array(fc.nat(9), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(batch, { minLength: 1, maxLength: 10 }),
        startMs,
        joins,
        (batches, begin, joinAt) => {
          let nowMs = begin;
          const tags = batches.map((list) =>
            list.map(({ isSound, stepMs, length }, index) => {
              nowMs += stepMs;
              return (isSound ? sound : picture)(nowMs, Buffer.alloc(length, index + 1));
            }),
          );
          const together = joinAt.map(() => new Destination());
          tags.forEach((list, index) => {
            together.forEach((destination, one) => {
              if (index >= (joinAt[one] ?? 0)) destination.take(list);
            });
          });
          joinAt.forEach((from, one) => {
            // Alone: nobody packed these very tags before.
            const alone = new Destination();
            for (const list of tags.slice(from)) alone.take(list.map((each) => ({ ...each })));
            expect(together[one]?.heard).toEqual(alone.heard);
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});
