// Destinations that never work, from a refused connection to a wrong key: all of them in one broadcast.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../main/contract/errors.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { startCallbackServer } from '../helpers/callbackServer.ts';
import {
  type FaultyPeer,
  refusingPort,
  startBlackhole,
  startGarbagePeer,
  startMutePeer,
  startResettingPeer,
} from '../helpers/faultyPeers.ts';
import { startSrtListener } from '../helpers/ffmpegListen.ts';
import { type NginxRtmp, startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { mountSmallDisk } from '../helpers/smallDisk.ts';
import { startStunnel } from '../helpers/stunnel.ts';
import { waitFor } from '../helpers/waitFor.ts';
import { expectCleanSession, FaultRig, type OutputInput } from './rig.ts';

interface Refusal {
  readonly id: string;
  readonly output: OutputInput;
  /** Why it says that it is not live, at first. */
  readonly reason: ErrorCode;
  /** Why it stops for good, where trying again cannot help. */
  readonly endsWith?: ErrorCode;
}

const REASON_WITHIN_MS = 10_000;

let rig: FaultRig;
/** Refuses the key `closed` until `isOpen`. */
let picky: NginxRtmp;
let isOpen = false;
/** Nobody listens there, until somebody does. */
let deadPort: number;
let refusals: readonly Refusal[];
let addedAtMs: number;

beforeAll(async () => {
  const onPublish = ({ name }: { name: string }): 'accept' | 'refuse' =>
    name !== 'closed' || isOpen ? 'accept' : 'refuse';
  [rig, picky, deadPort] = await Promise.all([
    FaultRig.start(),
    startNginxRtmp({ onPublish }),
    refusingPort(),
  ]);
  rig.onClose(() => picky.stop());
  await rig.goLive();
  refusals = (
    await Promise.all([rtmpRefusals(), rtmpsRefusals(), srtRefusals(), pushRefusals(), diskRefusals()])
  ).flat();
  addedAtMs = systemClock.monotonicMs();
  await Promise.all(refusals.map(({ id, output }) => rig.add({ ...output, id })));
});

afterAll(() => rig.close());

describe('destinations that never work', () => {
  it('say why within ten seconds, never claim to be live, and take nothing from the others', async () => {
    for (const { id, reason, endsWith } of refusals) {
      const first = await waitFor(() => rig.history(id).find(({ code }) => code !== null), {
        what: `${id} to say why it is not live`,
      });
      expect(first.code, id).toBe(reason);
      expect(first.atMs - addedAtMs, id).toBeLessThan(REASON_WITHIN_MS);
      if (endsWith) expect((await rig.until(id, 'failed')).code, id).toBe(endsWith);
    }
    for (const { id, endsWith } of refusals) {
      expect(
        rig.history(id).map(({ state }) => state),
        id,
      ).not.toContain('live');
      expect(rig.status(id), id).toMatchObject({ order: 'on', framesSent: 0, reconnects: 0 });
      if (endsWith) expect(rig.status(id), id).toMatchObject({ state: 'failed', retryAt: null });
    }

    const server = await startNginxRtmp({ port: deadPort });
    rig.onClose(() => server.stop());
    isOpen = true;
    const retriedAtMs = systemClock.monotonicMs();
    for (const id of ['refused', 'closed']) rig.engine.streams.retryOutput(rig.streamId, id);
    for (const id of ['refused', 'closed']) await rig.until(id, 'live', retriedAtMs);
    await rig.untilSent(60);
    const tookMs = await rig.stop();
    expect(tookMs).toBeLessThan(5000);
    const { recording } = await rig.expectNobodyElseSuffered();
    await expectCleanSession(server.recordings('refused')[0] ?? '', recording);
    await expectCleanSession(picky.recordings('closed')[0] ?? '', recording);
  });
});

async function peer(start: () => Promise<FaultyPeer>): Promise<number> {
  const faulty = await start();
  rig.onClose(() => faulty.stop());
  return faulty.port;
}

async function rtmpRefusals(): Promise<Refusal[]> {
  const at = (port: number, key: string): OutputInput => ({
    type: 'rtmp',
    url: `rtmp://127.0.0.1:${port}/rec`,
    key,
  });
  return [
    { id: 'refused', output: at(deadPort, 'refused'), reason: 'destination.refused' },
    {
      id: 'no-name',
      output: { type: 'rtmp', url: 'rtmp://nosuch.invalid/live', key: 'k' },
      reason: 'destination.name_not_found',
    },
    {
      id: 'mute',
      output: at(await peer(startMutePeer), 'k'),
      reason: 'destination.handshake_timeout',
    },
    {
      id: 'blackhole',
      output: at(await peer(startBlackhole), 'k'),
      reason: 'destination.connect_timeout',
    },
    { id: 'garbage', output: at(await peer(startGarbagePeer), 'k'), reason: 'destination.protocol' },
    { id: 'reset', output: at(await peer(startResettingPeer), 'k'), reason: 'destination.disconnected' },
    {
      id: 'closed',
      output: at(picky.port, 'closed'),
      // nginx hangs up without a word, so it is tried a few times.
      reason: 'destination.publish_unanswered',
      endsWith: 'destination.auth_rejected',
    },
    {
      id: 'denied',
      output: { type: 'rtmp', url: rig.engine.ingestUrl ?? '', key: 'nobody-knows-this-key' },
      reason: 'destination.auth_rejected',
      endsWith: 'destination.auth_rejected',
    },
    {
      id: 'no-application',
      output: { type: 'rtmp', url: `rtmp://127.0.0.1:${picky.port}/nosuch`, key: 'k' },
      reason: 'destination.disconnected',
    },
  ];
}

async function rtmpsRefusals(): Promise<Refusal[]> {
  const tunnel = await startStunnel(picky.port);
  rig.onClose(() => tunnel.stop());
  const at = (port: number): OutputInput => ({
    type: 'rtmps',
    url: `rtmps://127.0.0.1:${port}/rec`,
    key: 'k',
  });
  return [
    { id: 'tls-refused', output: at(await refusingPort()), reason: 'destination.refused' },
    {
      id: 'tls-no-name',
      output: { type: 'rtmps', url: 'rtmps://nosuch.invalid/live', key: 'k' },
      reason: 'destination.name_not_found',
    },
    {
      id: 'tls-mute',
      output: at(await peer(startMutePeer)),
      reason: 'destination.handshake_timeout',
    },
    { id: 'tls-garbage', output: at(await peer(startGarbagePeer)), reason: 'destination.protocol' },
    { id: 'tls-plain', output: at(picky.port), reason: 'destination.disconnected' },
    { id: 'tls-stranger', output: at(tunnel.port), reason: 'destination.tls', endsWith: 'destination.tls' },
  ];
}

async function srtRefusals(): Promise<Refusal[]> {
  const mute = createSocket('udp4');
  mute.bind(0, '127.0.0.1');
  await once(mute, 'listening');
  const locked = await startSrtListener({ passphrase: 'the-right-passphrase' });
  rig.onClose(() => Promise.all([mute.close(), locked.stop()]));
  const at = (port: number, passphrase?: string): OutputInput => ({
    type: 'srt',
    url: `srt://127.0.0.1:${port}`,
    passphrase,
  });
  return [
    { id: 'srt-refused', output: at(await refusingPort()), reason: 'destination.refused' },
    {
      id: 'srt-no-name',
      output: { type: 'srt', url: 'srt://nosuch.invalid:9000' },
      reason: 'destination.name_not_found',
    },
    { id: 'srt-mute', output: at(mute.address().port), reason: 'destination.connect_timeout' },
    {
      id: 'srt-locked',
      output: at(locked.port, 'quite-another-one'),
      reason: 'destination.auth_rejected',
      endsWith: 'destination.auth_rejected',
    },
  ];
}

async function pushRefusals(): Promise<Refusal[]> {
  const at = (port: number): OutputInput => ({ type: 'hls-push', url: `http://127.0.0.1:${port}/hls?file=` });
  const forbidding = await startCallbackServer(async () => 403);
  rig.onClose(() => forbidding.stop());
  return [
    { id: 'push-refused', output: at(await refusingPort()), reason: 'destination.refused' },
    { id: 'push-mute', output: at(await peer(startMutePeer)), reason: 'destination.stalled' },
    { id: 'push-garbage', output: at(await peer(startGarbagePeer)), reason: 'destination.protocol' },
    {
      id: 'push-forbidden',
      output: { type: 'hls-push', url: `${forbidding.url}/hls?file=` },
      reason: 'destination.auth_rejected',
      endsWith: 'destination.auth_rejected',
    },
  ];
}

/** A disk that is full from the beginning. */
async function diskRefusals(): Promise<Refusal[]> {
  const disk = mountSmallDisk(55);
  rig.onClose(() => disk.unmount());
  disk.fill('other');
  return [
    {
      id: 'full-hls',
      output: { type: 'hls', path: `${disk.path}/hls/show.m3u8` },
      reason: 'file.no_space',
    },
    {
      id: 'full-file',
      output: { type: 'file', path: `${disk.path}/show.mkv`, minFreeMegabytes: 50 },
      reason: 'file.no_space',
    },
  ];
}
