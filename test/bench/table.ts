/** The result as text for a terminal. Pure. */
import type { Check, Figure } from './result.ts';
import { round } from './result.ts';
import { summarize } from './statistics.ts';

const GAP = '  ';

/** Columns as wide as their widest cell, the header underlined. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd();
  return [line(header), widths.map((width) => '─'.repeat(width)).join(GAP), ...rows.map(line)].join('\n');
}

export const checkHeader = ['row', 'what', 'measured', 'against', 'ratio', 'target', ''] as const;

/** One line of the table of verdicts. */
export function checkCells(row: string, check: Check): string[] {
  const { what, unit, measured, against, reference, ratio, target, isMet } = check;
  const isPeer = ratio !== null && against !== 'the limit';
  return [
    row,
    what,
    `${round(measured)} ${unit}`,
    isPeer ? `${against} ${round(reference)} ${unit}` : against,
    ratio === null ? '–' : ratio.toFixed(2),
    target,
    isMet ? 'met' : 'MISSED',
  ];
}

/** One contender's figure with the spread of its runs: `nginx push  CPU of the relay  0.17 s (0.16–0.19, n=3)`. */
export function figureLine({ contender, what, unit, runs }: Figure): string {
  const { median, min, max } = summarize(runs);
  const spread = runs.length > 1 ? ` (${round(min)}–${round(max)}, n=${runs.length})` : '';
  return `${contender}: ${what} ${round(median)} ${unit}${spread}`;
}
