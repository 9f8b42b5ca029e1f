import { describe, expect, it } from 'vitest';
import { planSplice, type SpliceFacts } from '../../../../main/media/relay/splicePlan.ts';

/** The old source runs at 25 fps and has sent its picture at 10 000. */
const running: SpliceFacts = {
  keyRawMs: 500,
  keyHeldForMs: 0,
  isOverfull: false,
  isOldRunning: true,
  isAtPicture: true,
  isSlateOn: false,
  alignedShiftMs: null,
  groupShiftMs: null,
  expectedMs: 10_040,
  nextKeyMs: 10_040,
  frameIntervalMs: 40,
  presentMs: 10_030,
};

const cases: [string, Partial<SpliceFacts>, number | 'wait'][] = [
  ['goes on one frame after a running source', {}, 10_040],
  ['cuts only where the old source has a picture ready', { isAtPicture: false }, 'wait'],
  ['waits for reordered frames', { nextKeyMs: 10_120 }, 'wait'],
  ['but not for ever', { nextKeyMs: 10_120, keyHeldForMs: 400 }, 10_120],
  ['waits for the moment that both show', { alignedShiftMs: 9740 }, 'wait'],
  ['cuts at the moment that both show', { alignedShiftMs: 9530 }, 10_030],
  ['goes on without alignment when that moment is past', { alignedShiftMs: 9000 }, 10_040],
  [
    'goes on without alignment when it can hold no more',
    { alignedShiftMs: 20_000, isOverfull: true },
    10_040,
  ],
  ['stays level with a sibling that is less than half a frame away', { groupShiftMs: 9550 }, 10_050],
  ['does not follow a sibling that would leave a gap', { groupShiftMs: 9700 }, 10_040],
  ['follows the slate without a gap', { isOldRunning: false, isSlateOn: true, presentMs: 10_500 }, 10_040],
  ['stays level with a sibling behind the slate', { isSlateOn: true, groupShiftMs: 9560 }, 10_060],
  ['leaves the time that passed when nothing was on air', { isOldRunning: false, presentMs: 10_700 }, 10_700],
  ['begins at the present of the program', { expectedMs: null, nextKeyMs: null, presentMs: 0 }, 0],
  [
    'begins level with its sibling',
    { expectedMs: null, nextKeyMs: null, presentMs: 40, groupShiftMs: -500 },
    0,
  ],
];

describe('planSplice', () => {
  it.each(cases)('%s', (_name, facts, keyOutMs) => {
    const all = { ...running, ...facts };
    const decision = planSplice(all);
    expect(decision).toEqual(
      keyOutMs === 'wait' ? { kind: 'wait' } : { kind: 'splice', shiftMs: keyOutMs - all.keyRawMs },
    );
  });
});
