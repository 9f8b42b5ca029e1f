/** Reads HLS playlists as a player would, for tests. Independent of main/media/outputs/hls. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runTool } from './childProcess.ts';

export interface ReadSegment {
  readonly name: string;
  readonly sequence: number;
  readonly seconds: number;
  readonly isDiscontinuous: boolean;
  readonly dateMs: number;
  readonly map: string | null;
}

export interface ReadPlaylist {
  readonly targetSeconds: number;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly isFinished: boolean;
  readonly isIndependent: boolean;
  readonly segments: readonly ReadSegment[];
  readonly text: string;
}

export function readPlaylist(path: string): ReadPlaylist {
  const text = readFileSync(path, 'utf8');
  const number = (tag: string): number => Number(new RegExp(`^#${tag}:(\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  const mediaSequence = number('EXT-X-MEDIA-SEQUENCE');
  const segments: ReadSegment[] = [];
  let [seconds, isDiscontinuous, dateMs, map] = [0, false, Number.NaN, null as string | null];
  for (const line of text.split('\n')) {
    if (line.startsWith('#EXTINF:')) seconds = Number.parseFloat(line.slice(8));
    if (line === '#EXT-X-DISCONTINUITY') isDiscontinuous = true;
    if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) dateMs = Date.parse(line.slice(25));
    if (line.startsWith('#EXT-X-MAP:')) map = /URI="([^"]+)"/.exec(line)?.[1] ?? null;
    if (line === '' || line.startsWith('#')) continue;
    const sequence = mediaSequence + segments.length;
    segments.push({ name: decodeURIComponent(line), sequence, seconds, isDiscontinuous, dateMs, map });
    isDiscontinuous = false;
  }
  return {
    targetSeconds: number('EXT-X-TARGETDURATION'),
    mediaSequence,
    discontinuitySequence: number('EXT-X-DISCONTINUITY-SEQUENCE'),
    isFinished: text.includes('#EXT-X-ENDLIST'),
    isIndependent: text.includes('#EXT-X-INDEPENDENT-SEGMENTS'),
    segments,
    text,
  };
}

export interface SegmentPacket {
  readonly ptsMs: number;
  readonly isKey: boolean;
}

/** Packets of one segment, read without the ones around it. */
export async function segmentPackets(
  playlistPath: string,
  segment: ReadSegment,
): Promise<{ video: SegmentPacket[]; audio: SegmentPacket[] }> {
  const path = join(dirname(playlistPath), segment.name);
  const input = segment.map === null ? path : `concat:${join(dirname(playlistPath), segment.map)}|${path}`;
  const read = async (kind: 'v' | 'a'): Promise<SegmentPacket[]> => {
    const show = ['-show_entries', 'packet=pts_time,flags', '-of', 'json'];
    const json = await runTool('ffprobe', ['-v', 'error', '-select_streams', `${kind}:0`, ...show, input]);
    const { packets = [] } = JSON.parse(json) as { packets?: { pts_time: string; flags: string }[] };
    return packets.map((packet) => ({
      ptsMs: Math.round(Number(packet.pts_time) * 1000),
      isKey: packet.flags.startsWith('K'),
    }));
  };
  return { video: await read('v'), audio: await read('a') };
}

/** Decodes a segment on its own; what the decoder complained about. */
export async function decodeSegment(playlistPath: string, segment: ReadSegment): Promise<string> {
  const path = join(dirname(playlistPath), segment.name);
  const input = segment.map === null ? path : `concat:${join(dirname(playlistPath), segment.map)}|${path}`;
  return runTool('ffmpeg', ['-nostdin', '-v', 'error', '-xerror', '-i', input, '-f', 'null', '-']);
}
