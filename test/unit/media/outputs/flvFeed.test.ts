import { describe, expect, it } from 'vitest';
import { aacHeaderTag, silentAacTag } from '../../../../main/media/flv/aac.ts';
import { FlvReader } from '../../../../main/media/flv/flvReader.ts';
import type { MediaTag, VideoTag } from '../../../../main/media/flv/mediaTag.ts';
import { metadataTag } from '../../../../main/media/flv/metadata.ts';
import { FlvFeed, type FlvFeedOptions, LEAD_MS } from '../../../../main/media/outputs/flvFeed.ts';

/** x264's parameter sets for 320x180, and the same with another profile byte. */
const SPS = Buffer.from('6742c00dd90141fb0110000003001000000303c0f142a480', 'hex');
const PPS = Buffer.from('68cb8cb2', 'hex');

function header(pps = PPS, codec: VideoTag['codec'] = 'h264'): VideoTag {
  const lengths = (unit: Buffer): Buffer => Buffer.from([unit.length >> 8, unit.length & 0xff]);
  const record = [
    Buffer.from([1, 0x42, 0xc0, 0x0d, 0xff, 0xe1]),
    lengths(SPS),
    SPS,
    Buffer.from([1]),
    lengths(pps),
    pps,
  ];
  const payload = Buffer.concat([Buffer.from([0x17, 0, 0, 0, 0]), ...record]);
  return { kind: 'video', codec, frame: 'header', compositionMs: 0, timestampMs: 0, payload };
}

function picture(frame: 'key' | 'inter', timestampMs: number): VideoTag {
  const payload = Buffer.from([frame === 'key' ? 0x17 : 0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 0x88]);
  return { kind: 'video', codec: 'h264', frame, compositionMs: 0, timestampMs, payload };
}

const options: FlvFeedOptions = {
  timestamps: 'from zero',
  forwardsNewHeaders: false,
  readsEnhancedFlv: false,
};

/** What a reader finds in everything the feed gave. */
function readBack(feed: FlvFeed, tags: readonly MediaTag[]): MediaTag[] {
  const found: MediaTag[] = [];
  const reader = new FlvReader((tag) => found.push(tag));
  for (const tag of tags) for (const slice of feed.accept(tag)) reader.push(slice);
  return found;
}

const names = (tags: readonly MediaTag[]): string[] =>
  tags.map((tag) => (tag.kind === 'data' ? 'data' : `${tag.kind} ${tag.frame}`));

describe('the feed of a muxer', () => {
  it('leaves out a picture whose NAL units do not fit into it, at the start and later', () => {
    const torn = (frame: 'key' | 'inter', timestampMs: number): VideoTag => {
      const whole = picture(frame, timestampMs);
      whole.payload.writeUInt32BE(1000, 5);
      return whole;
    };
    const feed = new FlvFeed(options);
    const tags = [header(), torn('key', 0), picture('key', 40), torn('inter', 80), picture('inter', 120)];
    const found = readBack(feed, tags).filter((tag) => tag.kind === 'video' && tag.frame !== 'header');
    expect(found.map(({ timestampMs }) => timestampMs)).toEqual([LEAD_MS, LEAD_MS + 80]);
  });

  it('gives nothing before the first key frame, then headers and frames', () => {
    const tags = [metadataTag({ width: 320 }, 0), header(), aacHeaderTag(48_000, 2, 0)];
    const feed = new FlvFeed(options);
    expect(tags.flatMap((tag) => feed.accept(tag))).toEqual([]);
    const found = readBack(feed, [
      silentAacTag(2, 90_000),
      picture('inter', 90_010),
      picture('key', 90_040),
      silentAacTag(2, 90_030),
      picture('inter', 90_073),
    ]);
    expect(names(found)).toEqual([
      'data',
      'video header',
      'audio header',
      'video key',
      'audio sound',
      'video inter',
    ]);
    expect(found.map(({ timestampMs }) => timestampMs)).toEqual(
      // Script data at any other time than 0 would be read as a third track.
      [-LEAD_MS, 0, 0, 0, -10, 33].map((offset) => offset + LEAD_MS),
    );
  });

  it('keeps the times of the stream when a later session is to go on from them', () => {
    const feed = new FlvFeed({ ...options, timestamps: 'as they are' });
    feed.accept(header());
    const startMs = 2 ** 31 + 5;
    const found = readBack(feed, [picture('key', startMs)]);
    expect(feed.baseMs + (found.at(-1)?.timestampMs ?? 0)).toBe(startMs);
    expect(found.at(-1)?.timestampMs).toBeLessThan(2 ** 30);
    expect(feed.startMs).toBe(startMs);
  });

  it('begins with sound where there is no picture', () => {
    const found = readBack(new FlvFeed(options), [aacHeaderTag(48_000, 2, 0), silentAacTag(2, 10)]);
    expect(names(found)).toEqual(['audio header', 'audio sound']);
  });

  it('leaves out script data behind the beginning, and headers that say nothing new', () => {
    const feed = new FlvFeed(options);
    const found = readBack(feed, [
      header(),
      picture('key', 0),
      header(),
      metadataTag({ width: 1 }, 5),
      picture('inter', 33),
    ]);
    expect(names(found)).toEqual(['video header', 'video key', 'video inter']);
  });

  it('puts new parameter sets into the key frames, or passes the header on where the muxer can take it', () => {
    const other = header(Buffer.from('68ce3c80', 'hex'));
    const inBand = readBack(new FlvFeed(options), [header(), picture('key', 0), other, picture('key', 33)]);
    expect(names(inBand)).toEqual(['video header', 'video key', 'video key']);
    expect(inBand.at(-1)?.payload.includes(Buffer.from('68ce3c80', 'hex'))).toBe(true);
    const forwarding = new FlvFeed({ ...options, forwardsNewHeaders: true });
    const passed = readBack(forwarding, [header(), picture('key', 0), other, picture('key', 33)]);
    expect(names(passed)).toEqual(['video header', 'video key', 'video header', 'video key']);
  });

  it('tells what a header would change', () => {
    const feed = new FlvFeed(options);
    expect(feed.changeBy(header())).toBe('none');
    for (const tag of [header(), aacHeaderTag(48_000, 2, 0), picture('key', 0)]) feed.accept(tag);
    expect(feed.changeBy(header())).toBe('none');
    expect(feed.changeBy(header(Buffer.from('68ce3c80', 'hex')))).toBe('parameters');
    expect(feed.changeBy(aacHeaderTag(44_100, 2, 0))).toBe('sound');
    expect(feed.changeBy({ ...header(Buffer.from('68ce3c80', 'hex')), codec: 'hevc' })).toBe('size');
    const silent = new FlvFeed(options);
    for (const tag of [header(), picture('key', 0)]) silent.accept(tag);
    expect(silent.changeBy(aacHeaderTag(48_000, 2, 0))).toBe('tracks');
  });

  it('refuses codecs that the ffmpeg in use cannot read', () => {
    expect(new FlvFeed(options).refusal(header(PPS, 'hevc'))?.code).toBe('destination.codec_unsupported');
    expect(new FlvFeed(options).refusal(header())).toBeNull();
    expect(new FlvFeed({ ...options, readsEnhancedFlv: true }).refusal(header(PPS, 'hevc'))).toBeNull();
  });
});
