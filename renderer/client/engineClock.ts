/**
 * The time as the engine has it. Every time the engine tells is by its own clock; beside a browser on another machine,
 * or one whose clock was set, "on air for" and "next try in" would be wrong by the difference.
 */

/** Less than this is the way of a message, not a clock that is wrong. */
const TOLERANCE_MS = 2000;

let aheadMs = 0;

/** @param at time of a message that was sent just now, epoch ms by the engine's clock */
export function noteEngineTime(at: number): void {
  const difference = at - Date.now();
  aheadMs = Math.abs(difference) < TOLERANCE_MS ? 0 : difference;
}

/** Epoch ms by the engine's clock. */
export function engineNow(): number {
  return Date.now() + aheadMs;
}
