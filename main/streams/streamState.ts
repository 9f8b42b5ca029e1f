import type { StreamOrder, StreamState } from '../contract/streams.ts';

/**
 * What is, derived from facts; nobody sets it by hand, so it cannot lie.
 *
 *   order live:      starting ──first frame──▶ live ◀──source back── slate
 *                        │                      └──source lost──▶ ─┘
 *                        └─ no source in time, slate ready ──▶ slate
 *   order stopped:   stopping ──everything closed──▶ stopped
 *   a permanent refusal of the input or of every encoder:  failed  (until it is started again)
 */
export interface StreamFacts {
  order: StreamOrder;
  /** What the relay sends: nothing yet, the source, or the slate. */
  onAir: 'none' | 'source' | 'slate';
  /** Parts that still run: encoder, outputs. */
  isRunning: boolean;
  hasFailed: boolean;
}

export function streamState(facts: StreamFacts): StreamState {
  if (facts.hasFailed) return 'failed';
  if (facts.order === 'stopped') return facts.isRunning ? 'stopping' : 'stopped';
  if (facts.onAir === 'source') return 'live';
  return facts.onAir === 'slate' ? 'slate' : 'starting';
}
