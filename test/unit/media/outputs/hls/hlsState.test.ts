import { describe, expect, it } from 'vitest';
import {
  emptied,
  emptyState,
  filesOf,
  type HlsSegment,
  type HlsState,
  mediaSequence,
  trimmed,
  withSegment,
  withSurplus,
} from '../../../../../main/media/outputs/hls/hlsState.ts';

const owner = { id: 'str/out/main', pid: 1 };

function segment(number: number, change: Partial<HlsSegment> = {}): HlsSegment {
  const startMs = number * 2000;
  return {
    name: `s${number}.ts`,
    durationMs: 2000,
    startMs,
    dateMs: startMs,
    isDiscontinuous: false,
    bytes: 1,
    init: null,
    ...change,
  };
}

/** A list of that many segments, with everything that had to be deleted on the way. */
function grown(
  count: number,
  window: number,
  change: (number: number) => Partial<HlsSegment> = () => ({}),
): {
  state: HlsState;
  deleted: string[];
} {
  let state = emptyState(owner, 0, 2);
  const deleted: string[] = [];
  for (let number = 0; number < count; number++) {
    const next = withSegment(state, segment(number, change(number)), window, 2);
    state = next.state;
    deleted.push(...next.surplus);
  }
  return { state, deleted };
}

describe('the window of a playlist', () => {
  it('moves on by one, keeps two segments of grace and gives up the rest', () => {
    const { state, deleted } = grown(9, 3);
    expect(state.segments.map(({ name }) => name)).toEqual(['s6.ts', 's7.ts', 's8.ts']);
    expect(state.retired.map(({ name }) => name)).toEqual(['s4.ts', 's5.ts']);
    expect(deleted).toEqual(['s0.ts', 's1.ts', 's2.ts', 's3.ts']);
    expect([mediaSequence(state), state.nextSequence]).toEqual([6, 9]);
  });

  it('gives up an initialisation section with the last segment that needs it', () => {
    const { state, deleted } = grown(8, 2, (number) => ({ init: number < 3 ? 'i0.mp4' : 'i3.mp4' }));
    expect(deleted).toEqual(['s0.ts', 's1.ts', 's2.ts', 'i0.mp4', 's3.ts']);
    expect(filesOf(state)).toContain('i3.mp4');
  });

  it('counts the breaks that have left it', () => {
    const { state } = grown(6, 2, (number) => ({ isDiscontinuous: number === 1 || number === 5 }));
    expect(state.discontinuitySequence).toBe(1);
  });

  it('keeps its target duration, but for a longer segment, and forgets it with the list', () => {
    const long = grown(4, 3, (number) => ({ durationMs: number === 1 ? 6000 : 2000 })).state;
    expect(long.targetSeconds).toBe(6);
    expect(grown(8, 3, (number) => ({ durationMs: number === 1 ? 6000 : 2000 })).state.targetSeconds).toBe(6);
    expect(withSegment(emptied(long), segment(9), 3, 2).state.targetSeconds).toBe(2);
  });

  it('that became smaller retires what has no room', () => {
    const { state } = trimmed(grown(5, 5).state, 2, 2);
    expect(state.segments.map(({ name }) => name)).toEqual(['s3.ts', 's4.ts']);
    expect(mediaSequence(state)).toBe(3);
  });

  it('emptied goes on counting, and a new list does not look like the end of the old one', () => {
    const before = grown(3, 5, (number) => ({ isDiscontinuous: number === 2 })).state;
    const after = emptied(before);
    expect([mediaSequence(after), after.discontinuitySequence]).toEqual([3, 2]);
    expect(filesOf(after)).toEqual(['s0.ts', 's1.ts', 's2.ts']);
    expect(withSurplus(after, 0).surplus).toEqual(['s0.ts', 's1.ts', 's2.ts']);
  });
});
