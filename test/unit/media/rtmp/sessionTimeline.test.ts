import { describe, expect, it } from 'vitest';
import type { MediaTag } from '../../../../main/media/flv/mediaTag.ts';
import { SessionTimeline } from '../../../../main/media/rtmp/sessionTimeline.ts';

const payload = Buffer.alloc(0);
const video = (timestampMs: number, frame: 'header' | 'key' | 'inter' = 'inter'): MediaTag => ({
  kind: 'video',
  codec: 'h264',
  frame,
  compositionMs: 0,
  timestampMs,
  payload,
});
const audio = (timestampMs: number, frame: 'header' | 'sound' = 'sound'): MediaTag => ({
  kind: 'audio',
  codec: 'aac',
  frame,
  timestampMs,
  payload,
});
const data = (timestampMs: number): MediaTag => ({ kind: 'data', timestampMs, payload });

function rebase(...tags: MediaTag[]): number[] {
  const timeline = new SessionTimeline();
  return tags.map((tag) => timeline.rebase(tag));
}

describe('SessionTimeline', () => {
  it('begins at 0 with the first picture, whatever metadata and headers bear', () => {
    const start = [data(0), video(7, 'header'), audio(99_999_999, 'header'), video(5000, 'key')];
    expect(rebase(...start, audio(5010), video(5040))).toEqual([0, 0, 0, 0, 10, 40]);
  });

  it('keeps the distance between the tracks and lands what came before the start on 0', () => {
    expect(rebase(video(5000, 'key'), audio(4980), audio(5001), video(5040))).toEqual([0, 0, 1, 40]);
  });

  it('begins with sound where there is no picture', () => {
    expect(rebase(audio(800, 'header'), audio(820), audio(841))).toEqual([0, 0, 21]);
  });

  it('never lets a track go back', () => {
    expect(rebase(video(100, 'key'), video(180), video(140), video(200))).toEqual([0, 80, 80, 100]);
  });

  it('goes on past 32 bits', () => {
    const late = 2 ** 33;
    expect(rebase(video(late, 'key'), video(late + 2 ** 32 + 40))).toEqual([0, 2 ** 32 + 40]);
  });
});
