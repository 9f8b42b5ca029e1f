import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../main/lib/emitter.ts';

interface Events {
  tick: number;
  other: string;
}

function recorder(): { emitter: Emitter<Events>; seen: number[]; see: (tick: number) => void } {
  const seen: number[] = [];
  return { emitter: new Emitter<Events>(), seen, see: (tick) => void seen.push(tick) };
}

describe('emitter', () => {
  it('calls the listeners of that event in the order they came', () => {
    const { emitter, seen, see } = recorder();
    emitter.on('tick', (tick) => see(tick));
    emitter.on('tick', (tick) => see(tick * 10));
    emitter.on('other', () => see(-1));
    emitter.emit('tick', 1);
    expect(seen).toEqual([1, 10]);
  });

  it('keeps calling the others when one throws, and tells of the error', () => {
    const errors: unknown[] = [];
    const emitter = new Emitter<Events>((error) => errors.push(error));
    const seen: number[] = [];
    const failure = new Error('listener');
    emitter.on('tick', () => {
      throw failure;
    });
    emitter.on('tick', (tick) => seen.push(tick));
    emitter.emit('tick', 1);
    expect(seen).toEqual([1]);
    expect(errors).toEqual([failure]);
  });

  it('does not call a listener that another one just ended', () => {
    const { emitter, seen, see } = recorder();
    emitter.on('tick', () => off());
    const off = emitter.on('tick', see);
    emitter.emit('tick', 1);
    expect(seen).toEqual([]);
  });

  it('does not call a listener for the event during which it was added', () => {
    const { emitter, seen, see } = recorder();
    emitter.on('tick', () => emitter.on('tick', see));
    emitter.emit('tick', 1);
    expect(seen).toEqual([]);
  });

  it('counts one listener that was added twice as two', () => {
    const { emitter, seen, see } = recorder();
    const off = emitter.on('tick', see);
    emitter.on('tick', see);
    off();
    off();
    emitter.emit('tick', 1);
    expect(seen).toEqual([1]);
  });

  it('waits for the event that is wanted', async () => {
    const { emitter } = recorder();
    const big = emitter.once('tick', (tick) => tick > 5);
    emitter.emit('tick', 1);
    emitter.emit('tick', 9);
    emitter.emit('tick', 10);
    expect(await big).toBe(9);
  });

  it('forgets everybody', () => {
    const { emitter, seen, see } = recorder();
    emitter.on('tick', see);
    emitter.clear();
    emitter.emit('tick', 1);
    expect(seen).toEqual([]);
  });
});
