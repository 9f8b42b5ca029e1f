/** One destination is frozen (SIGSTOP) while it is live: when that is noticed, what it costs the others, and whether one can stop. */
import { delay, systemClock } from '../../../main/lib/clock.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { startPublisher } from '../contenders/ffmpeg.ts';
import { pushRelay, type Relay, relayNames, relayStream, teeRelay } from '../contenders/relays.ts';
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
/** Whoever has not ended by then counts as this. */
const PEER_STOP_TIMEOUT_MS = 10_000;

const rates: readonly { readonly name: string; readonly file: MaterialName }[] = [
  { name: '0.5 Mbit/s', file: 'relay-500k.flv' },
  { name: '6 Mbit/s', file: 'relay-6m.flv' },
];

interface Broadcast {
  readonly rate: string;
  readonly streamId: string;
  readonly steadyKeys: readonly string[];
}

interface Peer {
  readonly relay: Relay;
  readonly frozen: NginxRtmp;
}

export async function measureFrozen(context: RowContext): Promise<Measurement> {
  const { scope, program, isQuick, note } = context;
  const freezeMs = isQuick ? 30_000 : 90_000;
  const engine = scope.own(await BenchEngine.start(program));
  const events = scope.own(await engine.events(['outputChanged']));
  const steady = scope.own(await startNginxRtmp());
  const frozen = scope.own(await startNginxRtmp());
  const broadcasts = await startBroadcasts(scope, engine, steady, frozen);
  const peers = await startPeers(scope);
  await Promise.all(broadcasts.map(({ streamId }) => engine.untilLive(streamId)));
  await delay(systemClock, WARM_UP_MS);

  note('freezing');
  const frozenAtMs = systemClock.monotonicMs();
  frozen.freeze();
  for (const peer of peers) peer.frozen.freeze();
  const peersNoticed = Promise.all(peers.map((peer) => noticedSeconds(peer, frozenAtMs, freezeMs)));
  const noticed = await Promise.all(
    broadcasts.map(async (broadcast) => ({
      broadcast,
      seconds: await leftLiveSeconds(events, broadcast.streamId, frozenAtMs, freezeMs),
    })),
  );
  for (const { broadcast, seconds } of noticed) note(`streamware, ${broadcast.rate}: noticed after ${seconds.toFixed(1)} s`);
  await delay(systemClock, Math.max(0, frozenAtMs + freezeMs - systemClock.monotonicMs()));
  const stops = await Promise.all(broadcasts.map(({ streamId }) => engine.stopStream(streamId)));
  const peerStops = await Promise.all(peers.map(({ relay }) => stopSeconds(relay)));
  const losses = await Promise.all(broadcasts.map((broadcast) => lossOf(engine, steady, broadcast)));
  const peerFigures = peers.flatMap(({ relay }, index): Figure[] => [
    figure(relay.name, 'frozen destination let go of after', 's', [
      /* filled below */ Number.NaN,
    ]),
    figure(relay.name, 'stop while frozen', 's', [peerStops[index] ?? Number.NaN]),
  ]);
  void peerFigures;
  void peersNoticed;
  void losses;
  void stops;
  throw new Error('unfinished');
}
