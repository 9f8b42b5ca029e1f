import { describe, expect, it } from 'vitest';
import type { MediaTag } from '../../../../main/media/flv/mediaTag.ts';
import { PublisherFeed } from '../../../../main/streams/program/publisherFeed.ts';
import { createFakeClock } from '../../../helpers/fakeClock.ts';

const header = (bytes: string): MediaTag => ({
  kind: 'video',
  codec: 'h264',
  frame: 'header',
  compositionMs: 0,
  timestampMs: 0,
  payload: Buffer.from(bytes, 'hex'),
});
const picture = (timestampMs: number, frame: 'key' | 'inter'): MediaTag => ({
  kind: 'video',
  codec: 'h264',
  frame,
  compositionMs: 0,
  timestampMs,
  payload: Buffer.from(frame === 'key' ? '1701000000' : '2701000000', 'hex'),
});
const sound = (timestampMs: number): MediaTag => ({
  kind: 'audio',
  codec: 'aac',
  frame: 'sound',
  timestampMs,
  payload: Buffer.from('af0121', 'hex'),
});
const soundHeader: MediaTag = {
  kind: 'audio',
  codec: 'aac',
  frame: 'header',
  timestampMs: 0,
  payload: Buffer.from('af001190', 'hex'),
};

function collect(feed: PublisherFeed): MediaTag[] {
  const got: MediaTag[] = [];
  feed.subscribe({ push: (tag) => got.push(tag) });
  return got;
}

describe('what a publisher sends', () => {
  it('begins with the headers and the last key frame for an encoder that comes late', () => {
    const feed = new PublisherFeed(createFakeClock(), () => undefined);
    const publisher = feed.openPublisher();
    for (const tag of [
      header('1700000000aa'),
      soundHeader,
      picture(0, 'key'),
      picture(40, 'inter'),
      picture(2000, 'key'),
      picture(2040, 'inter'),
    ])
      publisher.push(tag);
    const got = collect(feed);
    publisher.push(picture(2080, 'inter'));
    expect(
      got.map(({ kind, timestampMs, ...tag }) => `${kind} ${'frame' in tag ? tag.frame : ''} ${timestampMs}`),
    ).toEqual([
      'video header 2000',
      'audio header 2000',
      'video key 2000',
      'video inter 2040',
      'video inter 2080',
    ]);
  });

  it('is sampled as soon as sound and picture are known, and after a moment without sound', async () => {
    const clock = createFakeClock();
    const feed = new PublisherFeed(clock, () => undefined);
    expect(await feed.sample(5000)).toBeNull();
    const publisher = feed.openPublisher();
    const sampled = feed.sample(5000);
    for (const tag of [header('1700000000aa'), picture(0, 'key')]) publisher.push(tag);
    await clock.advance(1600);
    publisher.push(picture(1600, 'inter'));
    expect((await sampled)?.subarray(0, 5).toString('latin1')).toBe('FLV\u0001\u0001');
  });

  it('tells when a publisher comes, when its picture becomes another one, and when it goes', () => {
    const told: string[] = [];
    const feed = new PublisherFeed(createFakeClock(), (change) => told.push(change));
    feed.onEnd(() => told.push('ended'));
    const publisher = feed.openPublisher();
    for (const tag of [
      header('1700000000aa'),
      picture(0, 'key'),
      header('1700000000aa'),
      header('1700000000bb'),
    ])
      publisher.push(tag);
    publisher.end('unpublished');
    expect(told).toEqual(['replaced', 'replaced', 'ended']);
  });

  it('tells of a track that begins after it was looked at, and lets who comes then know of both', async () => {
    const clock = createFakeClock();
    const told: string[] = [];
    const feed = new PublisherFeed(clock, (change) => told.push(change));
    const publisher = feed.openPublisher();
    for (const tag of [header('1700000000aa'), picture(0, 'key')]) publisher.push(tag);
    await clock.advance(1600);
    publisher.push(picture(1600, 'inter'));
    await feed.sample(5000);
    for (const tag of [soundHeader, sound(1610), sound(1630)]) publisher.push(tag);
    expect(told).toEqual(['replaced', 'extended']);
    expect((await feed.sample(5000))?.[4], 'flags of the sample: sound and picture').toBe(5);
    const got = collect(feed).map((tag) => `${tag.kind} ${'frame' in tag ? tag.frame : ''}`);
    expect(got.slice(0, 3)).toEqual(['video header', 'audio header', 'video key']);
  });

  it('is sound alone when no picture comes for three seconds', async () => {
    const clock = createFakeClock();
    const feed = new PublisherFeed(clock, () => undefined);
    const publisher = feed.openPublisher();
    for (const tag of [soundHeader, sound(0)]) publisher.push(tag);
    const sampled = feed.sample(5000);
    await clock.advance(3100);
    publisher.push(sound(3100));
    expect((await sampled)?.[4], 'flags of the sample: sound').toBe(4);
  });

  it('begins nothing with a key frame whose header has not come yet', async () => {
    const clock = createFakeClock();
    const feed = new PublisherFeed(clock, () => undefined);
    const publisher = feed.openPublisher();
    const got = collect(feed);
    for (const tag of [picture(0, 'key'), header('1700000000aa'), picture(40, 'inter'), picture(2000, 'key')])
      publisher.push(tag);
    expect(got.map(({ timestampMs }) => timestampMs)).toEqual([2000, 2000]);
  });
});
