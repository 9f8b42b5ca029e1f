/**
 * What a receiver got, packet by packet: the judge of most integration and fault tests. FLV files are read here
 * (fast, independent of main/media/flv, and content with a file that is still being written or was cut off);
 * everything else goes through ffprobe. The hashes are of the coded data alone, without the container's own bytes,
 * so that FLV, MP4 and Matroska files of one encode can be compared with each other.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { runTool } from './childProcess.ts';

export interface MediaPacket {
  readonly dtsMs: number;
  readonly ptsMs: number;
  readonly isKey: boolean;
  /** Bytes of coded data. */
  readonly size: number;
  /** MD5 of the coded data. */
  readonly md5: string;
}

export interface MediaPackets {
  /** Without sequence headers, which are no packets. */
  readonly video: readonly MediaPacket[];
  readonly audio: readonly MediaPacket[];
}

/** Reads the packets of the first video and the first audio track. A missing track is an empty list. */
export async function packets(file: string): Promise<MediaPackets> {
  return isFlv(file) ? readFlvPackets(readFileSync(file)) : probePackets(file);
}

/** The packets of tag bodies that came another way than in a file, such as from a server under test. */
export function packetsOfTags(
  tags: Iterable<{ readonly kind: string; readonly timestampMs: number; readonly payload: Buffer }>,
): MediaPackets {
  const video: MediaPacket[] = [];
  const audio: MediaPacket[] = [];
  for (const { kind, timestampMs, payload } of tags) {
    if (kind === 'video') video.push(...readVideo(payload, timestampMs));
    if (kind === 'audio') audio.push(...readAudio(payload, timestampMs));
  }
  return { video, audio };
}

export interface Continuity {
  readonly count: number;
  /** How often the decoding time went back. */
  readonly backwards: number;
  readonly biggestGapMs: number;
  readonly startsWithKey: boolean;
  /** Time from the first packet to the last. */
  readonly spanMs: number;
}

/** Whether a track is whole: monotonic, without holes, starting where a decoder can start. */
export function continuity(track: readonly MediaPacket[]): Continuity {
  let backwards = 0;
  let biggestGapMs = 0;
  for (let index = 1; index < track.length; index++) {
    const stepMs = (track[index]?.dtsMs ?? 0) - (track[index - 1]?.dtsMs ?? 0);
    if (stepMs < 0) backwards++;
    biggestGapMs = Math.max(biggestGapMs, stepMs);
  }
  return {
    count: track.length,
    backwards,
    biggestGapMs,
    startsWithKey: track[0]?.isKey ?? false,
    spanMs: (track.at(-1)?.dtsMs ?? 0) - (track[0]?.dtsMs ?? 0),
  };
}

export interface Comparison {
  /** Packets of the reference before the first one received, as of a receiver that joined late. */
  readonly missingAtStart: number;
  /** Packets of the reference lost between the first and the last one received. */
  readonly missingInside: number;
  /** Packets of the reference after the last one received, as of a receiver that left early. */
  readonly missingAtEnd: number;
  /** Received packets that the reference has not, or not at that place. */
  readonly extra: number;
  /** Decoding times in the reference of what is missing inside. */
  readonly missingAtMs: readonly number[];
}

/** Finds out which packets of `reference` did not reach `received`, by content and order; times are not compared. */
export function compare(reference: readonly MediaPacket[], received: readonly MediaPacket[]): Comparison {
  const matched: number[] = [];
  let next = 0;
  let extra = 0;
  for (const packet of received) {
    let index = next;
    while (index < reference.length && reference[index]?.md5 !== packet.md5) index++;
    if (index === reference.length) {
      extra++;
      continue;
    }
    matched.push(index);
    next = index + 1;
  }
  const first = matched[0] ?? reference.length;
  const isMatched = new Set(matched);
  const missing = reference.slice(first, next).filter((_, offset) => !isMatched.has(first + offset));
  return {
    missingAtStart: first,
    missingInside: missing.length,
    missingAtEnd: matched.length === 0 ? 0 : reference.length - next,
    extra,
    missingAtMs: missing.map((packet) => packet.dtsMs),
  };
}

function isFlv(file: string): boolean {
  const signature = Buffer.alloc(3);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, signature, 0, 3, 0);
  } finally {
    closeSync(descriptor);
  }
  return signature.toString('latin1') === 'FLV';
}

