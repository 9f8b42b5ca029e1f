import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MediaTag } from '../../../../main/media/flv/mediaTag.ts';
import { DestinationQueue } from '../../../../main/media/outputs/destinationQueue.ts';
import { audioHeader, metadata, picture, RecordingSink, sound, videoHeader } from '../relay/sampleTags.ts';

const limits = { maxBytes: 10_000, maxMs: 3000 };

function drain(queue: DestinationQueue): RecordingSink {
  const sink = new RecordingSink();
  for (let tag = queue.shift(); tag !== null; tag = queue.shift()) sink.push(tag);
  return sink;
}

/** A group of ten pictures at 10 fps with a sound behind each. */
function pushGroup(queue: DestinationQueue, startMs: number, bytes = 20): void {
  for (let index = 0; index < 10; index++) {
    queue.push(picture(index === 0 ? 'key' : 'inter', startMs + index * 100, { bytes }));
    queue.push(sound(startMs + index * 100 + 50));
  }
}

describe('DestinationQueue', () => {
  it('gives back what it took, in order', () => {
    const queue = new DestinationQueue(limits);
    for (const tag of [metadata(), videoHeader(), audioHeader()]) queue.push(tag);
    pushGroup(queue, 0);
    expect(drain(queue).outline.slice(0, 5)).toEqual([
      'metadata',
      'video header',
      'audio header',
      'key',
      'sound',
    ]);
    expect(queue.isEmpty).toBe(true);
    expect(queue.bytes).toBe(0);
  });

  it('drops the oldest whole group with its sound when it gets too long', () => {
    const queue = new DestinationQueue(limits);
    for (let start = 0; start < 4000; start += 1000) pushGroup(queue, start);
    const kept = drain(queue);
    expect(kept.tags[0]).toMatchObject({ kind: 'video', frame: 'key', timestampMs: 1000 });
    expect(kept.pictures).toHaveLength(30);
    expect(queue.dropped).toEqual({ frames: 10, bytes: 10 * (20 + 8) });
  });

  it('drops what is left of a group that was sent in part', () => {
    const queue = new DestinationQueue(limits);
    pushGroup(queue, 0);
    for (let sent = 0; sent < 6; sent++) queue.shift();
    for (let start = 1000; start < 5000; start += 1000) pushGroup(queue, start);
    expect(drain(queue).tags[0]).toMatchObject({ frame: 'key', timestampMs: 2000 });
    expect(queue.dropped.frames).toBe(17);
  });

  it('drops everything and waits for a key frame when one group is too much', () => {
    const queue = new DestinationQueue(limits);
    pushGroup(queue, 0, 1100);
    expect(queue.isEmpty).toBe(true);
    expect(queue.isWaitingForKey).toBe(true);
    queue.push(picture('inter', 1000));
    queue.push(sound(1010));
    expect(queue.isEmpty).toBe(true);
    pushGroup(queue, 2000);
    expect(drain(queue).pictures.map((tag) => tag.frame)[0]).toBe('key');
  });

  it('never loses a header: the latest of each kind goes before what follows the gap', () => {
    const queue = new DestinationQueue(limits);
    queue.push(videoHeader(0));
    pushGroup(queue, 0, 400);
    for (const tag of [metadata(640), videoHeader(1), audioHeader()]) queue.push(tag);
    pushGroup(queue, 1000, 1100);
    queue.push(audioHeader(44_100));
    pushGroup(queue, 2000);
    const kept = drain(queue);
    expect(kept.outline.slice(0, 4)).toEqual(['metadata', 'video header', 'audio header', 'key']);
    expect(kept.tags.slice(0, 3).map((tag) => tag.payload)).toEqual([
      metadata(640).payload,
      videoHeader(1).payload,
      audioHeader(44_100).payload,
    ]);
  });

  it('drops sound alone frame by frame', () => {
    const queue = new DestinationQueue(limits);
    queue.push(audioHeader());
    for (let at = 0; at < 10_000; at += 20) queue.push(sound(at));
    expect(queue.lengthMs).toBe(3000);
    expect(drain(queue).outline.slice(0, 2)).toEqual(['audio header', 'sound']);
  });

  it('begins anew for a new connection, the counters go on', () => {
    const queue = new DestinationQueue(limits);
    pushGroup(queue, 0, 1100);
    queue.clear();
    queue.push(picture('inter', 5000));
    expect(queue.isWaitingForKey).toBe(false);
    expect(queue.bytes).toBe(20);
    expect(queue.dropped.frames).toBe(10);
  });

  it('whatever comes and goes: never above its bounds, no picture without its key frame, headers in force', () => {
    const action = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('picture' as const),
          bytes: fc.integer({ min: 20, max: 1500 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('key' as const),
          bytes: fc.integer({ min: 20, max: 12_000 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('sound' as const),
          bytes: fc.integer({ min: 8, max: 400 }),
        }),
      },
      fc.record({ kind: fc.constant('header' as const), variant: fc.nat(15) }),
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('take' as const), count: fc.nat(6) }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 300, size: 'max' }), (script) => {
        const queue = new DestinationQueue(limits);
        const sent: MediaTag[] = [];
        const taken: MediaTag[] = [];
        let nowMs = 0;
        let header = videoHeader(0);
        const push = (tag: MediaTag): void => {
          sent.push(tag);
          queue.push(tag);
          expect(queue.bytes).toBeLessThanOrEqual(limits.maxBytes);
          expect(queue.lengthMs).toBeLessThanOrEqual(limits.maxMs);
        };
        push(header);
        for (const next of script) {
          nowMs += 40;
          if (next.kind === 'picture') push(picture('inter', nowMs, { bytes: next.bytes }));
          else if (next.kind === 'sound') push(sound(nowMs, next.bytes));
          else if (next.kind === 'header') header = videoHeader(next.variant, nowMs);
          else if (next.kind === 'take') {
            for (let count = next.count; count > 0; count--) {
              const tag = queue.shift();
              if (tag) taken.push(tag);
            }
          } else {
            push(header);
            push(picture('key', nowMs, { bytes: next.bytes }));
          }
        }
        for (let tag = queue.shift(); tag !== null; tag = queue.shift()) taken.push(tag);
        expectDecodable(sent, taken);
      }),
      { numRuns: 200 },
    );
  });
});

/** Every picture taken is a key frame or follows its predecessor without a gap, under the header it was sent with. */
function expectDecodable(sent: readonly MediaTag[], taken: readonly MediaTag[]): void {
  const headerOf = new Map<MediaTag, MediaTag | undefined>();
  const predecessor = new Map<MediaTag, MediaTag | undefined>();
  let header: MediaTag | undefined;
  let previous: MediaTag | undefined;
  for (const tag of sent) {
    if (tag.kind !== 'video') continue;
    if (tag.frame === 'header') {
      header = tag;
      continue;
    }
    headerOf.set(tag, header);
    predecessor.set(tag, previous);
    previous = tag;
  }
  let inForce: MediaTag | undefined;
  let last: MediaTag | undefined;
  let hasKey = false;
  for (const tag of taken) {
    if (tag.kind !== 'video') continue;
    if (tag.frame === 'header') {
      inForce = tag;
      continue;
    }
    hasKey ||= tag.frame === 'key';
    if (tag.frame === 'key') expect(inForce?.payload).toEqual(headerOf.get(tag)?.payload);
    else if (hasKey) expect(last).toBe(predecessor.get(tag));
    last = tag;
  }
}
