import { malformed } from '../flv/malformed.ts';
import type { Amf0Object, Amf0Value } from './amf0.ts';

/** Objects within objects, in both directions. */
export const AMF0_MAX_DEPTH = 16;
/** Far above any command or metadata, far below what would be felt. */
const MAX_VALUES = 10_000;
const OBJECT_END = 0x09;

/** The reading half of amf0.ts. */
export class Amf0Decoder {
  readonly #bytes: Buffer;
  /** Finished objects and arrays in order of appearance, for references. Null: still being read. */
  readonly #complex: (Amf0Object | Amf0Value[] | null)[] = [];
  #offset = 0;
  #values = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  all(): Amf0Value[] {
    const values: Amf0Value[] = [];
    while (this.#offset < this.#bytes.length) values.push(this.#value(0));
    return values;
  }

  #value(depth: number): Amf0Value {
    if (depth > AMF0_MAX_DEPTH) throw malformed('AMF0 values nest too deep');
    if (++this.#values > MAX_VALUES) throw malformed('too many AMF0 values');
    const marker = this.#uint(1);
    switch (marker) {
      case 0x00:
        return this.#double();
      case 0x01:
        return this.#uint(1) !== 0;
      case 0x02:
        return this.#text(this.#uint(2));
      case 0x03:
        return this.#object(depth);
      case 0x05:
        return null;
      case 0x06:
      case 0x0d:
        return undefined;
      case 0x07:
        return this.#reference();
      case 0x08:
        this.#uint(4); // The count is a hint only; the end marker decides.
        return this.#object(depth);
      case 0x0a:
        return this.#strictArray(depth);
      case 0x0b:
        return this.#date();
      case 0x0c:
      case 0x0f:
        return this.#text(this.#uint(4));
      case 0x10:
        this.#text(this.#uint(2));
        return this.#object(depth);
      default:
        throw malformed('an unknown AMF0 type');
    }
  }

  #object(depth: number): Amf0Object {
    const slot = this.#complex.push(null) - 1;
    const object: Amf0Object = Object.create(null);
    for (;;) {
      const name = this.#text(this.#uint(2));
      if (name === '' && this.#bytes[this.#offset] === OBJECT_END) break;
      object[name] = this.#value(depth + 1);
    }
    this.#offset++;
    this.#complex[slot] = object;
    return object;
  }

  #strictArray(depth: number): Amf0Value[] {
    const slot = this.#complex.push(null) - 1;
    const count = this.#uint(4);
    if (count > this.#bytes.length - this.#offset)
      throw malformed('an AMF0 array that is longer than its message');
    const array: Amf0Value[] = [];
    for (let index = 0; index < count; index++) array.push(this.#value(depth + 1));
    this.#complex[slot] = array;
    return array;
  }

  #reference(): Amf0Value {
    const value = this.#complex[this.#uint(2)];
    if (value === undefined || value === null) throw malformed('an AMF0 reference to nothing');
    return value;
  }

  #date(): Date {
    const date = new Date(this.#double());
    this.#uint(2); // Time zone: reserved, to be ignored.
    return date;
  }

  #double(): number {
    this.#need(8);
    const value = this.#bytes.readDoubleBE(this.#offset);
    this.#offset += 8;
    return value;
  }

  #text(length: number): string {
    this.#need(length);
    const text = this.#bytes.toString('utf8', this.#offset, this.#offset + length);
    this.#offset += length;
    return text;
  }

  #uint(bytes: 1 | 2 | 4): number {
    this.#need(bytes);
    const value = this.#bytes.readUIntBE(this.#offset, bytes);
    this.#offset += bytes;
    return value;
  }

  #need(bytes: number): void {
    if (this.#offset + bytes > this.#bytes.length) throw malformed('AMF0 data ends too early');
  }
}
