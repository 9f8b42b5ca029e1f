/** What a row of the bench gives back, and how a figure is judged. Pure: no clock, no process. */
import { summarize } from './statistics.ts';

export type Unit = 's' | 'ms' | 'cores' | 'MB' | 'frames' | '%' | 'count';

/** One contender's figure: the median of its runs is what counts, the runs are kept beside it. */
export interface Figure {
  readonly contender: string;
  readonly what: string;
  readonly unit: Unit;
  readonly median: number;
  readonly runs: readonly number[];
}

/** A target and whether it was met. */
export interface Check {
  readonly what: string;
  readonly unit: Unit;
  readonly measured: number;
  /** What it is held against: a peer's figure of the same run, or a limit. */
  readonly against: string;
  readonly reference: number;
  /** Measured by reference. Null where the reference is 0: then anything else is a miss. */
  readonly ratio: number | null;
  /** In words: `≤ 1.5 ×`. */
  readonly target: string;
  readonly isMet: boolean;
}

export interface Measurement {
  readonly figures: readonly Figure[];
  readonly checks: readonly Check[];
  /** What a reader must know to read the figures. */
  readonly remarks: readonly string[];
}

export function figure(contender: string, what: string, unit: Unit, runs: readonly number[]): Figure {
  return { contender, what, unit, median: summarize(runs).median, runs };
}

/** Our figure may be at most `factor` times the peer's of the same run. */
export function checkAgainst(
  what: string,
  ours: Figure,
  peer: Figure,
  factor: number,
  label?: string,
): Check {
  const ratio = ours.median / peer.median;
  return {
    what,
    unit: ours.unit,
    measured: ours.median,
    against: peer.contender,
    reference: peer.median,
    ratio,
    target: `≤ ${label ?? round(factor)} ×`,
    isMet: ratio <= factor,
  };
}

/** A figure that has a limit of its own. `isStrict`: the limit itself is a miss. */
export function checkLimit(
  what: string,
  measured: number,
  unit: Unit,
  limit: number,
  isStrict = false,
): Check {
  return {
    what,
    unit,
    measured,
    against: 'the limit',
    reference: limit,
    ratio: limit === 0 ? null : measured / limit,
    target: `${isStrict ? '<' : '≤'} ${round(limit)} ${unit}`,
    isMet: isStrict ? measured < limit : measured <= limit,
  };
}

/** Something that must not happen at all. `outOf`: among how many it was looked for. */
export function checkNone(what: string, count: number, unit: Unit, outOf: string): Check {
  return {
    what,
    unit,
    measured: count,
    against: outOf,
    reference: 0,
    ratio: null,
    target: '0',
    isMet: count === 0,
  };
}

/** Three significant digits, no exponent. */
export function round(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return String(Number(Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3)));
}
