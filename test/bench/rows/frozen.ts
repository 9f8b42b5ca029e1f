/** One destination is frozen (SIGSTOP) while it is live: when that is noticed, what the others lose, and whether one can stop. */
import { delay, systemClock } from '../../../main/lib/clock.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { isRunning } from '../../helpers/processTree.ts';
import { startPublisher } from '../contenders/ffmpeg.ts';
import {
  pushRelay,
  type Relay,
  recordingTo,
  relayNames,
  relayStream,
  teeRelay,
} from '../contenders/relays.ts';
import { type Loss, lossAmong } from '../delivery.ts';
import { BenchEngine } from '../engine.ts';
import type { EngineEvents } from '../engineEvents.ts';
import { MATERIAL_FPS, type MaterialName, material } from '../material.ts';
import { checkLimit, checkNone, type Figure, figure, type Measurement } from '../result.ts';
import type { RowContext } from '../row.ts';
import type { Scope } from '../scope.ts';
import { receiversOf, receiversOfFiles, untilReceiving } from '../sink.ts';
import { localPortsTo } from '../sockets.ts';

const WARM_UP_MS = 8000;
const NOTICED_LIMIT_SECONDS = 15;
const STOP_LIMIT_SECONDS = 5;
const EARLY_STOP_AFTER_MS = 5000;
/** A peer that has not ended by then counts as this. */
const PEER_STOP_TIMEOUT_MS = 10_000;

const broadcastKinds = [
  { name: '0.5 Mbit/s', file: 'relay-500k.flv', stopsEarly: false },
  { name: '6 Mbit/s', file: 'relay-6m.flv', stopsEarly: false },
  { name: '6 Mbit/s, stopped early', file: 'relay-6m.flv', stopsEarly: true },
] as const satisfies readonly { name: string; file: MaterialName; stopsEarly: boolean }[];

interface Broadcast {
  readonly name: string;
  readonly stopsEarly: boolean;
  readonly streamId: string;
  readonly steadyKeys: readonly string[];
}

interface Peer {
  readonly relay: Relay;
  readonly frozen: NginxRtmp;
}

interface Outcome {
  readonly name: string;
  /** Null: was stopped before it could notice. */
  readonly noticedSeconds: number | null;
  readonly stopSeconds: number;
  readonly loss: Loss;
}

export async function measureFrozen({ scope, program, isQuick, note }: RowContext): Promise<Measurement> {
  const freezeMs = isQuick ? 30_000 : 90_000;
  const engine = scope.own(await BenchEngine.start(program));
  const events = scope.own(await engine.events(['outputChanged']));
  const [steady, frozen] = [scope.own(await startNginxRtmp()), scope.own(await startNginxRtmp())];
  const broadcasts = await startBroadcasts(scope, engine, steady, frozen);
  const peers = await startPeers(scope);
  await Promise.all(broadcasts.map(({ streamId }) => engine.untilLive(streamId)));
  await delay(systemClock, WARM_UP_MS);

  note(`freezing for ${freezeMs / 1000} s`);
  for (const server of [frozen, ...peers.map((peer) => peer.frozen)]) server.freeze();
  const freeze = { sinceMs: systemClock.monotonicMs(), lengthMs: freezeMs };
  const [outcomes, peerFigures] = await Promise.all([
    Promise.all(broadcasts.map((broadcast) => watchBroadcast({ engine, events, steady }, broadcast, freeze))),
    Promise.all(peers.map((peer) => watchPeer(peer, freeze))),
  ]);
  return judge(outcomes, peerFigures.flat(), freezeMs / 1000);
}

async function startBroadcasts(
  scope: Scope,
  engine: BenchEngine,
  steady: NginxRtmp,
  frozen: NginxRtmp,
): Promise<Broadcast[]> {
  const broadcasts: Broadcast[] = [];
  for (const [index, { name, file, stopsEarly }] of broadcastKinds.entries()) {
    const steadyKeys = [`b${index}-d1`, `b${index}-d2`];
    const urls = [...steadyKeys.map((key) => steady.url('rec', key)), frozen.url('rec', `b${index}-frozen`)];
    const stream = await engine.createStream(
      relayStream(`frozen-${index}`, urls, [recordingTo(`frozen-${index}`)]),
    );
    scope.own(await startPublisher(await material(file), `${engine.ingestUrl}/frozen-${index}`));
    broadcasts.push({ name, stopsEarly, streamId: stream.id, steadyKeys });
  }
  return broadcasts;
}

