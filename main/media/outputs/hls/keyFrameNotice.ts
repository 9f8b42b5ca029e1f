/** What viewers' players are told by the key frames of a picture that is passed on as it comes: segments begin at no others. Pure. */
import { segmentMsAt } from './cutPlan.ts';

/** A player's buffer does not notice less. */
const TOLERANCE_MS = 500;
/** For a key frame that is still to come: it may only be late. */
const PATIENCE_MS = 2000;
const REGULAR_WITHIN_MS = 50;

export interface KeyDistance {
  /** From one key frame to the next, or since the last one. */
  readonly ms: number;
  /** Whether the next one is there. */
  readonly hasCome: boolean;
  /** The distance before this one; null for the first. Encoders that also cut at changes of scene have no usual distance. */
  readonly previousMs: number | null;
}

/**
 * A sentence for the user when segments have another length than was asked for; null when they have not.
 * @param targetMs wanted length of a segment
 */
export function keyFrameNotice(targetMs: number, distance: KeyDistance): string | null {
  const { ms, hasCome } = distance;
  const isTooLong = ms > targetMs + (hasCome ? TOLERANCE_MS : PATIENCE_MS);
  if (!isTooLong && !(hasCome && isOffTarget(targetMs, distance))) return null;
  const every = `${hasCome ? '' : 'less often than '}every ${inSeconds(ms)}`;
  const length = hasCome ? inSeconds(segmentMsAt(targetMs, ms)) : `at least ${inSeconds(ms)}`;
  return `The picture has a key frame ${every}, so HLS segments are ${length} long instead of ${targetMs / 1000} s. Change the key-frame interval at the source, or let the picture be transcoded.`;
}

function isOffTarget(targetMs: number, { ms, previousMs }: KeyDistance): boolean {
  const isRegular = previousMs !== null && Math.abs(ms - previousMs) <= REGULAR_WITHIN_MS;
  return isRegular && Math.abs(segmentMsAt(targetMs, ms) - targetMs) > TOLERANCE_MS;
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
