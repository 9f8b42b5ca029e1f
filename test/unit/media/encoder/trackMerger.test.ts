import { describe, expect, it } from 'vitest';
import { TrackMerger } from '../../../../main/media/encoder/trackMerger.ts';
import { aacHeaderTag, silentAacTag } from '../../../../main/media/flv/aac.ts';
import type { AudioTag, MediaTag, VideoTag } from '../../../../main/media/flv/mediaTag.ts';

const video = (timestampMs: number, frame: VideoTag['frame'] = 'inter'): VideoTag => ({
  kind: 'video',
  codec: 'h264',
  frame,
  compositionMs: 0,
  timestampMs,
  payload: Buffer.from([0x27, 1, 0, 0, 0, 1]),
});
const spoken = Buffer.from([0xaf, 1, 0x21, 0x99]);
const sound = (timestampMs: number): AudioTag => ({
  kind: 'audio',
  codec: 'aac',
  frame: 'sound',
  timestampMs,
  payload: spoken,
});
const silence = silentAacTag(2, 0).payload;

function merge(options: { hasSound?: boolean; fillsSilence?: boolean } = {}) {
  const tags: MediaTag[] = [];
  const merger = new TrackMerger({
    hasSound: true,
    fillsSilence: true,
    skewMs: { videoBehind: 1000, audioBehind: 500 },
    push: (tag) => tags.push(tag),
    ...options,
  });
  const soundTags = (): AudioTag[] =>
    tags.filter((tag): tag is AudioTag => tag.kind === 'audio' && tag.frame === 'sound');
  return {
    merger,
    tags,
    /** `v`, `s` (sound) and `_` (silence) in the order in which they came out. */
    order: () =>
      tags
        .filter((tag) => tag.kind !== 'data' && tag.frame !== 'header')
        .map((tag) => (tag.kind === 'video' ? 'v' : tag.payload.equals(silence) ? '_' : 's'))
        .join(''),
    soundTags,
    /** Largest distance between frames of sound. */
    gapMs: () => {
      const times = soundTags().map(({ timestampMs }) => timestampMs);
      return Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
    },
    isOrdered: () =>
      tags.every((tag, index) => index === 0 || tag.timestampMs >= (tags[index - 1]?.timestampMs ?? 0)),
  };
}

const FRAME_MS = 1024 / 48;