/** Each with a receiver of its own to freeze, so that its connections can be told from the others'. */
async function startPeers(scope: Scope): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const start of [pushRelay, teeRelay]) {
    const [steady, frozen] = [
      scope.own(await startNginxRtmp({ isRecording: false })),
      scope.own(await startNginxRtmp({ isRecording: false })),
    ];
    const relay = scope.own(await start([steady.url('live', 'd1'), frozen.url('live', 'd2')]));
    scope.own(await startPublisher(await material('relay-6m.flv'), relay.url));
    await untilReceiving(frozen, ['d2']);
    peers.push({ relay, frozen });
  }
  return peers;
}

interface Freeze {
  readonly sinceMs: number;
  readonly lengthMs: number;
}

async function watchBroadcast(
  { engine, events, steady }: { engine: BenchEngine; events: EngineEvents; steady: NginxRtmp },
  { name, stopsEarly, streamId, steadyKeys }: Broadcast,
  { sinceMs, lengthMs }: Freeze,
): Promise<Outcome> {
  const frozenOutput = 'd3';
  let noticedSeconds: number | null = null;
  if (stopsEarly) {
    await delay(systemClock, EARLY_STOP_AFTER_MS);
  } else {
    const left = await events.first(
      'outputChanged',
      sinceMs,
      lengthMs,
      (event) =>
        event.streamId === streamId && event.outputId === frozenOutput && event.output.state !== 'live',
    );
    noticedSeconds = ((left?.atMs ?? sinceMs + lengthMs) - sinceMs) / 1000;
    await delay(systemClock, Math.max(0, sinceMs + lengthMs - systemClock.monotonicMs()));
  }
  const stopSeconds = await engine.stopStream(streamId);
  const receivers = [
    ...(await receiversOf(steady, steadyKeys)),
    ...(await receiversOfFiles(await engine.recordingOf(streamId))),
  ];
  return { name, noticedSeconds, stopSeconds, loss: lossAmong(receivers, MATERIAL_FPS) };
}

/** When the connection to the frozen server is given up, and for ffmpeg how long it takes to end while it is frozen. */
async function watchPeer({ relay, frozen }: Peer, { sinceMs, lengthMs }: Freeze): Promise<Figure[]> {
  const before = localPortsTo(frozen.port);
  const untilMs = sinceMs + lengthMs;
  let atMs = systemClock.monotonicMs();
  while (atMs < untilMs && [...before].some((port) => localPortsTo(frozen.port).has(port))) {
    await delay(systemClock, 100);
    atMs = systemClock.monotonicMs();
  }
  const figures = [figure(relay.name, 'frozen destination given up after', 's', [(atMs - sinceMs) / 1000])];
  await delay(systemClock, Math.max(0, untilMs - systemClock.monotonicMs()));
  if (relay.name !== relayNames.tee) return figures;
  return [...figures, figure(relay.name, 'stop while it is frozen', 's', [await endSeconds(relay)])];
}

async function endSeconds(relay: Relay): Promise<number> {
  const fromMs = systemClock.monotonicMs();
  for (const pid of relay.pids()) process.kill(pid, 'SIGINT');
  while (relay.pids().some(isRunning) && systemClock.monotonicMs() - fromMs < PEER_STOP_TIMEOUT_MS) {
    await delay(systemClock, 50);
  }
  return (systemClock.monotonicMs() - fromMs) / 1000;
}

function judge(outcomes: readonly Outcome[], peers: readonly Figure[], freezeSeconds: number): Measurement {
  const figures = outcomes.flatMap(({ name, noticedSeconds, stopSeconds }) => [
    ...(noticedSeconds === null
      ? []
      : [figure('streamware', `${name}: noticed after`, 's', [noticedSeconds])]),
    figure('streamware', `${name}: stop while it is frozen`, 's', [stopSeconds]),
  ]);
  const lost = outcomes.reduce((sum, { loss }) => sum + loss.frames, 0);
  const outOf = outcomes.reduce((sum, { loss }) => sum + loss.outOf, 0);
  return {
    figures: [...figures, ...peers],
    checks: [
      ...outcomes.flatMap(({ name, noticedSeconds }) =>
        noticedSeconds === null
          ? []
          : [checkLimit(`noticed at ${name}`, noticedSeconds, 's', NOTICED_LIMIT_SECONDS)],
      ),
      checkLimit(
        'stop, the slowest',
        Math.max(...outcomes.map(({ stopSeconds }) => stopSeconds)),
        's',
        STOP_LIMIT_SECONDS,
      ),
      checkNone(
        'frames lost at the other destinations and the recordings',
        lost,
        'frames',
        `${outOf} frames`,
      ),
    ],
    remarks: [
      `Frozen for ${freezeSeconds} s; a peer's ${freezeSeconds} s means: not at all. A peer's stop of ${PEER_STOP_TIMEOUT_MS / 1000} s means: not by then.`,
      ...outcomes.flatMap(({ loss }) => loss.remarks),
    ],
  };
}
