/**
 * npm run bench: measures streamware side by side with its peers, in the same run on the same machine. Prints a table and,
 * with --out, writes everything as JSON. Exit code 1 when a row could not be measured; a target that is missed is a
 * result, not an error. What is measured and how stands in rows.ts.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { systemClock } from '../../main/lib/clock.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { builtProgram } from './engine.ts';
import { describeMachine } from './machine.ts';
import { type BenchOptions, parseOptions, usage } from './options.ts';
import { MachineLoad } from './processCost.ts';
import { type BenchResult, type RowResult, renderReport } from './report.ts';
import type { Row } from './row.ts';
import { rows } from './rows.ts';
import { scoped } from './scope.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === null) return 2;
  const chosen = rows.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  if (options.isList) {
    for (const { name, what, target, how } of chosen)
      console.log(`${name}\n  ${what}\n  Target: ${target}\n  ${how}\n`);
    return 0;
  }
  const program = options.program ?? builtProgram;
  if (!existsSync(program)) {
    console.error(`${program} is not there; build it first: npm run build`);
    return 2;
  }
  const startedAt = new Date(systemClock.nowMs()).toISOString();
  const results: RowResult[] = [];
  for (const row of chosen) results.push(await measureRow(row, program, options));
  const result: BenchResult = {
    version: packageJson.version,
    startedAt,
    machine: await describeMachine(),
    isQuick: options.isQuick,
    rows: results,
  };
  console.log(`\n${renderReport(result)}`);
  if (options.out !== null) writeFileSync(options.out, `${JSON.stringify(result, null, 2)}\n`);
  return results.some(({ failure }) => failure !== null) ? 1 : 0;
}

function readOptions(args: readonly string[]): BenchOptions | null {
  try {
    return parseOptions(
      args,
      rows.map(({ name }) => name),
    );
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return null;
  }
}

async function measureRow(row: Row, program: string, options: BenchOptions): Promise<RowResult> {
  const { name, what, target, how } = row;
  const load = new MachineLoad();
  const fromMs = systemClock.monotonicMs();
  const note = (text: string): void => console.error(`${name}: ${text}`);
  note(what);
  const head = { name, what, target, how };
  try {
    const measurement = await scoped((scope) =>
      row.measure({ program, isQuick: options.isQuick, scope, note }),
    );
    const seconds = Math.round((systemClock.monotonicMs() - fromMs) / 1000);
    return { ...head, ...measurement, seconds, load: load.read(), failure: null };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    note(`could not be measured: ${failure}`);
    const seconds = Math.round((systemClock.monotonicMs() - fromMs) / 1000);
    return { ...head, figures: [], checks: [], remarks: [], seconds, load: load.read(), failure };
  }
}
