/** The text of playlists. Pure. Source: RFC 8216 (HTTP Live Streaming), section 4.3. */

export interface PlaylistSegment {
  /** Name of the file, beside the playlist. */
  readonly name: string;
  readonly durationMs: number;
  /** When the first picture was shown, UTC epoch milliseconds. */
  readonly dateMs: number;
  /** Something other than media time goes on from the segment before: encoding, time line. */
  readonly isDiscontinuous: boolean;
  /** Name of the initialisation section; null for transport streams. */
  readonly init: string | null;
}

export interface MediaPlaylist {
  readonly targetSeconds: number;
  /** Of the first segment listed. */
  readonly mediaSequence: number;
  /** Discontinuities before the first segment listed. */
  readonly discontinuitySequence: number;
  readonly segments: readonly PlaylistSegment[];
  /** No more will come. */
  readonly isFinished: boolean;
}

export interface MasterVariant {
  /** Name of its media playlist. */
  readonly name: string;
  /** Peak of its segments, bit/s. */
  readonly bandwidth: number;
  readonly averageBandwidth: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly fps: number | null;
  /** RFC 6381, such as `avc1.64001f,mp4a.40.2`; null when it is not known. */
  readonly codecs: string | null;
}

export function renderMediaPlaylist(playlist: MediaPlaylist): string {
  const hasInit = playlist.segments.some((segment) => segment.init !== null);
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${hasInit ? 7 : 6}`,
    `#EXT-X-TARGETDURATION:${playlist.targetSeconds}`,
    `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
  ];
  let init: string | null = null;
  for (const segment of playlist.segments) {
    if (segment.isDiscontinuous) lines.push('#EXT-X-DISCONTINUITY');
    if (segment.init !== null && segment.init !== init) {
      init = segment.init;
      lines.push(`#EXT-X-MAP:URI="${encodeURIComponent(init)}"`);
    }
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.dateMs).toISOString()}`);
    lines.push(`#EXTINF:${(segment.durationMs / 1000).toFixed(3)},`, encodeURIComponent(segment.name));
  }
  if (playlist.isFinished) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** Variants in the order in which they are to be tried; the first is what a player begins with. */
export function renderMasterPlaylist(variants: readonly MasterVariant[]): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:6', '#EXT-X-INDEPENDENT-SEGMENTS'];
  for (const variant of variants) {
    const attributes = [
      `BANDWIDTH=${Math.ceil(variant.bandwidth)}`,
      `AVERAGE-BANDWIDTH=${Math.ceil(variant.averageBandwidth)}`,
      ...(variant.width === null ? [] : [`RESOLUTION=${variant.width}x${variant.height}`]),
      ...(variant.fps === null ? [] : [`FRAME-RATE=${variant.fps.toFixed(3)}`]),
      ...(variant.codecs === null ? [] : [`CODECS="${variant.codecs}"`]),
    ];
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(',')}`, encodeURIComponent(variant.name));
  }
  return `${lines.join('\n')}\n`;
}

/** The largest whole number of seconds that no segment, rounded as players do, may exceed. */
export function targetSeconds(wantedSeconds: number, durationsMs: readonly number[]): number {
  return Math.max(Math.ceil(wantedSeconds), ...durationsMs.map((duration) => Math.round(duration / 1000)));
}

/** What can be told from a playlist on the disk whose state file is gone: the first sequence number not used yet. Null when it is none of HLS. */
export function nextSequenceOf(text: string): number | null {
  if (!text.startsWith('#EXTM3U')) return null;
  const first = Number(/^#EXT-X-MEDIA-SEQUENCE:(?<number>\d+)/m.exec(text)?.groups?.number ?? 0);
  return first + (text.match(/^#EXTINF:/gm)?.length ?? 0);
}
