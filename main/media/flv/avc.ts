/**
 * H.264 inside FLV: the decoder configuration of a header tag, and key frames that carry their own parameter sets.
 * Recordings, MPEG-TS and HLS survive a changed configuration only when the sets travel in the picture data.
 * Source: ISO/IEC 14496-15, 5.2.4.1 (AVCDecoderConfigurationRecord); ITU-T H.264, 7.4.1.2.3 (order of NAL units).
 */
import { parseSequenceParameters } from './avcSequenceParameters.ts';
import { malformed } from './malformed.ts';
import type { VideoTag } from './mediaTag.ts';
import { videoLayout } from './tagParser.ts';

const NAL_SPS = 7;
const NAL_PPS = 8;
const NAL_ACCESS_UNIT_DELIMITER = 9;

export interface AvcConfiguration {
  readonly profile: number;
  readonly compatibility: number;
  /** Ten times the level: 31 is level 3.1. */
  readonly level: number;
  /** Bytes of the length before each NAL unit of this track: 1, 2 or 4. */
  readonly nalLengthBytes: number;
  /** NAL units, without length or start code. */
  readonly sequenceParameterSets: readonly Buffer[];
  readonly pictureParameterSets: readonly Buffer[];
  /** Size of the shown picture, pixels. */
  readonly width: number;
  readonly height: number;
}

/** Reads an H.264 header tag (`frame: 'header'`). Throws `media.malformed`. */
export function parseAvcHeaderTag(header: VideoTag): AvcConfiguration {
  const layout = videoLayout(header.payload);
  if (layout === null || layout.codec !== 'h264' || layout.frame !== 'header')
    throw malformed('not an H.264 header');
  return parseAvcConfiguration(header.payload.subarray(layout.dataOffset));
}

/** Reads an AVCDecoderConfigurationRecord, as it also stands in the `avcC` box of MP4. Throws `media.malformed`. */
export function parseAvcConfiguration(record: Buffer): AvcConfiguration {
  if (record.length < 7 || record[0] !== 1) throw malformed('not an H.264 decoder configuration');
  const nalLengthBytes = ((record[4] ?? 0) & 3) + 1;
  if (nalLengthBytes === 3) throw malformed('an H.264 configuration with 3-byte NAL unit lengths');
  const spsCount = (record[5] ?? 0) & 31;
  const sps = readSets(record, 6, spsCount);
  const ppsCount = record[sps.end];
  if (ppsCount === undefined) throw malformed('an H.264 configuration ends too early');
  const pps = readSets(record, sps.end + 1, ppsCount);
  const first = sps.sets[0];
  if (first === undefined) throw malformed('an H.264 configuration without a sequence parameter set');
  const { width, height } = parseSequenceParameters(first);
  return {
    profile: record[1] ?? 0,
    compatibility: record[2] ?? 0,
    level: record[3] ?? 0,
    nalLengthBytes,
    sequenceParameterSets: sps.sets,
    pictureParameterSets: pps.sets,
    width,
    height,
  };
}

function readSets(record: Buffer, start: number, count: number): { sets: Buffer[]; end: number } {
  const sets: Buffer[] = [];
  let offset = start;
  for (let index = 0; index < count; index++) {
    if (offset + 2 > record.length) throw malformed('an H.264 configuration ends too early');
    const length = record.readUInt16BE(offset);
    const end = offset + 2 + length;
    if (length === 0 || end > record.length) throw malformed('an H.264 configuration ends too early');
    sets.push(record.subarray(offset + 2, end));
    offset = end;
  }
  return { sets, end: offset };
}

/** A NAL unit inside a payload. */
interface NalUnit {
  readonly type: number;
  readonly end: number;
}

/**
 * The key frame with the parameter sets of `header` as the first NAL units of its picture data (behind an access
 * unit delimiter, which must stay first). Returned unchanged when it carries SPS and PPS already, and when either
 * tag is not H.264 or is damaged: a frame is never lost over this.
 */
export function withParameterSets(header: VideoTag, key: VideoTag): VideoTag {
  const layout = videoLayout(key.payload);
  if (layout === null || layout.codec !== 'h264' || layout.frame !== 'key') return key;
  const prefix = parameterSetPrefix(header);
  if (prefix === null) return key;
  const units = listNalUnits(key.payload, layout.dataOffset, prefix.nalLengthBytes);
  if (units === null) return key;
  const types = new Set(units.map((unit) => unit.type));
  if (types.has(NAL_SPS) && types.has(NAL_PPS)) return key;
  const first = units[0];
  const cut = first?.type === NAL_ACCESS_UNIT_DELIMITER ? first.end : layout.dataOffset;
  const payload = Buffer.concat([key.payload.subarray(0, cut), prefix.bytes, key.payload.subarray(cut)]);
  return { ...key, payload };
}

/**
 * Whether the NAL units of an H.264 frame fit into it exactly. Muxers that write start codes end themselves over one that
 * does not, so it must not reach them. True for whatever is not H.264, or whose configuration cannot be read.
 */
export function hasWholeNalUnits(header: VideoTag, frame: VideoTag): boolean {
  const layout = videoLayout(frame.payload);
  const prefix = parameterSetPrefix(header);
  if (layout === null || layout.codec !== 'h264' || layout.frame === 'header' || prefix === null) return true;
  return listNalUnits(frame.payload, layout.dataOffset, prefix.nalLengthBytes) !== null;
}

interface ParameterSetPrefix {
  readonly bytes: Buffer;
  readonly nalLengthBytes: number;
}

/** Header payloads are shared and never change, so each is parsed once. */
const prefixes = new WeakMap<Buffer, ParameterSetPrefix>();

function parameterSetPrefix(header: VideoTag): ParameterSetPrefix | null {
  const known = prefixes.get(header.payload);
  if (known !== undefined) return known;
  try {
    const configuration = parseAvcHeaderTag(header);
    const { nalLengthBytes, sequenceParameterSets, pictureParameterSets } = configuration;
    const slices = [...sequenceParameterSets, ...pictureParameterSets].flatMap((unit) => {
      const length = Buffer.alloc(nalLengthBytes);
      length.writeUIntBE(unit.length, 0, nalLengthBytes);
      return [length, unit];
    });
    const prefix = { bytes: Buffer.concat(slices), nalLengthBytes };
    prefixes.set(header.payload, prefix);
    return prefix;
  } catch {
    return null; // A configuration we cannot read is the receiver's to judge; the frame goes on as it came.
  }
}

function listNalUnits(payload: Buffer, start: number, nalLengthBytes: number): NalUnit[] | null {
  const units: NalUnit[] = [];
  let offset = start;
  while (offset < payload.length) {
    if (offset + nalLengthBytes > payload.length) return null;
    const length = payload.readUIntBE(offset, nalLengthBytes);
    const begin = offset + nalLengthBytes;
    if (begin + length > payload.length) return null;
    if (length > 0) units.push({ type: (payload[begin] ?? 0) & 31, end: begin + length });
    offset = begin + length;
  }
  return units;
}
