/** A source that has sent a picture this recently is running. */
export const RUNNING_WITHIN_MS = 500;
/** How long a cut waits for a frame after which nothing of the old source is still to be shown. */
const REORDER_WAIT_MS = 300;
/** How far ahead of its own time a rendition may be put to stay level with its siblings. */
const GROUP_LEAD_MS = 500;

/** All that decides when and where a new source goes on air. Times are milliseconds of the output unless they say raw. */
export interface SpliceFacts {
  /** The new source's first key frame, on its own timeline. */
  readonly keyRawMs: number;
  readonly keyHeldForMs: number;
  /** It cannot hold more: now or never. */
  readonly isOverfull: boolean;
  /** Whether the old source is running and its picture on air: a planned change. */
  readonly isOldRunning: boolean;
  /** The old source has its next picture ready, or it is overdue: its sound has come up to there, so this is where to cut. */
  readonly isAtPicture: boolean;
  readonly isSlateOn: boolean;
  /** The shift that aligns both sources exactly in content; null when it is not known. */
  readonly alignedShiftMs: number | null;
  /** The shift of the sibling renditions, if one of them went on air already. */
  readonly groupShiftMs: number | null;
  /** Output time of the frame after the last one sent; null when no picture was sent yet. */
  readonly expectedMs: number | null;
  /** The same for a key frame, after everything that is still to be shown. */
  readonly nextKeyMs: number | null;
  readonly frameIntervalMs: number;
  /** Output time at which the last picture would be succeeded by the present, by the real time that passed since. */
  readonly presentMs: number;
}

export type SpliceDecision = { kind: 'wait' } | { kind: 'splice'; shiftMs: number };

const wait: SpliceDecision = { kind: 'wait' };

/** When and where the new source goes on air. */
export function planSplice(facts: SpliceFacts): SpliceDecision {
  const { expectedMs, nextKeyMs } = facts;
  if (expectedMs === null || nextKeyMs === null) return splice(facts, facts.presentMs, facts.presentMs);
  if (facts.isSlateOn) return splice(facts, nextKeyMs, nextKeyMs);
  if (!facts.isOldRunning) return splice(facts, nextKeyMs, Math.max(nextKeyMs, facts.presentMs));
  if (!facts.isAtPicture) return wait;
  return planAligned(facts, expectedMs) ?? planSeamless(facts, expectedMs, nextKeyMs);
}

/** Cuts where both sources show the same moment; null when that is behind us already, or not known. */
function planAligned(facts: SpliceFacts, expectedMs: number): SpliceDecision | null {
  if (facts.alignedShiftMs === null) return null;
  const cutMs = facts.keyRawMs + facts.alignedShiftMs;
  const halfFrameMs = facts.frameIntervalMs / 2;
  if (cutMs < expectedMs - halfFrameMs) return null;
  if (cutMs <= expectedMs + halfFrameMs) return { kind: 'splice', shiftMs: facts.alignedShiftMs };
  return facts.isOverfull ? null : wait;
}

/** Goes on one frame after the old source, as soon as no reordered frame of it is outstanding. */
function planSeamless(facts: SpliceFacts, expectedMs: number, nextKeyMs: number): SpliceDecision {
  const halfFrameMs = facts.frameIntervalMs / 2;
  if (facts.groupShiftMs !== null) {
    const siblingMs = facts.keyRawMs + facts.groupShiftMs;
    if (Math.abs(siblingMs - expectedMs) <= halfFrameMs)
      return { kind: 'splice', shiftMs: facts.groupShiftMs };
  }
  const patienceMs = Math.max(REORDER_WAIT_MS, 6 * facts.frameIntervalMs);
  if (nextKeyMs > expectedMs + halfFrameMs && facts.keyHeldForMs < patienceMs && !facts.isOverfull)
    return wait;
  return { kind: 'splice', shiftMs: nextKeyMs - facts.keyRawMs };
}

/** Puts the key frame at `targetMs`, or level with its siblings when that lies between `earliestMs` and a little later. */
function splice(facts: SpliceFacts, earliestMs: number, targetMs: number): SpliceDecision {
  if (facts.groupShiftMs !== null) {
    const siblingMs = facts.keyRawMs + facts.groupShiftMs;
    const isPossible = facts.expectedMs === null ? siblingMs >= 0 : siblingMs >= earliestMs;
    if (isPossible && siblingMs <= targetMs + GROUP_LEAD_MS)
      return { kind: 'splice', shiftMs: facts.groupShiftMs };
  }
  return { kind: 'splice', shiftMs: targetMs - facts.keyRawMs };
}
