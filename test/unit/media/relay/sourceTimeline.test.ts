import { beforeEach, describe, expect, it } from 'vitest';
import { OutputTimeline, type Track } from '../../../../main/media/relay/outputTimeline.ts';
import { SourceTimeline } from '../../../../main/media/relay/sourceTimeline.ts';

let line: OutputTimeline;
let timeline: SourceTimeline;
let nowMs: number;

function place(track: Track, rawMs: number): number | null {
  const outMs = timeline.place(track, rawMs, nowMs);
  if (outMs !== null) line.record(track, outMs);
  return outMs;
}

/** Pictures at 25 fps with a sound 10 ms behind each, placed from `rawMs` on. */
function run(rawMs: number, pictures: number): void {
  for (let index = 0; index < pictures; index++) {
    place('video', rawMs + index * 40);
    place('audio', rawMs + index * 40 + 10);
    nowMs += 40;
  }
}

beforeEach(() => {
  nowMs = 0;
  line = new OutputTimeline();
  timeline = new SourceTimeline(line, nowMs);
  timeline.anchor(0);
});

describe('SourceTimeline', () => {
  it('puts the first tag where it was anchored, however far that is from what was sent', () => {
    run(0, 10);
    timeline = new SourceTimeline(line, nowMs);
    timeline.anchor(3_600_000);
    expect(place('video', 0)).toBe(3_600_000);
    expect(timeline.jumps).toBe(0);
  });

  it('takes the picture along when it lands on what was sent, so that both stay together', () => {
    run(0, 50);
    // The new stretch has its picture 90 ms behind its sound, where it was 10 ms before it.
    expect(place('audio', 500_090)).not.toBeNull();
    expect(place('video', 500_000)).toBe(2000);
    expect(place('audio', 500_130)).toBe(2000 + 130);
    expect(timeline.avOffsetMs).toBe(0);
  });

  it('drops sound that would overlap after a jump, instead of moving it against the picture', () => {
    run(0, 50);
    expect(place('video', 700_000)).toBe(2000);
    expect(place('audio', 699_900)).toBeNull();
    expect(place('audio', 700_010)).toBe(2010);
    expect(timeline.avOffsetMs).toBe(0);
  });

  it.each([300, 1500])('drops sound that steps back by %i ms beside a picture that goes on', (backMs) => {
    run(0, 50);
    for (let index = 0; index < 100; index++) {
      place('video', 2000 + index * 40);
      place('audio', 2010 + index * 40 - backMs);
      nowMs += 40;
    }
    expect(timeline.avOffsetMs).toBe(0);
    expect(timeline.jumps).toBe(0);
  });

  it('keeps sound with the picture however unsteady its times are', () => {
    run(0, 50);
    for (let index = 0; index < 500; index++) {
      place('video', 2000 + index * 40);
      place('audio', 2010 + index * 40 + Math.round(Math.sin(index) * 400));
      nowMs += 40;
    }
    expect(timeline.jumps).toBe(0);
    expect(timeline.avOffsetMs).toBeLessThanOrEqual(250);
  });

  it('lets a short loop, of which the sound comes first, go on with both tracks together', () => {
    run(0, 50);
    for (let round = 0; round < 5; round++) {
      place('audio', 1010);
      run(1000, 25);
    }
    expect(timeline.avOffsetMs).toBe(0);
    expect(timeline.jumps).toBe(5);
  });

  it('keeps tags from before a jump where they belong, as long as they come', () => {
    run(0, 50);
    place('audio', 9_000_010);
    expect(place('video', 2000)).toBe(2000);
    expect(place('video', 9_000_000)).toBe(2040);
    expect(place('audio', 9_000_050)).toBe(2090);
    expect(timeline.avOffsetMs).toBe(0);
    expect(timeline.jumps).toBe(1);
  });
});

describe('OutputTimeline', () => {
  it('knows the interval of a track, whatever single tags do', () => {
    run(0, 20);
    for (const rawMs of [700, 690, 680, 800, 840, 880, 920, 1700, 1740, 1780]) place('video', rawMs);
    expect(line.intervalMs('video')).toBe(40);
    for (const rawMs of [1560, 1600, 1640, 1680, 1720, 1760, 1820]) place('video', rawMs);
    expect(line.intervalMs('video')).toBe(40);
  });

  it('puts a key frame behind everything that is still to be shown', () => {
    line.record('video', 0, 40);
    line.record('video', 40, 120);
    expect(line.nextKeyMs(40)).toBe(40 + 120 + 40 - 40);
    expect(line.nextKeyMs(500)).toBe(80);
  });
});
