import { beforeEach, describe, expect, it } from 'vitest';
import { ReplayBuffer } from '../../../../main/media/relay/replayBuffer.ts';
import { audioHeader, metadata, picture, RecordingSink, sound, videoHeader } from './sampleTags.ts';

const GOP_MS = 2000;

function fill(buffer: ReplayBuffer, fromMs: number, toMs: number, bytes = 20): void {
  for (let at = fromMs; at < toMs; at += 40) {
    buffer.push(picture(at % GOP_MS === 0 ? 'key' : 'inter', at, { bytes }));
    buffer.push(sound(at + 10));
  }
}

let buffer: ReplayBuffer;

beforeEach(() => {
  buffer = new ReplayBuffer({ seconds: 10, maxBytes: 1_000_000 });
  for (const tag of [metadata(), videoHeader(), audioHeader()]) buffer.push(tag);
});

function snapshot(seconds: number): RecordingSink {
  const sink = new RecordingSink();
  for (const tag of buffer.snapshot(seconds)) sink.push(tag);
  return sink;
}

describe('ReplayBuffer', () => {
  it('says so while there is nothing', () => {
    buffer.push(picture('inter', 0));
    expect(() => buffer.snapshot(5)).toThrow(expect.objectContaining({ code: 'replay.empty' }));
  });

  it('gives the last seconds as a stream of its own, from a key frame at 0', () => {
    fill(buffer, 60_000, 90_000);
    const clip = snapshot(5);
    expect(clip.outline.slice(0, 4)).toEqual(['metadata', 'video header', 'audio header', 'key']);
    expect(clip.pictures[0]?.timestampMs).toBe(0);
    expect(clip.sounds[0]?.timestampMs).toBe(10);
    expect(clip.tags.at(-1)?.timestampMs).toBe(5970);
  });

  it('gives what there is when it does not reach back far enough', () => {
    fill(buffer, 0, 3000);
    expect(snapshot(600).pictures).toHaveLength(75);
  });

  it('keeps no more than it was asked for, but never less than that', () => {
    fill(buffer, 0, 100_000);
    expect(buffer.lengthMs).toBeGreaterThanOrEqual(10_000);
    expect(buffer.lengthMs).toBeLessThanOrEqual(10_000 + GOP_MS);
  });

  it('holds no more bytes than allowed, whatever the time', () => {
    fill(buffer, 0, 20_000, 8000);
    expect(buffer.bytes).toBeLessThanOrEqual(1_000_000);
    expect(buffer.bytes).toBeGreaterThan(0);
    fill(buffer, 20_000, 20_040, 1_100_000);
    expect(buffer.bytes).toBe(0);
  });

  it('begins with the headers that were in force then, and has the later ones in their place', () => {
    fill(buffer, 0, 4000);
    buffer.push(videoHeader(3, 4000));
    fill(buffer, 4000, 5000);
    const clip = snapshot(2.5);
    const headers = clip.tags.filter((tag) => tag.kind === 'video' && tag.frame === 'header');
    expect(headers.map((tag) => [tag.timestampMs, tag.payload])).toEqual([
      [0, videoHeader(0).payload],
      [2000, videoHeader(3).payload],
    ]);
  });

  it('takes sound alone', () => {
    const radio = new ReplayBuffer({ seconds: 10, maxBytes: 1_000_000 });
    radio.push(audioHeader());
    for (let at = 0; at < 60_000; at += 20) radio.push(sound(at));
    expect(radio.lengthMs).toBeLessThanOrEqual(11_000);
    const clip = radio.snapshot(5);
    expect(clip.slice(0, 2).map((tag) => tag.timestampMs)).toEqual([0, 0]);
    expect(clip.at(-1)?.timestampMs).toBeGreaterThanOrEqual(5000);
  });
});