const AUDIO_TAG = 8;
const VIDEO_TAG = 9;
const TAG_HEADER_BYTES = 11;

/** Adobe Video File Format 10.1, annex E.4. A last tag that is not whole is left out. */
function readFlvPackets(flv: Buffer): MediaPackets {
  const video: MediaPacket[] = [];
  const audio: MediaPacket[] = [];
  let offset = flv.length < 9 ? flv.length : flv.readUInt32BE(5) + 4;
  while (offset + TAG_HEADER_BYTES <= flv.length) {
    const type = flv.readUInt8(offset) & 0x1f;
    const bodyStart = offset + TAG_HEADER_BYTES;
    const bodyEnd = bodyStart + flv.readUIntBE(offset + 1, 3);
    if (bodyEnd > flv.length) break;
    const dtsMs = flv.readUIntBE(offset + 4, 3) + flv.readUInt8(offset + 7) * 0x1000000;
    const body = flv.subarray(bodyStart, bodyEnd);
    if (type === VIDEO_TAG) video.push(...readVideo(body, dtsMs));
    if (type === AUDIO_TAG) audio.push(...readAudio(body, dtsMs));
    offset = bodyEnd + 4;
  }
  return { video, audio };
}

function readVideo(body: Buffer, dtsMs: number): MediaPacket[] {
  if (body.length < 5) return [];
  const first = body.readUInt8(0);
  const isKey = ((first >> 4) & 0x07) === 1;
  const isEnhanced = (first & 0x80) !== 0;
  const packetType = isEnhanced ? first & 0x0f : body.readUInt8(1);
  // 1 = coded frames with composition time, 3 = coded frames without (Enhanced RTMP only).
  if (isEnhanced && packetType === 3) return [packet(body.subarray(5), dtsMs, 0, isKey)];
  if (packetType !== 1) return [];
  const compositionAt = isEnhanced ? 5 : 2;
  const hasComposition = !isEnhanced || body.toString('latin1', 1, 5) === 'hvc1';
  if (!hasComposition) return [packet(body.subarray(5), dtsMs, 0, isKey)];
  const compositionMs = body.readIntBE(compositionAt, 3);
  return [packet(body.subarray(compositionAt + 3), dtsMs, compositionMs, isKey)];
}

function readAudio(body: Buffer, dtsMs: number): MediaPacket[] {
  if (body.length < 2) return [];
  const format = body.readUInt8(0) >> 4;
  const AAC = 10;
  const ENHANCED = 9;
  if (format === ENHANCED) {
    return (body.readUInt8(0) & 0x0f) === 1 ? [packet(body.subarray(5), dtsMs, 0, true)] : [];
  }
  if (format !== AAC) return [packet(body.subarray(1), dtsMs, 0, true)];
  return body.readUInt8(1) === 1 ? [packet(body.subarray(2), dtsMs, 0, true)] : [];
}

function packet(data: Buffer, dtsMs: number, compositionMs: number, isKey: boolean): MediaPacket {
  const md5 = createHash('md5').update(data).digest('hex');
  return { dtsMs, ptsMs: dtsMs + compositionMs, isKey, size: data.length, md5 };
}

interface ProbedPacket {
  readonly dts_time?: string;
  readonly pts_time?: string;
  readonly flags: string;
  readonly size: string;
  readonly data_hash: string;
}

async function probePackets(file: string): Promise<MediaPackets> {
  const probe = async (stream: string): Promise<MediaPacket[]> => {
    const show = ['-show_packets', '-show_data_hash', 'md5', '-of', 'json'];
    const json = await runTool('ffprobe', ['-v', 'error', '-select_streams', `${stream}:0`, ...show, file]);
    const { packets: probed = [] } = JSON.parse(json) as { packets?: ProbedPacket[] };
    return probed.map(fromProbe);
  };
  const [video, audio] = await Promise.all([probe('v'), probe('a')]);
  return { video, audio };
}

function fromProbe(probed: ProbedPacket): MediaPacket {
  const dtsMs = Math.round(Number(probed.dts_time ?? probed.pts_time) * 1_000);
  return {
    dtsMs,
    ptsMs: Math.round(Number(probed.pts_time ?? probed.dts_time) * 1_000),
    isKey: probed.flags.startsWith('K'),
    size: Number(probed.size),
    md5: probed.data_hash.replace(/^md5:/i, '').toLowerCase(),
  };
}