describe('TrackMerger', () => {
  it('orders both tracks by time, however far apart they arrive', () => {
    const { merger, order, isOrdered } = merge();
    for (let index = 0; index < 20; index++) merger.pushAudio(sound(Math.round(index * FRAME_MS)));
    for (const ms of [0, 40, 80]) merger.pushVideo(video(ms));
    expect(order()).toBe('vssvssv');
    expect(isOrdered()).toBe(true);
  });

  it('gives headers the time of the picture they belong to, and tells of the sound before it', () => {
    const { merger, tags } = merge({ hasSound: false });
    merger.pushVideo(video(0, 'header'));
    merger.pushVideo(video(960, 'key'));
    expect(tags.slice(0, 2)).toMatchObject([
      { kind: 'video', frame: 'header', timestampMs: 960 },
      { kind: 'audio', frame: 'header', timestampMs: 960 },
    ]);
  });

  it('puts silence beside the very first picture when there will be no sound', () => {
    const { merger, order, soundTags } = merge({ hasSound: false });
    for (const ms of [1000, 1040, 1080]) merger.pushVideo(video(ms));
    expect(order()).toBe('_v_v__v');
    expect(soundTags()[0]?.timestampMs).toBe(1000);
  });

  it('lays silent frames end to end, without drifting', () => {
    const { merger, soundTags } = merge({ hasSound: false });
    for (let ms = 0; ms <= 60_000; ms += 40) merger.pushVideo(video(ms));
    expect(soundTags()).toHaveLength(Math.floor(60_000 / FRAME_MS) + 1);
  });

  it('waits for sound that is only a little late', () => {
    const { merger, tags, order } = merge();
    merger.pushVideo(video(0, 'key'));
    merger.pushVideo(video(400));
    expect(tags).toHaveLength(0);
    merger.pushAudio(sound(10));
    expect(order()).toBe('vs');
  });

  it('does not hold the picture for sound that does not come', () => {
    const { merger, order, gapMs } = merge();
    for (let ms = 0; ms <= 1000; ms += 40) merger.pushVideo(video(ms));
    expect(order()).toContain('_v');
    expect(gapMs()).toBeLessThanOrEqual(22);
  });

  it('fills the time before sound that begins later, also when that sound is here already', () => {
    const { merger, order, gapMs, isOrdered } = merge();
    merger.pushAudio(sound(2000));
    for (let ms = 0; ms <= 2040; ms += 40) merger.pushVideo(video(ms));
    expect(order()).toMatch(/^_v[_v]+_s$/);
    expect(gapMs()).toBeLessThanOrEqual(44);
    expect(isOrdered()).toBe(true);
  });

  it('goes back to the sound when it comes again, and drops what silence has taken the place of', () => {
    const { merger, tags, order, isOrdered } = merge();
    for (let ms = 0; ms <= 2000; ms += 40) merger.pushVideo(video(ms));
    for (let ms = 500; ms <= 2400; ms += FRAME_MS) merger.pushAudio(sound(Math.round(ms)));
    for (let ms = 2040; ms <= 2400; ms += 40) merger.pushVideo(video(ms));
    merger.flush();
    expect(order()).toMatch(/^[_v]+[sv]+$/);
    expect(isOrdered()).toBe(true);
    expect(tags.filter(({ kind }) => kind === 'video')).toHaveLength(61);
  });

  it('waits longer for a source whose sound is always late, rather than replacing it for ever', () => {
    const { merger, soundTags } = merge();
    const lateMs = 1200;
    for (let ms = 0; ms <= 10_000; ms += 40) {
      merger.pushVideo(video(ms));
      if (ms >= lateMs) {
        merger.pushAudio(sound(ms - lateMs));
        merger.pushAudio(sound(ms - lateMs + 20));
      }
    }
    const heard = soundTags().filter(({ payload }) => payload.equals(spoken));
    expect(heard.length).toBeGreaterThan(300);
    expect(
      soundTags()
        .slice(-100)
        .every(({ payload }) => payload.equals(spoken)),
    ).toBe(true);
  });

  it('does not wait longer after a gap that was filled in late, once', () => {
    const { merger, tags } = merge();
    const pictures = (): number => tags.filter(({ kind }) => kind === 'video').length;
    for (let ms = 0; ms <= 4000; ms += 40) merger.pushVideo(video(ms));
    for (let ms = 0; ms <= 4100; ms += 20) merger.pushAudio(sound(ms));
    const before = pictures();
    for (let ms = 4040; ms <= 5000; ms += 40) merger.pushVideo(video(ms));
    expect(pictures() - before).toBeGreaterThanOrEqual(11);
  });

  it('lets sound go on alone when the picture stays away', () => {
    const { merger, order } = merge();
    merger.pushVideo(video(0, 'key'));
    for (let ms = 0; ms <= 3000; ms += 20) merger.pushAudio(sound(ms));
    expect(order().replace(/[^s]/g, '').length).toBeGreaterThan(90);
  });

  it('begins with a picture, however long it takes to come', () => {
    const { merger, tags } = merge();
    for (let ms = 0; ms <= 5000; ms += 20) merger.pushAudio(sound(ms));
    expect(tags).toEqual([]);
    merger.pushVideo(video(4800, 'header'));
    merger.pushVideo(video(4800, 'key'));
    expect(tags[0]).toMatchObject({ kind: 'video', frame: 'header', timestampMs: 4800 });
  });

  it('replaces the header of our own encodes by one that never changes', () => {
    const { merger, tags } = merge();
    const explicit = Buffer.from([0xaf, 0, 0x11, 0x90, 0x56, 0xe5, 0]);
    merger.pushAudio({ ...aacHeaderTag(48_000, 2, 0), payload: explicit });
    merger.pushAudio(sound(0));
    merger.pushVideo(video(0, 'key'));
    merger.pushVideo(video(40));
    const headers = tags.filter((tag) => tag.kind === 'audio' && tag.frame === 'header');
    expect(headers.map(({ payload }) => payload)).toEqual([aacHeaderTag(48_000, 2, 0).payload]);
  });

  it('leaves sound that is passed through as it is: its header, and its gaps', () => {
    const { merger, tags, order } = merge({ fillsSilence: false });
    const header = aacHeaderTag(44_100, 1, 0);
    merger.pushAudio(header);
    merger.pushAudio(sound(0));
    for (let ms = 0; ms <= 2000; ms += 40) merger.pushVideo(video(ms));
    expect(tags[0]).toBe(header);
    expect(order()).not.toContain('_');
  });

  it('tells of sound that is passed through before the first picture, also when its first frame is later', () => {
    const { merger, tags } = merge({ fillsSilence: false });
    merger.pushVideo(video(0, 'header'));
    merger.pushVideo(video(0, 'key'));
    merger.pushAudio({ ...aacHeaderTag(44_100, 1, 0), timestampMs: 57 });
    merger.pushAudio(sound(57));
    merger.pushVideo(video(40));
    merger.pushVideo(video(80));
    expect(tags.map((tag) => `${tag.kind} ${'frame' in tag ? tag.frame : ''} ${tag.timestampMs}`)).toEqual([
      'video header 0',
      'audio header 0',
      'video key 0',
      'video inter 40',
      'audio sound 57',
    ]);
  });

  it('keeps nothing back at the end', () => {
    const { merger, tags } = merge();
    merger.pushVideo(video(0, 'key'));
    merger.pushVideo(video(40));
    merger.flush();
    expect(tags.filter(({ kind }) => kind === 'video')).toHaveLength(2);
  });
});
