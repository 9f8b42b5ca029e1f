import type { ProgramCounters } from './programOutput.ts';

/** What the audience gets: nothing, the source, or the slate's picture (with the source's sound as long as there is any). */
export type OnAir = 'none' | 'source' | 'slate';
export type OnAirReason = 'started' | 'returned' | 'replaced' | 'stalled' | 'ended' | 'missing';

/** What a relay tells about itself as it happens. */
export interface RelayEvents {
  onAirChanged: { from: OnAir; to: OnAir; reason: OnAirReason; source: string | null };
  /** A source went on air. `gapMs`: between the last picture before and its first one; null for the very first. */
  sourceSpliced: { source: string; previous: string | null; gapMs: number | null };
  /** The source on air has sent no picture for `silentMs`. Once per silence. */
  sourceStalled: { source: string; silentMs: number; hasEnded: boolean; hasSound: boolean };
  sinkFailed: { error: unknown };
}

/** What a relay tells when it is asked. */
export interface RelayStats extends ProgramCounters {
  onAir: OnAir;
  /** Label of the source on air. */
  source: string | null;
  /** Video frames and bytes that the sources delivered. */
  framesIn: number;
  bytesIn: number;
  /** How long the slate has been on, in all. */
  slateMs: number;
  /** Sound minus picture in what is sent, against the same in the source; null while not both come from the source. */
  avOffsetMs: number | null;
  splices: number;
  /** How often the clock of the source on air jumped. */
  clockJumps: number;
  sinks: number;
}
