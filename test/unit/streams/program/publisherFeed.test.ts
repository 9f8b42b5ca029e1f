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
    const feed = new PublisherFeed(createFakeClock(), () => told.push('changed'));
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
    expect(told).toEqual(['changed', 'changed', 'ended']);
  });
});
