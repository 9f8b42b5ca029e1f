/** Names of codecs as playlists give them (RFC 6381, ISO/IEC 14496-15 annex E), from the decoder configurations of a stream. */
import { parseAacHeaderTag } from '../../flv/aac.ts';
import { parseAvcHeaderTag } from '../../flv/avc.ts';
import type { AudioTag, VideoTag } from '../../flv/mediaTag.ts';
import { videoLayout } from '../../flv/tagParser.ts';
import type { FeedHeaders } from '../flvFeed.ts';

export interface StreamDescription {
  /** `avc1.64001f,mp4a.40.2`; null when a track has a codec that has no name here. */
  readonly codecs: string | null;
  readonly width: number | null;
  readonly height: number | null;
}

export function describeStream({ video, audio }: FeedHeaders): StreamDescription {
  const picture = video === null ? null : describeVideo(video);
  const names = [picture?.codec, audio === null ? undefined : audioCodec(audio)].filter(
    (name) => name !== undefined,
  );
  const isComplete = names.length > 0 && names.every((name) => name !== null);
  return {
    codecs: isComplete ? names.join(',') : null,
    width: picture?.width ?? null,
    height: picture?.height ?? null,
  };
}

interface PictureDescription {
  readonly codec: string | null;
  readonly width: number | null;
  readonly height: number | null;
}

function describeVideo(header: VideoTag): PictureDescription {
  try {
    if (header.codec === 'h264') {
      const { profile, compatibility, level, width, height } = parseAvcHeaderTag(header);
      const bytes = [profile, compatibility, level].map((byte) => byte.toString(16).padStart(2, '0'));
      return { codec: `avc1.${bytes.join('')}`, width, height };
    }
    const record = header.payload.subarray(videoLayout(header.payload)?.dataOffset ?? 0);
    const codec =
      header.codec === 'hevc' ? hevcCodec(record) : header.codec === 'av1' ? av1Codec(record) : null;
    return { codec, width: null, height: null };
  } catch {
    return { codec: null, width: null, height: null }; // A player finds out by itself what the playlist does not say.
  }
}

/** ISO/IEC 14496-15, E.3: profile, compatibility in reverse bit order, tier and level, constraint bytes. */
function hevcCodec(record: Buffer): string {
  const first = record.readUInt8(1);
  const space = ['', 'A', 'B', 'C'][first >> 6] ?? '';
  let compatibility = 0;
  const flags = record.readUInt32BE(2);
  for (let bit = 0; bit < 32; bit++) compatibility = compatibility * 2 + ((flags >>> bit) & 1);
  const constraints = [...record.subarray(6, 12)].map((byte) => byte.toString(16));
  while (constraints.at(-1) === '0') constraints.pop();
  const tier = (first & 0x20) === 0 ? 'L' : 'H';
  return [
    'hvc1',
    `${space}${first & 0x1f}`,
    compatibility.toString(16),
    `${tier}${record.readUInt8(12)}`,
    ...constraints,
  ].join('.');
}

/** AV1 Codec ISO Media File Format Binding, section 5. */
function av1Codec(record: Buffer): string {
  const [second, third] = [record.readUInt8(1), record.readUInt8(2)];
  const level = String(second & 0x1f).padStart(2, '0');
  const depth = (third & 0x40) === 0 ? '08' : (third & 0x20) === 0 ? '10' : '12';
  return `av01.${second >> 5}.${level}${(third & 0x80) === 0 ? 'M' : 'H'}.${depth}`;
}

function audioCodec(header: AudioTag): string | null {
  if (header.codec === 'opus') return 'opus';
  if (header.codec === 'mp3') return 'mp4a.40.34';
  if (header.codec !== 'aac') return null;
  try {
    return `mp4a.40.${parseAacHeaderTag(header).objectType}`;
  } catch {
    return null; // As above.
  }
}
