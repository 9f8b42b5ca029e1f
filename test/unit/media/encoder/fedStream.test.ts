import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FedStream } from '../../../../main/media/encoder/fedStream.ts';
import { FlvReader } from '../../../../main/media/flv/flvReader.ts';
import type { AudioTag, MediaTag, VideoTag } from '../../../../main/media/flv/mediaTag.ts';

const video = (timestampMs: number, frame: VideoTag['frame'] = 'inter', size = 6): VideoTag => ({
  kind: 'video',
  codec: 'h264',
  frame,
  compositionMs: 0,
  timestampMs,
  payload: Buffer.concat([
    Buffer.from([frame === 'inter' ? 0x27 : 0x17, frame === 'header' ? 0 : 1, 0, 0, 0]),
    Buffer.alloc(size),
  ]),
});
const sound = (timestampMs: number, frame: AudioTag['frame'] = 'sound'): AudioTag => ({
  kind: 'audio',
  codec: 'aac',
  frame,
  timestampMs,
  payload: Buffer.from([0xaf, frame === 'header' ? 0 : 1, 0x11, 0x90]),
});

/** Reads back what ffmpeg would get. `isStuck`: nothing is taken any more. */
function feed(options: { isStuck?: boolean } = {}) {
  const tags: MediaTag[] = [];
  const reader = new FlvReader((tag) => tags.push(tag));
  const stdin = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      reader.push(chunk);
      if (options.isStuck !== true) done();
    },
  });
  const fed = new FedStream(stdin, { hasVideo: true, hasAudio: true });
  return {
    fed,
    tags,
    shape: () =>
      tags.map((tag) => (tag.kind === 'data' ? 'data' : `${tag.kind} ${tag.frame} ${tag.timestampMs}`)),
  };
}

describe('FedStream', () => {
  it('begins with headers and a key frame, near time zero', () => {
    const { fed, shape } = feed();
    fed.feed(sound(7_000_000, 'header'));
    fed.feed(video(7_000_000, 'header'));
    fed.feed(video(7_000_000));
    fed.feed(sound(7_000_010));
    fed.feed(video(7_000_040, 'key'));
    fed.feed(sound(7_000_030));
    fed.feed(video(7_000_080));
    expect(shape()).toEqual([
      'video header 300',
      'audio header 300',
      'video key 300',
      'audio sound 290',
      'video inter 340',
    ]);
  });

  it.each([
    ['forwards', 500_000],
    ['backwards', -400_000],
  ])('goes on evenly when the clock of the publisher jumps %s', (_name, jumpMs) => {
    const { fed, tags } = feed();
    fed.feed(video(1_000_000, 'key'));
    fed.feed(video(1_000_040));
    fed.feed(video(1_000_080 + jumpMs, 'key'));
    fed.feed(sound(1_000_090 + jumpMs));
    fed.feed(video(1_000_120 + jumpMs));
    expect(tags.map(({ timestampMs }) => timestampMs)).toEqual([300, 340, 373, 383, 413]);
  });

  it('hands on a new header in the middle, for a publisher that changes its size', () => {
    const { fed, shape } = feed();
    fed.feed(video(0, 'header'));
    fed.feed(video(0, 'key'));
    fed.feed(video(40, 'header'));
    fed.feed(video(40, 'key'));
    expect(shape().slice(2)).toEqual(['video header 340', 'video key 340']);
  });

  it('leaves out up to a key frame what the encoder cannot take, and counts it', () => {
    const { fed } = feed({ isStuck: true });
    fed.feed(video(0, 'key'));
    for (let index = 1; index <= 50; index++) fed.feed(video(index * 40, 'inter', 200_000));
    expect(fed.droppedTags).toBeGreaterThan(20);
    const dropped = fed.droppedTags;
    fed.feed(video(2040, 'key', 10));
    expect(fed.droppedTags).toBe(dropped + 1);
  });

  it('does not pass on script data, which would open a third track', () => {
    const { fed, tags } = feed();
    fed.feed({ kind: 'data', timestampMs: 0, payload: Buffer.from([2, 0, 1, 0x78]) });
    fed.feed(video(0, 'key'));
    expect(tags).toHaveLength(1);
  });
});
