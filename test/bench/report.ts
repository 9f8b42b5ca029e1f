/** The whole result: what the JSON file holds, and the text made of it. Pure. */
import type { Machine } from './machine.ts';
import type { Measurement } from './result.ts';
import { checkCells, checkHeader, figureLine, renderTable } from './table.ts';

export interface RowResult extends Measurement {
  readonly name: string;
  readonly what: string;
  readonly target: string;
  readonly how: string;
  readonly seconds: number;
  /** Of the whole machine while the row ran, everything else on it included. */
  readonly load: { readonly busyPercent: number; readonly loadPerCore: number };
  /** Why it could not be measured. */
  readonly failure: string | null;
}

export interface BenchResult {
  readonly version: string;
  readonly startedAt: string;
  readonly machine: Machine;
  readonly isQuick: boolean;
  readonly rows: readonly RowResult[];
}

export function renderReport(result: BenchResult): string {
  const { machine, rows } = result;
  const cells = rows.flatMap(({ name, checks }) => checks.map((check) => checkCells(name, check)));
  const checks = rows.flatMap((row) => row.checks);
  const met = checks.filter(({ isMet }) => isMet).length;
  const failed = rows.filter(({ failure }) => failure !== null);
  return [
    `streamware ${result.version}, ${result.startedAt}${result.isQuick ? ', quick: not for quoting' : ''}`,
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB; ${machine.system}`,
    `Node ${machine.node}; ffmpeg ${machine.ffmpeg}; ${machine.nginx}`,
    '',
    ...rows.flatMap(renderRow),
    renderTable(checkHeader, cells),
    '',
    `${met} of ${checks.length} targets met.`,
    ...failed.map(({ name, failure }) => `Not measured: ${name}: ${failure}`),
  ].join('\n');
}

function renderRow({ name, what, figures, remarks, seconds, load }: RowResult): string[] {
  return [
    `${name}: ${what}`,
    ...figures.map((one) => `  ${figureLine(one)}`),
    ...remarks.map((remark) => `  ${remark}`),
    `  (${seconds} s; the whole machine was ${load.busyPercent} % busy, load ${load.loadPerCore.toFixed(1)} per core)`,
    '',
  ];
}
