import { describe, expect, it } from 'vitest';
import {
  nextSequenceOf,
  type PlaylistSegment,
  renderMasterPlaylist,
  renderMediaPlaylist,
  targetSeconds,
} from '../../../../../main/media/outputs/hls/playlist.ts';

const segment = (name: string, change: Partial<PlaylistSegment> = {}): PlaylistSegment => ({
  name,
  durationMs: 2000,
  dateMs: Date.UTC(2025, 4, 2, 18, 0, 0, 250),
  isDiscontinuous: false,
  init: null,
  ...change,
});

describe('a media playlist', () => {
  it('lists transport streams', () => {
    const text = renderMediaPlaylist({
      targetSeconds: 2,
      mediaSequence: 99_999,
      discontinuitySequence: 3,
      segments: [
        segment('my show-099999.ts'),
        segment('b.ts', { isDiscontinuous: true, durationMs: 1966.7 }),
      ],
      isFinished: true,
    });
    expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:99999
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-PROGRAM-DATE-TIME:2025-05-02T18:00:00.250Z
#EXTINF:2.000,
my%20show-099999.ts
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2025-05-02T18:00:00.250Z
#EXTINF:1.967,
b.ts
#EXT-X-ENDLIST
`);
  });

  it('names the initialisation section once, and again when it is another one', () => {
    const text = renderMediaPlaylist({
      targetSeconds: 2,
      mediaSequence: 0,
      discontinuitySequence: 0,
      segments: [
        segment('a.m4s', { init: 'i1.mp4' }),
        segment('b.m4s', { init: 'i1.mp4' }),
        segment('c.m4s', { init: 'i2.mp4', isDiscontinuous: true }),
      ],
      isFinished: false,
    });
    expect(text.match(/^#EXT-X-MAP.*$/gm)).toEqual(['#EXT-X-MAP:URI="i1.mp4"', '#EXT-X-MAP:URI="i2.mp4"']);
    expect(text).toContain('#EXT-X-VERSION:7');
    expect(text).not.toContain('ENDLIST');
  });

  it('has a target duration that no segment exceeds once rounded', () => {
    expect(targetSeconds(2, [])).toBe(2);
    expect(targetSeconds(2, [2002, 2033])).toBe(2);
    expect(targetSeconds(2, [2000, 5600])).toBe(6);
    expect(targetSeconds(1.5, [1500])).toBe(2);
  });

  it('tells how far its numbers go, also one that another program wrote', () => {
    expect(nextSequenceOf('#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\na.ts\n#EXTINF:2,\nb.ts\n')).toBe(9);
    expect(nextSequenceOf('#EXTM3U\n#EXTINF:2,\na.ts\n')).toBe(1);
    expect(nextSequenceOf('a letter')).toBeNull();
  });
});

describe('a master playlist', () => {
  it('lists the variants with what is known of them', () => {
    const known = { width: 1280, height: 720, fps: 30, codecs: 'avc1.64001f,mp4a.40.2' };
    const unknown = { width: null, height: null, fps: null, codecs: null };
    const text = renderMasterPlaylist([
      { name: 'show-main.m3u8', bandwidth: 3_000_000.2, averageBandwidth: 2_600_000, ...known },
      { name: 'show-r1.m3u8', bandwidth: 900_000, averageBandwidth: 800_000, ...unknown },
    ]);
    expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=3000001,AVERAGE-BANDWIDTH=2600000,RESOLUTION=1280x720,FRAME-RATE=30.000,CODECS="avc1.64001f,mp4a.40.2"
show-main.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=800000
show-r1.m3u8
`);
  });
});
