/** What each further destination costs in memory. */
import { createOutput } from '../../../main/contract/api/outputs.ts';
import { delay, systemClock } from '../../../main/lib/clock.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { startPublisher } from '../contenders/ffmpeg.ts';
import {
  copiesRelay,
  pushRelay,
  relayNames,
  relayStream,
  type StartRelay,
  teeRelay,
} from '../contenders/relays.ts';
import { BenchEngine } from '../engine.ts';
import { material } from '../material.ts';
import { type MemoryReading, memoryOf } from '../processCost.ts';
import { checkLimit, type Figure, figure, type Measurement } from '../result.ts';
import type { RowContext } from '../row.ts';
import { scoped } from '../scope.ts';
import { untilReceiving } from '../sink.ts';
import { median } from '../statistics.ts';

const STEPS = [1, 10, 50] as const;
const READINGS = 10;
const LIMIT_MB = 1.5;
const SETTLE_MS = 15_000;
/** The replay buffer keeps 30 s, and a heap takes its time to find its size: neither is the cost of a destination. */
const FIRST_SETTLE_MS = 60_000;

type ByStep = ReadonlyMap<number, MemoryReading>;

export async function measureMemory(context: RowContext): Promise<Measurement> {
  const { scope, isQuick, note } = context;
  const file = await material('relay-2m.flv');
  const sink = scope.own(await startNginxRtmp({ isRecording: false }));
  const settleMs = isQuick ? 6000 : SETTLE_MS;
  const ours = await measureEngine(context, sink, file, settleMs, isQuick ? 35_000 : FIRST_SETTLE_MS);
  const peers: Figure[] = [];
  for (const [name, start, count] of [
    [relayNames.push, pushRelay, 50],
    [relayNames.tee, teeRelay, 10],
    [relayNames.copies, copiesRelay, 2],
  ] as const) {
    const one = await measurePeer(start, sink, 1, file, settleMs);
    const many = await measurePeer(start, sink, count, file, settleMs);
    note(`${name}: ${one.rssMb.toFixed(1)} MB for 1, ${many.rssMb.toFixed(1)} MB for ${count}`);
    peers.push(
      figure(name, `resident memory per destination, 1 to ${count}`, 'MB', [
        (many.rssMb - one.rssMb) / (count - 1),
      ]),
    );
  }
  return { ...judge(ours), figures: [...figuresOf(ours), ...peers] };
}

/** One stream on one engine; destinations are added while it is live, as users do. */
async function measureEngine(
  { scope, program, note }: RowContext,
  sink: NginxRtmp,
  file: string,
  settleMs: number,
  firstSettleMs: number,
): Promise<ByStep> {
  const engine = scope.own(await BenchEngine.start(program));
  const url = (index: number): string => sink.url('live', `sw-d${index}`);
  const stream = await engine.createStream(relayStream('memory', [url(1)]));
  const publisher = scope.own(await startPublisher(file, `${engine.ingestUrl}/memory`));
  const readings = new Map<number, MemoryReading>();
  let count = 1;
  for (const step of STEPS) {
    for (; count < step; count++) {
      const body = { type: 'rtmp', id: `d${count + 1}`, url: url(count + 1) } as never;
      await engine.client.call(createOutput, { params: { streamId: stream.id }, body });
    }
    await untilReceiving(
      sink,
      Array.from({ length: step }, (_, index) => `sw-d${index + 1}`),
    );
    await delay(systemClock, step === STEPS[0] ? firstSettleMs : settleMs);
    const reading = await medianMemory([engine.pid]);
    note(
      `${step} destinations: ${reading.rssMb.toFixed(1)} MB resident, ${reading.privateMb.toFixed(1)} MB private`,
    );
    readings.set(step, reading);
  }
  await publisher.stop();
  await engine.stopStream(stream.id);
  return readings;
}

function measurePeer(
  start: StartRelay,
  sink: NginxRtmp,
  count: number,
  file: string,
  settleMs: number,
): Promise<MemoryReading> {
  return scoped(async (scope) => {
    const keys = Array.from({ length: count }, (_, index) => `peer-d${index + 1}`);
    const relay = scope.own(await start(keys.map((key) => sink.url('live', key))));
    scope.own(await startPublisher(file, relay.url));
    await untilReceiving(sink, keys);
    await delay(systemClock, settleMs / 2);
    return await medianMemory(relay.pids());
  });
}

/** The middle of ten readings, one every half second: garbage comes and goes. */
async function medianMemory(pids: readonly number[]): Promise<MemoryReading> {
  const readings: MemoryReading[] = [];
  for (let index = 0; index < READINGS; index++) {
    readings.push(memoryOf(pids));
    await delay(systemClock, 500);
  }
  return {
    rssMb: median(readings.map(({ rssMb }) => rssMb)),
    privateMb: median(readings.map(({ privateMb }) => privateMb)),
  };
}

const spans = [
  [1, 10],
  [10, 50],
] as const;

function perDestination(
  readings: ByStep,
  [from, to]: readonly [number, number],
  field: keyof MemoryReading,
): number {
  const difference = (readings.get(to)?.[field] ?? Number.NaN) - (readings.get(from)?.[field] ?? Number.NaN);
  return difference / (to - from);
}

function figuresOf(readings: ByStep): Figure[] {
  const totals = STEPS.map((step) =>
    figure('streamware', `resident memory with ${step}`, 'MB', [readings.get(step)?.rssMb ?? Number.NaN]),
  );
  const steps = spans.flatMap((span) => [
    figure('streamware', `resident memory per destination, ${span[0]} to ${span[1]}`, 'MB', [
      perDestination(readings, span, 'rssMb'),
    ]),
    figure('streamware', `private memory per destination, ${span[0]} to ${span[1]}`, 'MB', [
      perDestination(readings, span, 'privateMb'),
    ]),
  ]);
  return [...totals, ...steps];
}

function judge(readings: ByStep): Pick<Measurement, 'checks' | 'remarks'> {
  return {
    checks: spans.map((span) =>
      checkLimit(
        `per destination, ${span[0]} to ${span[1]} (the larger of resident and private)`,
        Math.max(perDestination(readings, span, 'rssMb'), perDestination(readings, span, 'privateMb')),
        'MB',
        LIMIT_MB,
      ),
    ),
    remarks: [],
  };
}
