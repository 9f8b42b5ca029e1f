/** What relaying one stream to ten destinations costs, four ways in turn. */
import { delay, systemClock } from '../../../main/lib/clock.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { startPublisher } from '../contenders/ffmpeg.ts';
import {
  copiesRelay,
  pushRelay,
  relayNames,
  type StartRelay,
  streamwareRelay,
  teeRelay,
} from '../contenders/relays.ts';
import { BenchEngine } from '../engine.ts';
import { material } from '../material.ts';
import { CpuWindow } from '../processCost.ts';
import { checkAgainst, type Figure, figure, type Measurement } from '../result.ts';
import type { RowContext } from '../row.ts';
import { scoped } from '../scope.ts';
import { bytesByKey, slowestMbps, untilReceiving } from '../sink.ts';
import { alternate } from '../statistics.ts';

const DESTINATIONS = 10;
/** What a broadcast costs for hours is asked, not its start: a program on V8 compiles itself while it runs. */
const WARM_UP_MS = 30_000;
const QUICK_WARM_UP_MS = 6000;
/** Looking for encoders after its start is not relaying either. */
const ENGINE_WARM_UP_MS = 60_000;

interface Run {
  readonly contender: string;
  readonly cpuSeconds: number;
  readonly slowestMbps: number;
}

export async function measureRelayCpu(context: RowContext): Promise<Measurement> {
  const { scope, program, isQuick, note } = context;
  const file = await material('relay-6m.flv');
  const sink = scope.own(await startNginxRtmp({ isRecording: false }));
  const engine = scope.own(await BenchEngine.start(program));
  const contenders: Record<string, StartRelay> = {
    [relayNames.streamware]: streamwareRelay(engine),
    [relayNames.push]: pushRelay,
    [relayNames.tee]: teeRelay,
    [relayNames.copies]: copiesRelay,
  };
  const windowMs = isQuick ? 8000 : 20_000;
  const warmUpMs = isQuick ? QUICK_WARM_UP_MS : WARM_UP_MS;
  note('the engine warms up');
  await measureOne({
    start: streamwareRelay(engine),
    sink,
    file,
    windowMs: isQuick ? 10_000 : ENGINE_WARM_UP_MS,
    warmUpMs,
    round: 9,
  });
  const runs: Run[] = [];
  for (const { contender, round } of alternate(Object.keys(contenders), isQuick ? 2 : 3)) {
    const start = contenders[contender] as StartRelay;
    const run = { contender, ...(await measureOne({ start, sink, file, windowMs, warmUpMs, round })) };
    note(
      `${contender}: ${run.cpuSeconds.toFixed(3)} s for ${windowMs / 1000} s, ${run.slowestMbps.toFixed(2)} Mbit/s`,
    );
    runs.push(run);
  }
  return summarizeRuns(runs, windowMs / 1000);
}

interface OneRun {
  readonly start: StartRelay;
  readonly sink: NginxRtmp;
  readonly file: string;
  readonly windowMs: number;
  readonly warmUpMs: number;
  readonly round: number;
}

async function measureOne({
  start,
  sink,
  file,
  windowMs,
  warmUpMs,
  round,
}: OneRun): Promise<Omit<Run, 'contender'>> {
  return await scoped(async (scope) => {
    const keys = Array.from({ length: DESTINATIONS }, (_, index) => `r${round}-d${index + 1}`);
    const relay = scope.own(await start(keys.map((key) => sink.url('live', key))));
    scope.own(await startPublisher(file, relay.url));
    await untilReceiving(sink, keys);
    await delay(systemClock, warmUpMs);
    const before = await bytesByKey(sink);
    const cpu = new CpuWindow(relay.pids);
    const fromMs = systemClock.monotonicMs();
    await delay(systemClock, windowMs);
    const cpuSeconds = cpu.end();
    const seconds = (systemClock.monotonicMs() - fromMs) / 1000;
    return { cpuSeconds, slowestMbps: slowestMbps(before, await bytesByKey(sink), keys, seconds) };
  });
}

function summarizeRuns(runs: readonly Run[], windowSeconds: number): Measurement {
  const what = `CPU to relay for ${windowSeconds} s to ${DESTINATIONS}`;
  const figureOf = (contender: string): Figure =>
    figure(
      contender,
      what,
      's',
      runs.filter((run) => run.contender === contender).map(({ cpuSeconds }) => cpuSeconds),
    );
  const names = [relayNames.streamware, relayNames.push, relayNames.tee, relayNames.copies];
  const [ours, push, tee, copies] = names.map(figureOf) as [Figure, Figure, Figure, Figure];
  const slowest = names.map((name) => {
    const rates = runs.filter(({ contender }) => contender === name).map((run) => run.slowestMbps);
    return `${name} ${Math.min(...rates).toFixed(2)}`;
  });
  return {
    figures: [ours, push, tee, copies],
    checks: [
      checkAgainst('CPU of the relay', ours, push, 1.5),
      checkAgainst('CPU of the relay', ours, tee, 1 / 3, '⅓'),
    ],
    remarks: [`Received by the slowest destination, Mbit/s: ${slowest.join(', ')}.`],
  };
}
