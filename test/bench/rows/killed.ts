/** One of five destinations is killed for ten seconds: three relays, the same servers, the same moment. */
import { delay, systemClock } from '../../../main/lib/clock.ts';
import { isListening } from '../../helpers/freePort.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { waitFor } from '../../helpers/waitFor.ts';
import { startPublisher } from '../contenders/ffmpeg.ts';
import {
  pushRelay,
  recordingTo,
  relayNames,
  relayStream,
  type StartRelay,
  teeRelay,
} from '../contenders/relays.ts';
import { type Loss, lossAmong } from '../delivery.ts';
import { BenchEngine } from '../engine.ts';
import { MATERIAL_FPS, material } from '../material.ts';
import { checkLimit, checkNone, figure, type Measurement } from '../result.ts';
import type { RowContext } from '../row.ts';
import { scoped } from '../scope.ts';
import { firstVideoAtMs, receiversOf, receiversOfFiles, untilReceiving } from '../sink.ts';

const STEADY = 4;
const OUTAGE_MS = 10_000;
const WARM_UP_MS = 6000;
const AFTERWARDS_MS = 5000;
/** tee+fifo waits for its next try and then for a key frame; whoever is not back by then counts as this. */
const RETURN_TIMEOUT_MS = 40_000;
const LIMIT_SECONDS = 1.5;

interface Outcome {
  readonly backSeconds: number;
  readonly startsWithKey: boolean;
  readonly loss: Loss;
}

const names = [relayNames.streamware, relayNames.tee, relayNames.push] as const;
type Name = (typeof names)[number];

export async function measureKilled(context: RowContext): Promise<Measurement> {
  const engine = context.scope.own(await BenchEngine.start(context.program));
  const file = await material('relay-2m.flv');
  const rounds: Record<Name, Outcome>[] = [];
  for (let round = 0; round < (context.isQuick ? 1 : 3); round++) {
    const outcome = await killOnce(engine, file, round);
    for (const name of names) {
      const { backSeconds, loss } = outcome[name];
      context.note(`${name}: back after ${backSeconds.toFixed(2)} s, ${loss.frames} frames lost elsewhere`);
    }
    rounds.push(outcome);
  }
  return judge(rounds);
}

async function killOnce(engine: BenchEngine, file: string, round: number): Promise<Record<Name, Outcome>> {
  return await scoped(async (scope) => {
    const steady = scope.own(await startNginxRtmp());
    const shaky = scope.own(await startNginxRtmp());
    const keysOf = (name: Name): string[] => {
      const prefix = `${name.replace(/\W/g, '')}-${round}`;
      return Array.from({ length: STEADY + 1 }, (_, index) => `${prefix}-d${index + 1}`);
    };
    const urlsOf = (name: Name): string[] =>
      keysOf(name).map((key, index) => (index < STEADY ? steady : shaky).url('rec', key));
    const ingestKey = `killed-${round}`;
    const stream = await engine.createStream(
      relayStream(ingestKey, urlsOf(relayNames.streamware), [recordingTo(ingestKey)]),
    );
    const peers: [Name, StartRelay][] = [
      [relayNames.tee, teeRelay],
      [relayNames.push, pushRelay],
    ];
    const relays = await Promise.all(
      peers.map(async ([name, start]) => scope.own(await start(urlsOf(name)))),
    );
    for (const url of [`${engine.ingestUrl}/${ingestKey}`, ...relays.map((relay) => relay.url)]) {
      scope.own(await startPublisher(file, url));
    }
    const shakyKeys = new Map(names.map((name) => [name, keysOf(name)[STEADY] ?? '']));
    await untilReceiving(shaky, [...shakyKeys.values()]);
    await delay(systemClock, WARM_UP_MS);
    const back = await interrupt(shaky, shakyKeys);
    await delay(systemClock, AFTERWARDS_MS);
    await engine.stopStream(stream.id);
    await Promise.all(relays.map((relay) => relay.stop()));
    const recorded = await receiversOfFiles(await engine.recordingOf(stream.id));
    const outcome = async (name: Name): Promise<Outcome> => {
      const receivers = await receiversOf(steady, keysOf(name).slice(0, STEADY));
      const all = name === relayNames.streamware ? [...receivers, ...recorded] : receivers;
      const { seconds, startsWithKey } = back.get(name) ?? { seconds: Number.NaN, startsWithKey: false };
      return { backSeconds: seconds, startsWithKey, loss: lossAmong(all, MATERIAL_FPS) };
    };
    const outcomes = await Promise.all(names.map(async (name) => [name, await outcome(name)] as const));
    return Object.fromEntries(outcomes) as Record<Name, Outcome>;
  });
}

type Returns = ReadonlyMap<Name, { readonly seconds: number; readonly startsWithKey: boolean }>;

/** kill -9, ten seconds, the same server again on the same port; when each of the three has a picture there. */
async function interrupt(shaky: NginxRtmp, keys: ReadonlyMap<Name, string>): Promise<Returns> {
  await shaky.kill9();
  const known = shaky.recordings();
  await delay(systemClock, OUTAGE_MS);
  const restarted = shaky.restart();
  await waitFor(() => isListening(shaky.port), { what: 'the killed server to listen again', intervalMs: 5 });
  const listensMs = systemClock.monotonicMs();
  await restarted;
  const returns = [...keys].map(async ([name, key]) => {
    try {
      const { atMs, isKey } = await firstVideoAtMs(shaky, key, known, RETURN_TIMEOUT_MS);
      return [name, { seconds: (atMs - listensMs) / 1000, startsWithKey: isKey }] as const;
    } catch {
      // Not back in time, which is its result.
      return [name, { seconds: RETURN_TIMEOUT_MS / 1000, startsWithKey: false }] as const;
    }
  });
  return new Map(await Promise.all(returns));
}

function judge(rounds: readonly Record<Name, Outcome>[]): Measurement {
  const back = names.map((name) =>
    figure(
      name,
      'back after the server listens again',
      's',
      rounds.map((round) => round[name].backSeconds),
    ),
  );
  const lost = names.map((name) =>
    figure(
      name,
      'frames lost elsewhere',
      'frames',
      rounds.map((round) => round[name].loss.frames),
    ),
  );
  const ours = rounds.map((round) => round[relayNames.streamware]);
  const worstSeconds = Math.max(...ours.map(({ backSeconds }) => backSeconds));
  const lostFrames = ours.reduce((sum, { loss }) => sum + loss.frames, 0);
  const outOf = ours.reduce((sum, { loss }) => sum + loss.outOf, 0);
  return {
    figures: [...back, ...lost],
    checks: [
      checkLimit('back, the slowest of the runs', worstSeconds, 's', LIMIT_SECONDS),
      checkNone(
        'returns that do not start with a key frame',
        ours.filter(({ startsWithKey }) => !startsWithKey).length,
        'count',
        `${ours.length} returns`,
      ),
      checkNone('frames lost at the other four and the recording', lostFrames, 'frames', `${outOf} frames`),
    ],
    remarks: rounds.flatMap((round) => names.flatMap((name) => round[name].loss.remarks)),
  };
}
