/**
 * AMF0, the value format of RTMP commands and FLV script data. Decoding is bounded in depth and in number of values,
 * so that hostile bytes cost no more than their length. Source: AMF0 Specification (Adobe, 2007).
 */
import { malformed } from '../flv/malformed.ts';
import { AMF0_MAX_DEPTH, Amf0Decoder } from './amf0Decoder.ts';

export type Amf0Value =
  | number
  | boolean
  | string
  | null
  | undefined
  | Date
  | Amf0EcmaArray
  | Amf0Value[]
  | { [name: string]: Amf0Value };

export type Amf0Object = { [name: string]: Amf0Value };

/** An object that travels as an ECMA array, which some readers demand of onMetaData. Decoded ECMA arrays are plain objects. */
export class Amf0EcmaArray {
  readonly entries: Amf0Object;

  constructor(entries: Amf0Object) {
    this.entries = entries;
  }
}

const MAX_SHORT_STRING_BYTES = 0xffff;

/** Decodes the values that follow one another in `bytes`, as in a command message. Throws `media.malformed`. */
export function decodeAmf0(bytes: Buffer): Amf0Value[] {
  return new Amf0Decoder(bytes).all();
}

/** Encodes values one after another. Throws `media.malformed` when they nest deeper than 16 or are not AMF0 values. */
export function encodeAmf0(...values: Amf0Value[]): Buffer {
  const parts: Buffer[] = [];
  for (const value of values) encodeValue(parts, value, 0);
  return Buffer.concat(parts);
}

function encodeValue(parts: Buffer[], value: Amf0Value, depth: number): void {
  if (depth > AMF0_MAX_DEPTH) throw malformed('AMF0 values nest too deep');
  if (typeof value === 'number') parts.push(withDouble(0x00, value));
  else if (typeof value === 'boolean') parts.push(Buffer.from([0x01, value ? 1 : 0]));
  else if (typeof value === 'string') encodeString(parts, value);
  else if (value === null) parts.push(Buffer.from([0x05]));
  else if (value === undefined) parts.push(Buffer.from([0x06]));
  else if (value instanceof Date) parts.push(withDouble(0x0b, value.getTime()), Buffer.from([0, 0]));
  else if (value instanceof Amf0EcmaArray) {
    const names = Object.keys(value.entries);
    parts.push(withCount(0x08, names.length));
    encodeProperties(parts, value.entries, depth);
  } else if (Array.isArray(value)) {
    parts.push(withCount(0x0a, value.length));
    for (const element of value) encodeValue(parts, element, depth + 1);
  } else {
    parts.push(Buffer.from([0x03]));
    encodeProperties(parts, value, depth);
  }
}

function encodeString(parts: Buffer[], value: string): void {
  const text = Buffer.from(value, 'utf8');
  if (text.length > MAX_SHORT_STRING_BYTES) parts.push(withCount(0x0c, text.length), text);
  else parts.push(Buffer.from([0x02, text.length >> 8, text.length & 0xff]), text);
}

function encodeProperties(parts: Buffer[], object: Amf0Object, depth: number): void {
  for (const [name, value] of Object.entries(object)) {
    const text = Buffer.from(name, 'utf8');
    if (text.length === 0 || text.length > MAX_SHORT_STRING_BYTES)
      throw malformed('an AMF0 property name of impossible length');
    parts.push(Buffer.from([text.length >> 8, text.length & 0xff]), text);
    encodeValue(parts, value, depth + 1);
  }
  parts.push(Buffer.from([0, 0, 0x09]));
}

function withDouble(marker: number, value: number): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = marker;
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function withCount(marker: number, count: number): Buffer {
  const bytes = Buffer.allocUnsafe(5);
  bytes[0] = marker;
  bytes.writeUInt32BE(count, 1);
  return bytes;
}
