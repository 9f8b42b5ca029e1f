/** Six destinations that are broken from the start, beside two healthy ones and a recording. */
import { delay, systemClock } from '../../../main/lib/clock.ts';
import { startFaultProxy } from '../../helpers/faultProxy.ts';
import { refusingPort, startGarbagePeer, startMutePeer } from '../../helpers/faultyPeers.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { startPublisher } from '../contenders/ffmpeg.ts';
import { recordingTo, relayStream } from '../contenders/relays.ts';
import { lossAmong } from '../delivery.ts';
import { BenchEngine } from '../engine.ts';
import type { EngineEvents } from '../engineEvents.ts';
import { MATERIAL_FPS, material } from '../material.ts';
import { checkLimit, checkNone, figure, type Measurement } from '../result.ts';
import type { RowContext } from '../row.ts';
import type { Scope } from '../scope.ts';
import { receiversOf, receiversOfFiles, untilReceiving } from '../sink.ts';

const LIMIT_SECONDS = 10;
const SLOW_BYTES_PER_SECOND = 100_000;
const RESET_AFTER_BYTES = 1_000_000;
const ENDPOINT = 'live/key';

interface Fault {
  readonly id: string;
  readonly url: string;
}

interface Verdict {
  readonly id: string;
  /** From the moment the fault could show; the whole time watched when nothing was said. */
  readonly seconds: number;
  readonly said: string;
}

export async function measureFaulty({ scope, program, isQuick, note }: RowContext): Promise<Measurement> {
  const watchMs = isQuick ? 20_000 : 40_000;
  const steady = scope.own(await startNginxRtmp());
  const engine = scope.own(await BenchEngine.start(program));
  const events = scope.own(await engine.events(['outputChanged', 'health']));
  const faults = await startFaults(scope, steady);
  const steadyKeys = ['steady-1', 'steady-2'];
  const urls = steadyKeys.map((key) => steady.url('rec', key));
  const faulty = faults.map(({ id, url }) => ({ type: 'rtmp' as const, id, url }));
  const stream = await engine.createStream(relayStream('faulty', urls, [...faulty, recordingTo('faulty')]));
  scope.own(await startPublisher(await material('relay-6m.flv'), `${engine.ingestUrl}/faulty`));
  const sinceMs = systemClock.monotonicMs();
  await untilReceiving(steady, steadyKeys);
  await delay(systemClock, watchMs);
  const verdicts = faults.map(({ id }) => verdictOf(events, id, sinceMs, watchMs));
  for (const { id, seconds, said } of verdicts) note(`${id}: ${said} after ${seconds.toFixed(1)} s`);
  const stopSeconds = await engine.stopStream(stream.id);
  const loss = lossAmong(
    [
      ...(await receiversOf(steady, steadyKeys)),
      ...(await receiversOfFiles(await engine.recordingOf(stream.id))),
    ],
    MATERIAL_FPS,
  );
  return {
    figures: verdicts.map(({ id, seconds }) => figure('streamware', `${id}: told after`, 's', [seconds])),
    checks: [
      ...verdicts.map(({ id, seconds }) => checkLimit(`${id}: reason told`, seconds, 's', LIMIT_SECONDS)),
      checkNone(
        'frames lost at the healthy ones and the recording',
        loss.frames,
        'frames',
        `${loss.outOf} frames`,
      ),
      checkLimit('stop with all of them', stopSeconds, 's', 5),
    ],
    remarks: [...verdicts.map(({ id, said }) => `${id}: ${said}`), ...loss.remarks],
  };
}

async function startFaults(scope: Scope, healthy: NginxRtmp): Promise<Fault[]> {
  const local = (port: number): string => `rtmp://127.0.0.1:${port}/${ENDPOINT}`;
  const toHealthy = (port: number, key: string): string => `rtmp://127.0.0.1:${port}/rec/${key}`;
  const slow = scope.own(
    await startFaultProxy({ targetPort: healthy.port, bytesPerSecond: SLOW_BYTES_PER_SECOND }),
  );
  const reset = scope.own(
    await startFaultProxy({ targetPort: healthy.port, resetAfterBytes: RESET_AFTER_BYTES }),
  );
  return [
    { id: 'refused', url: local(await refusingPort()) },
    { id: 'reset', url: toHealthy(reset.port, 'reset') },
    { id: 'garbage', url: local(scope.own(await startGarbagePeer()).port) },
    { id: 'slow', url: toHealthy(slow.port, 'slow') },
    { id: 'name-not-found', url: `rtmp://no-such-host.invalid/${ENDPOINT}` },
    { id: 'never-answers', url: local(scope.own(await startMutePeer()).port) },
  ];
}

/** The first typed reason of an output; for one that is merely slow the first report of dropped frames counts as well. */
function verdictOf(events: EngineEvents, id: string, sinceMs: number, watchMs: number): Verdict {
  const reason = events
    .of('outputChanged')
    .find(({ message }) => message.outputId === id && message.output.reason);
  const drops = events
    .of('health')
    .find(({ message }) => message.health.outputs.some((one) => one.id === id && one.droppedFrames > 0));
  const firstMs = Math.min(reason?.atMs ?? Number.POSITIVE_INFINITY, drops?.atMs ?? Number.POSITIVE_INFINITY);
  if (!Number.isFinite(firstMs)) return { id, seconds: watchMs / 1000, said: 'nothing' };
  const isReason = reason !== undefined && reason.atMs === firstMs;
  const said = isReason ? (reason.message.output.reason?.code ?? '') : 'live, with dropped frames counted';
  return { id, seconds: Math.max(0, firstMs - sinceMs) / 1000, said };
}
