/** What the engine costs while nothing is on air. */
import { delay, systemClock } from '../../../main/lib/clock.ts';
import { BenchEngine } from '../engine.ts';
import { CpuWindow, memoryOf, treeOf } from '../processCost.ts';
import { checkLimit, figure, type Measurement } from '../result.ts';
import type { RowContext } from '../row.ts';

const SETTLE_MS = 10_000;

export async function measureIdle({ scope, program, isQuick }: RowContext): Promise<Measurement> {
  const engine = scope.own(await BenchEngine.start(program));
  await delay(systemClock, SETTLE_MS);
  const windowSeconds = isQuick ? 10 : 30;
  const cpu = new CpuWindow(() => treeOf(engine.pid));
  await delay(systemClock, windowSeconds * 1000);
  const percent = (100 * cpu.end()) / windowSeconds;
  const { rssMb, privateMb } = memoryOf([engine.pid]);
  return {
    figures: [
      figure('streamware', 'CPU of one core, whole process tree', '%', [percent]),
      figure('streamware', 'resident memory of the engine process', 'MB', [rssMb]),
      figure('streamware', 'private memory of the engine process', 'MB', [privateMb]),
    ],
    checks: [
      checkLimit('CPU', percent, '%', 0.5, true),
      checkLimit('resident memory', rssMb, 'MB', 110, true),
    ],
    remarks: [`Processes: ${treeOf(engine.pid).length}.`],
  };
}
