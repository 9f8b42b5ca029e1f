/** The part of an H.264 sequence parameter set that says how large the picture is. Source: ITU-T H.264, 7.3.2.1.1 and 7.4.2.1.1. */
import { BitReader } from './bitReader.ts';
import { malformed } from './malformed.ts';

export interface SequenceParameters {
  readonly profile: number;
  readonly level: number;
  /** What is shown, after cropping. */
  readonly width: number;
  readonly height: number;
}

/** Profiles whose parameter set carries chroma format and scaling lists. */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Parses a whole SPS NAL unit. Throws `media.malformed`. */
export function parseSequenceParameters(nalUnit: Buffer): SequenceParameters {
  const profile = nalUnit[1];
  const level = nalUnit[3];
  if (profile === undefined || level === undefined || (nalUnit[0] ?? 0) % 32 !== 7) {
    throw malformed('not an H.264 sequence parameter set');
  }
  const reader = new BitReader(withoutEmulationPrevention(nalUnit.subarray(4)));
  reader.unsignedGolomb();
  const chromaFormat = HIGH_PROFILES.has(profile) ? readHighProfileFields(reader) : 1;
  reader.unsignedGolomb();
  readPictureOrderFields(reader);
  reader.unsignedGolomb();
  reader.flag();
  const widthInMacroblocks = reader.unsignedGolomb() + 1;
  const heightInMapUnits = reader.unsignedGolomb() + 1;
  const isFrameOnly = reader.flag();
  if (!isFrameOnly) reader.flag();
  reader.flag();
  const crop = reader.flag() ? readCrop(reader) : { left: 0, right: 0, top: 0, bottom: 0 };
  const fields = isFrameOnly ? 1 : 2;
  const cropUnitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const cropUnitY = (chromaFormat === 1 ? 2 : 1) * fields;
  const width = widthInMacroblocks * 16 - (crop.left + crop.right) * cropUnitX;
  const height = heightInMapUnits * 16 * fields - (crop.top + crop.bottom) * cropUnitY;
  if (width <= 0 || height <= 0 || width > 16_384 || height > 16_384)
    throw malformed('an impossible picture size');
  return { profile, level, width, height };
}

function readHighProfileFields(reader: BitReader): number {
  const chromaFormat = reader.unsignedGolomb();
  const hasSeparatePlanes = chromaFormat === 3 && reader.flag();
  reader.unsignedGolomb();
  reader.unsignedGolomb();
  reader.flag();
  if (reader.flag()) {
    for (let list = 0; list < (chromaFormat === 3 ? 12 : 8); list++) {
      if (reader.flag()) skipScalingList(reader, list < 6 ? 16 : 64);
    }
  }
  return hasSeparatePlanes ? 0 : chromaFormat;
}

function skipScalingList(reader: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let index = 0; index < size; index++) {
    if (next !== 0) next = (last + reader.signedGolomb() + 256) % 256;
    last = next === 0 ? last : next;
  }
}

function readPictureOrderFields(reader: BitReader): void {
  const type = reader.unsignedGolomb();
  if (type === 0) reader.unsignedGolomb();
  if (type !== 1) return;
  reader.flag();
  reader.signedGolomb();
  reader.signedGolomb();
  const count = reader.unsignedGolomb();
  if (count > 255) throw malformed('an H.264 picture order cycle that is too long');
  for (let index = 0; index < count; index++) reader.signedGolomb();
}

function readCrop(reader: BitReader): { left: number; right: number; top: number; bottom: number } {
  const left = reader.unsignedGolomb();
  const right = reader.unsignedGolomb();
  const top = reader.unsignedGolomb();
  const bottom = reader.unsignedGolomb();
  return { left, right, top, bottom };
}

/** Drops the 3 of every 0 0 3, which only keeps the bytes from looking like a start code. */
function withoutEmulationPrevention(bytes: Buffer): Buffer {
  const plain = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    plain[length++] = byte;
  }
  return plain.subarray(0, length);
}
