import { describe, expect, it } from 'vitest';
import { WriteBehind } from '../../../main/store/writeBehind.ts';

const statement = (sql: string): { sql: string } => ({ sql });
const names = (buffer: WriteBehind, count = 100): string[] =>
  buffer.take(count).statements.map(({ sql }) => sql);

describe('write-behind', () => {
  it('gives rows back in the order they came, events and samples together', () => {
    const buffer = new WriteBehind({ maxRows: 10, maxBytes: 1e6 });
    buffer.add(statement('s1'), 'sample');
    buffer.add(statement('e1'), 'event');
    buffer.add(statement('s2'), 'sample');
    expect(names(buffer, 2)).toEqual(['s1', 'e1']);
    expect(names(buffer)).toEqual(['s2']);
    expect(buffer.size).toBe(0);
  });

  it('drops the oldest samples first, events only when nothing else is left, and counts', () => {
    const buffer = new WriteBehind({ maxRows: 3, maxBytes: 1e6 });
    for (const name of ['e1', 's1', 's2', 'e2', 's3', 'e3', 'e4']) {
      buffer.add(statement(name), name.startsWith('e') ? 'event' : 'sample');
    }
    expect(buffer.lost).toBe(4);
    expect(names(buffer)).toEqual(['e2', 'e3', 'e4']);
  });

  it('puts rows that could not be written back to the front', () => {
    const buffer = new WriteBehind({ maxRows: 10, maxBytes: 1e6 });
    for (const name of ['a', 'b', 'c']) buffer.add(statement(name), 'sample');
    const taken = buffer.take(2);
    buffer.add(statement('d'), 'sample');
    taken.giveBack();
    expect(names(buffer)).toEqual(['a', 'b', 'c', 'd']);
    expect(buffer.lost).toBe(0);
  });

  it('keeps its bound when rows come back to a buffer that filled meanwhile', () => {
    const buffer = new WriteBehind({ maxRows: 2, maxBytes: 1e6 });
    buffer.add(statement('a'), 'sample');
    const taken = buffer.take(1);
    buffer.add(statement('b'), 'sample');
    buffer.add(statement('c'), 'sample');
    taken.giveBack();
    expect(names(buffer)).toEqual(['b', 'c']);
    expect(buffer.lost).toBe(1);
  });

  it('is bounded in bytes as well', () => {
    const buffer = new WriteBehind({ maxRows: 1e6, maxBytes: 10_000 });
    for (let index = 0; index < 100; index++) buffer.add({ sql: 'x', params: ['y'.repeat(1000)] }, 'sample');
    expect(buffer.size).toBeLessThan(6);
    expect(buffer.size + buffer.lost).toBe(100);
  });
});
