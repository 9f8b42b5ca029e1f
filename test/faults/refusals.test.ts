// Destinations that never work, from a refused connection to a wrong key: all of them in one broadcast.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../main/contract/errors.ts';
import { systemClock } from '../../main/lib/clock.ts';
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
import { expectCleanSession, FaultRig, type OutputInput } from './rig.ts';

interface Refusal {
  readonly id: string;
  readonly output: OutputInput;
  readonly reasons: readonly ErrorCode[];
  /** Trying again cannot help: it stops, and says so. */
  readonly isFinal?: boolean;
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
  refusals = (await Promise.all([rtmpRefusals(), rtmpsRefusals(), srtRefusals(), diskRefusals()])).flat();
  addedAtMs = systemClock.monotonicMs();
  await Promise.all(refusals.map(({ id, output }) => rig.add({ ...output, id })));
});

afterAll(() => rig.close());

describe('destinations that never work', () => {
  it('say why within ten seconds, never claim to be live, and take nothing from the others', async () => {
    for (const { id, reasons, isFinal } of refusals) {
      const { code, atMs } = await rig.until(id, isFinal ? 'failed' : 'retrying', addedAtMs);
      expect(reasons, id).toContain(code);
      expect(atMs - addedAtMs, id).toBeLessThan(REASON_WITHIN_MS);
    }
    for (const { id, isFinal } of refusals) {
      expect(
        rig.history(id).map(({ state }) => state),
        id,
      ).not.toContain('live');
      expect(rig.status(id), id).toMatchObject({ order: 'on', framesSent: 0, reconnects: 0 });
      if (isFinal) expect(rig.status(id), id).toMatchObject({ state: 'failed', retryAt: null });
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
    { id: 'refused', output: at(deadPort, 'refused'), reasons: ['destination.refused'] },
    {
      id: 'no-name',
      output: { type: 'rtmp', url: 'rtmp://nosuch.invalid/live', key: 'k' },
      reasons: ['destination.name_not_found'],
    },
    {
      id: 'mute',
      output: at(await peer(startMutePeer), 'k'),
      reasons: ['destination.handshake_timeout'],
    },
    {
      id: 'blackhole',
      output: at(await peer(startBlackhole), 'k'),
      reasons: ['destination.connect_timeout'],
    },
    { id: 'garbage', output: at(await peer(startGarbagePeer), 'k'), reasons: ['destination.protocol'] },
    { id: 'reset', output: at(await peer(startResettingPeer), 'k'), reasons: ['destination.disconnected'] },
    {
      id: 'closed',
      output: at(picky.port, 'closed'),
      reasons: ['destination.auth_rejected', 'destination.publish_rejected'],
      isFinal: true,
    },
    {
      id: 'no-application',
      // nginx hangs up without a word.
      output: { type: 'rtmp', url: `rtmp://127.0.0.1:${picky.port}/nosuch`, key: 'k' },
      reasons: ['destination.disconnected'],
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
    { id: 'tls-refused', output: at(await refusingPort()), reasons: ['destination.refused'] },
    {
      id: 'tls-no-name',
      output: { type: 'rtmps', url: 'rtmps://nosuch.invalid/live', key: 'k' },
      reasons: ['destination.name_not_found'],
    },
    {
      id: 'tls-mute',
      output: at(await peer(startMutePeer)),
      reasons: ['destination.tls', 'destination.handshake_timeout'],
    },
    { id: 'tls-garbage', output: at(await peer(startGarbagePeer)), reasons: ['destination.tls'] },
    { id: 'tls-plain', output: at(picky.port), reasons: ['destination.tls'] },
    { id: 'tls-stranger', output: at(tunnel.port), reasons: ['destination.tls'] },
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
    { id: 'srt-refused', output: at(await refusingPort()), reasons: ['destination.refused'] },
    {
      id: 'srt-no-name',
      output: { type: 'srt', url: 'srt://nosuch.invalid:9000' },
      reasons: ['destination.name_not_found'],
    },
    { id: 'srt-mute', output: at(mute.address().port), reasons: ['destination.connect_timeout'] },
    {
      id: 'srt-locked',
      output: at(locked.port, 'quite-another-one'),
      reasons: ['destination.auth_rejected'],
      isFinal: true,
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
      reasons: ['file.no_space'],
    },
    {
      id: 'full-file',
      output: { type: 'file', path: `${disk.path}/show.mkv`, minFreeMegabytes: 50 },
      reasons: ['file.no_space'],
    },
  ];
}
