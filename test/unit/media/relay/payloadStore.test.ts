import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PayloadStore } from '../../../../main/media/relay/payloadStore.ts';

const SLAB = 100;

describe('PayloadStore', () => {
  it('keeps copies: what the caller does with its memory afterwards does not show', () => {
    const store = new PayloadStore(SLAB);
    const received = Buffer.from('picture');
    const kept = store.add(received);
    received.fill(0);
    expect(String(kept)).toBe('picture');
  });

  it('holds no more memory than what is kept needs, however much goes through', () => {
    const store = new PayloadStore(SLAB);
    for (let round = 0; round < 1000; round += 1) {
      const mark = store.mark();
      for (let piece = 0; piece < 5; piece += 1) store.add(Buffer.alloc(40, piece));
      store.release(mark);
    }
    expect(store.heldBytes).toBeLessThanOrEqual(10 * SLAB);
  });

  it('takes what is larger than a slab', () => {
    const store = new PayloadStore(SLAB);
    expect(store.add(Buffer.alloc(1000, 7)).equals(Buffer.alloc(1000, 7))).toBe(true);
  });

  it('leaves alone what it has lent, also after everything is released', () => {
    const store = new PayloadStore(SLAB);
    const lent = [10, 60, 50].map((length, index) => store.add(Buffer.alloc(length, index + 1)));
    store.lend();
    store.release(store.mark());
    for (let round = 0; round < 20; round += 1) {
      store.add(Buffer.alloc(90, 99));
      store.release(store.mark());
    }
    expect(lent.map((buffer) => buffer[0])).toEqual([1, 2, 3]);
  });

  it('never changes what was added after the oldest mark that is kept', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), bytes: fc.integer({ min: 0, max: 150 }) }),
      fc.constant({ kind: 'mark' as const }),
      fc.constant({ kind: 'release' as const }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const store = new PayloadStore(SLAB);
        let groups: { mark: number; kept: { buffer: Buffer; value: number }[] }[] = [];
        let value = 0;
        for (const next of steps) {
          if (next.kind === 'mark') groups.push({ mark: store.mark(), kept: [] });
          if (next.kind === 'release' && groups.length > 1) {
            groups = groups.slice(1);
            store.release(groups[0]?.mark ?? 0);
          }
          if (next.kind !== 'add') continue;
          value = (value + 1) % 256;
          groups.at(-1)?.kept.push({ buffer: store.add(Buffer.alloc(next.bytes, value)), value });
        }
        for (const { buffer, value: expected } of groups.flatMap(({ kept }) => kept)) {
          expect(buffer.every((byte) => byte === expected)).toBe(true);
        }
      }),
    );
  });
});
