/** Fifty destinations of one stream. */
import { delay, systemClock } from '../../../main/lib/clock.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { startPublisher } from '../contenders/ffmpeg.ts';
import { pushRelay, relayNames, relayStream } from '../contenders/relays.ts';
import { BenchEngine } from '../engine.ts';
import { material } from '../material.ts';
import { CpuWindow, treeOf } from '../processCost.ts';
import { checkLimit, checkNone, figure, type Measurement } from '../result.ts';
import type { RowContext } from '../row.ts';
import { type Scope, scoped } from '../scope.ts';
import { bytesByKey, slowestMbps, untilReceiving } from '../sink.ts';
import { summarize } from '../statistics.ts';

const DESTINATIONS = 50;
const WARM_UP_MS = 10_000;
const LIMIT_CORES = 1;
const LIMIT_P99_MS = 20;
/** Of the stream's own rate; what is below was not delivered whole. */
const WHOLE = 0.97;
const STREAM_MBPS = 2;

interface Cost {
  readonly cores: number;
  readonly slowestMbps: number;
}

export async function measureManyDestinations(context: RowContext): Promise<Measurement> {
  const { scope, program, isQuick, note } = context;
  const windowMs = isQuick ? 10_000 : 30_000;
  const file = await material('relay-2m.flv');
  const sink = scope.own(await startNginxRtmp({ isRecording: false }));
  const engine = scope.own(await BenchEngine.start(program));
  const events = scope.own(await engine.events(['engine', 'health']));
  const keys = keysOf('sw');
  const stream = await engine.createStream(relayStream('many', urlsOf(sink, keys)));
  const publisher = scope.own(await startPublisher(file, `${engine.ingestUrl}/many`));
  await engine.untilLive(stream.id);
  await delay(systemClock, WARM_UP_MS);
  const fromMs = systemClock.monotonicMs();
  const ours = await costOf(sink, keys, () => treeOf(engine.pid), windowMs);
  const delays = events.of('engine', fromMs).map(({ message }) => message.load.eventLoopDelayP99Ms);
  const health = events.of('health', fromMs).map(({ message }) => message.health);
  const sick = health.flatMap(({ outputs }) =>
    outputs.filter(
      ({ state, reconnects, droppedFrames }) => state !== 'live' || reconnects + droppedFrames > 0,
    ),
  );
  await engine.stopStream(stream.id);
  await publisher.stop();
  const peer = await scoped((inner) => measurePeer(inner, sink, file, windowMs));
  const p99 = summarize(delays);
  note(`${ours.cores.toFixed(3)} cores, p99 ${p99.median} ms, slowest ${ours.slowestMbps.toFixed(2)} Mbit/s`);
  return {
    figures: [
      figure('streamware', `CPU with ${DESTINATIONS} destinations`, 'cores', [ours.cores]),
      figure(relayNames.push, `CPU with ${DESTINATIONS} destinations`, 'cores', [peer.cores]),
      figure('streamware', 'event-loop delay, p99 of each second', 'ms', delays),
    ],
    checks: [
      checkLimit('CPU of the whole process tree', ours.cores, 'cores', LIMIT_CORES),
      checkLimit('event-loop delay, p99 (middle of the seconds)', p99.median, 'ms', LIMIT_P99_MS, true),
      checkNone(
        'reports of an output that was not live, reconnected or dropped frames',
        sick.length,
        'count',
        `${health.length * DESTINATIONS} reports`,
      ),
      checkNone(
        'destinations that did not get the whole rate',
        ours.slowestMbps < STREAM_MBPS * WHOLE ? 1 : 0,
        'count',
        `slowest ${ours.slowestMbps.toFixed(2)} Mbit/s`,
      ),
    ],
    remarks: [`Worst second of the event loop: p99 ${p99.max} ms.`],
  };
}

function keysOf(prefix: string): string[] {
  return Array.from({ length: DESTINATIONS }, (_, index) => `${prefix}-d${index + 1}`);
}

function urlsOf(sink: NginxRtmp, keys: readonly string[]): string[] {
  return keys.map((key) => sink.url('live', key));
}

async function measurePeer(scope: Scope, sink: NginxRtmp, file: string, windowMs: number): Promise<Cost> {
  const keys = keysOf('push');
  const relay = scope.own(await pushRelay(urlsOf(sink, keys)));
  scope.own(await startPublisher(file, relay.url));
  await untilReceiving(sink, keys);
  await delay(systemClock, WARM_UP_MS / 2);
  return await costOf(sink, keys, relay.pids, windowMs);
}

async function costOf(
  sink: NginxRtmp,
  keys: readonly string[],
  pids: () => readonly number[],
  windowMs: number,
): Promise<Cost> {
  const before = await bytesByKey(sink);
  const cpu = new CpuWindow(pids);
  const fromMs = systemClock.monotonicMs();
  await delay(systemClock, windowMs);
  const used = cpu.end();
  const seconds = (systemClock.monotonicMs() - fromMs) / 1000;
  return { cores: used / seconds, slowestMbps: slowestMbps(before, await bytesByKey(sink), keys, seconds) };
}
