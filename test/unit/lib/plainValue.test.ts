import { describe, expect, it } from 'vitest';
import { toPlain } from '../../../main/lib/plainValue.ts';
import { Secret } from '../../../main/lib/secret.ts';

const keep = (text: string): string => text;

describe('plain values', () => {
  it.each<[string, unknown, unknown]>([
    ['text', 'a', 'a'],
    ['numbers', 1.5, 1.5],
    ['what JSON has no word for', [Number.NaN, Number.POSITIVE_INFINITY, 12n], ['NaN', 'Infinity', '12']],
    ['nothing', [null, undefined, () => 1, Symbol('x')], [null, null, null, null]],
    ['fields without a value', { a: undefined, b: () => 1, c: 1 }, { c: 1 }],
    ['dates', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['bytes', Buffer.from('abc'), '[3 bytes]'],
    ['maps and sets', { map: new Map([['a', 1]]), set: new Set([1, 2]) }, { map: { a: 1 }, set: [1, 2] }],
    ['secrets', { value: new Secret('x') }, { value: '[redacted]' }],
    [
      'fields that say they are secret',
      { password: 'x', streamKey: 'y', key: 7, token: '' },
      { password: '[redacted]', streamKey: '[redacted]', key: '[redacted]', token: '' },
    ],
  ])('keep %s', (_what, value, expected) => {
    expect(toPlain(value, keep)).toEqual(expected);
  });

  it('show an error with its code and its cause', () => {
    const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'EPIPE' });
    expect(toPlain({ error }, keep)).toMatchObject({
      error: { name: 'Error', message: 'outer', code: 'EPIPE', cause: { message: 'inner' } },
    });
  });

  it('are scrubbed in texts, in the names of fields and in errors', () => {
    const scrub = (text: string): string => text.replaceAll('CANARY', '*');
    const value = { CANARY: 'a CANARY', list: ['CANARY'], error: new Error('CANARY') };
    expect(JSON.stringify(toPlain(value, scrub))).not.toContain('CANARY');
  });

  it('end: cycles, depth, length and width are bounded', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(toPlain(cycle, keep)).toEqual({ self: '[circular]' });
    let deep: unknown = 'x';
    for (let level = 0; level < 1000; level++) deep = [deep];
    expect(JSON.stringify(toPlain(deep, keep)).length).toBeLessThan(100);
    expect(
      JSON.stringify(
        toPlain(
          Array.from({ length: 1e5 }, () => 'a'),
          keep,
        ),
      ).length,
    ).toBeLessThan(1000);
    expect((toPlain('a'.repeat(1e6), keep) as string).length).toBeLessThan(9000);
  });

  it('never throw, whatever a stranger put in', () => {
    const hostile = {
      get trap(): never {
        throw new Error('getter');
      },
    };
    expect(toPlain({ hostile, fine: 1 }, keep)).toEqual({ hostile: '[unreadable]', fine: 1 });
  });
});
