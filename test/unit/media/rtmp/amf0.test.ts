import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Amf0EcmaArray, type Amf0Value, decodeAmf0, encodeAmf0 } from '../../../../main/media/rtmp/amf0.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('AMF0 encoding', () => {
  it.each<[string, Amf0Value, string]>([
    ['a string', 'connect', '020007636f6e6e656374'],
    ['a number', 1, '003ff0000000000000'],
    ['true', true, '0101'],
    ['null', null, '05'],
    ['undefined', undefined, '06'],
    ['an object', { app: 'live' }, '0300036170700200046c697665000009'],
    ['an ECMA array', new Amf0EcmaArray({ app: 'live' }), '080000000100036170700200046c697665000009'],
    ['a strict array', ['a', 1], '0a0000000202000161003ff0000000000000'],
    ['a date', new Date(1), '0b3ff00000000000000000'],
  ])('writes %s', (_name, value, hex) => {
    expect(encodeAmf0(value).toString('hex')).toBe(hex);
  });

  it('writes a string past 65535 bytes as a long string', () => {
    const text = 'ź'.repeat(40_000);
    const encoded = encodeAmf0(text);
    expect(encoded.subarray(0, 5).toString('hex')).toBe('0c00013880');
    expect(decodeAmf0(encoded)).toEqual([text]);
  });

  it('refuses what nests without end', () => {
    const loop: { [name: string]: Amf0Value } = {};
    loop.self = loop;
    expect(() => encodeAmf0(loop)).toThrow(expect.objectContaining({ code: 'media.malformed' }));
  });
});

describe('AMF0 decoding', () => {
  const leaf = fc.oneof(
    fc.double(),
    fc.boolean(),
    fc.string({ unit: 'binary' }),
    fc.constant(null),
    fc.constant(undefined),
    fc.integer({ min: 0, max: 4e12 }).map((ms) => new Date(ms)),
  );
  const { value } = fc.letrec<{ value: Amf0Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ minLength: 1 }), tie('value'), { maxKeys: 4 }),
    ),
  }));

  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), (values) => {
        expect(decodeAmf0(encodeAmf0(...values))).toEqual(values);
      }),
      { numRuns: 100 },
    );
  });

  it.each<[string, string, Amf0Value[]]>([
    ['an ECMA array whose count is wrong', '0800000007 000161 0101 000009', [{ a: true }]],
    ['an empty name that ends nothing', '03 0000 0101 000161 0100 000009', [{ '': true, a: false }]],
    ['a typed object', '10 000441626364 000161 0101 000009', [{ a: true }]],
    ['an XML document', '0f00000003 3c612f', ['<a/']],
    ['unsupported', '0d', [undefined]],
    ['a reference to a finished object', '03 000161 0101 000009 07 0000', [{ a: true }, { a: true }]],
  ])('reads %s', (_name, hex, expected) => {
    expect(decodeAmf0(bytes(hex))).toEqual(expected);
  });

  it('keeps a property named __proto__ a property', () => {
    const [object] = decodeAmf0(bytes('03 00095f5f70726f746f5f5f 03 000161 0101 000009 000009'));
    expect(Object.keys(object as object)).toEqual(['__proto__']);
    expect((object as { a?: unknown }).a).toBeUndefined();
  });

  it.each([
    ['an unknown marker', '12'],
    ['a movie clip', '04'],
    ['a number cut short', '003ff0'],
    ['a string longer than the message', '02ffff61'],
    ['an object without end', '03 000161 0101'],
    ['a strict array that claims four billion values', '0affffffff0101'],
    ['a reference to what is still being read', '03 000161 07 0000 000009'],
    ['17 arrays within one another', `${'0a00000001'.repeat(17)}05`],
  ])('refuses %s', (_name, hex) => {
    expect(() => decodeAmf0(bytes(hex))).toThrow(expect.objectContaining({ code: 'media.malformed' }));
  });

  it('refuses more values than any message has', () => {
    expect(() => decodeAmf0(Buffer.alloc(10_001, 0x05))).toThrow('too many');
  });

  it('meets any rubbish with the typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64, max: 0x12 }), (random) => {
        try {
          decodeAmf0(Buffer.from(random));
        } catch (error) {
          expect(error).toMatchObject({ code: 'media.malformed' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
