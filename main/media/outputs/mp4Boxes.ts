/** The few things that have to be read from MP4 files. Pure. Source: ISO/IEC 14496-12, 4.2 (boxes) and 8.7.3 (sample sizes). */

export const BOX_HEADER_BYTES = 8;

export interface BoxHeader {
  readonly type: string;
  /** Header included. */
  readonly size: number;
}

/** Null when the header is not complete. */
export function readBoxHeader(bytes: Buffer, offset: number): BoxHeader | null {
  if (offset + BOX_HEADER_BYTES > bytes.length) return null;
  const size = bytes.readUInt32BE(offset);
  const type = bytes.toString('latin1', offset + 4, offset + 8);
  if (size !== 1) return { type, size: Math.max(size, BOX_HEADER_BYTES) };
  return offset + 16 > bytes.length ? null : { type, size: Number(bytes.readBigUInt64BE(offset + 8)) };
}

/** The boxes directly inside a box that holds nothing but boxes, in order. */
export function childBoxes(parent: Buffer): { type: string; bytes: Buffer }[] {
  const found: { type: string; bytes: Buffer }[] = [];
  for (let offset = BOX_HEADER_BYTES; ; ) {
    const box = readBoxHeader(parent, offset);
    if (box === null) return found;
    found.push({ type: box.type, bytes: parent.subarray(offset, offset + box.size) });
    offset += box.size;
  }
}

/** The first box at the end of a path of types below `parent`. */
export function findBox(parent: Buffer, path: readonly string[]): Buffer | null {
  let current: Buffer | null = parent;
  for (const type of path) {
    if (current === null) return null;
    current = childBoxes(current).find((box) => box.type === type)?.bytes ?? null;
  }
  return current;
}

export interface SampleCounts {
  readonly video: number;
  readonly audio: number;
}

/** How many samples the tracks of an ordinary (not fragmented) file have, from its `moov` box. */
export function sampleCounts(moov: Buffer): SampleCounts {
  const counts = { video: 0, audio: 0 };
  for (const { type, bytes } of childBoxes(moov)) {
    if (type !== 'trak') continue;
    const handler = findBox(bytes, ['mdia', 'hdlr'])?.toString('latin1', 16, 20);
    const samples = findBox(bytes, ['mdia', 'minf', 'stbl', 'stsz'])?.readUInt32BE(16) ?? 0;
    if (handler === 'vide') counts.video += samples;
    if (handler === 'soun') counts.audio += samples;
  }
  return counts;
}
