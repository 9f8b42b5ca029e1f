// Destinations that were live, are broken in every way, and come back: all of them in one broadcast.
import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../main/contract/errors.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { startFaultProxy } from '../helpers/faultProxy.ts';
import { startSrtListener } from '../helpers/ffmpegListen.ts';
import { packets } from '../helpers/mediaPackets.ts';
import { startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { isRunning } from '../helpers/processTree.ts';
import { mountSmallDisk } from '../helpers/smallDisk.ts';
import { startStunnel } from '../helpers/stunnel.ts';
import { waitFor } from '../helpers/waitFor.ts';
import {
  expectCleanPackets,
  expectCleanSession,
  expectPlayable,
  FaultRig,
  type Receipts,
  withoutTornEnd,
} from './rig.ts';

/** One destination that will be broken. */
interface Victim {
  readonly id: string;
  readonly reasons: readonly ErrorCode[];
  /** Breaks it. */
  fail(): unknown;
  /** Puts right what `fail` did, for those that do not come back by themselves. */
  mend?(): unknown;
  /** Resolves when the receiver knows what it gets. */
  untilBack?(): Promise<void>;
  /** Reads what was received in each session. */
  expectClean(receipts: Receipts): Promise<void>;
}

const REASON_WITHIN_MS = 10_000;

let rig: FaultRig;
let victims: readonly Victim[];

beforeAll(async () => {
  rig = await FaultRig.start();
  await rig.goLive();
  victims = await Promise.all([
    ...(await viaProxy()),
    killedNginx(),
    droppedByOperator(),
    killedTunnel(),
    killedSrt(),
    fullDisk(),
  ]);
  // One after the other, so that it is known which process belongs to which.
  victims = [...victims, await killedHlsMuxer(), await killedRecorder()];
});

afterAll(() => rig.close());

describe('destinations that break and come back', () => {
  it('each says why, returns with a clean session, and nobody else notices', async () => {
    await rig.untilSent(75);
    const failedAtMs = systemClock.monotonicMs();
    await Promise.all(victims.map((victim) => victim.fail()));
    for (const { id, reasons } of victims) {
      const { code, atMs } = await rig.until(id, 'retrying', failedAtMs);
      expect(reasons, id).toContain(code);
      expect(atMs - failedAtMs, id).toBeLessThan(REASON_WITHIN_MS);
    }
    await rig.untilSent(45);
    const mendedAtMs = systemClock.monotonicMs();
    for (const { id, mend } of victims) {
      const wasBack = rig.history(id).some(({ state, atMs }) => state === 'live' && atMs > failedAtMs);
      expect(mend !== undefined && wasBack, `${id} claims to be live while it is not`).toBe(false);
    }
    await Promise.all(victims.map((victim) => victim.mend?.()));
    await Promise.all(
      victims.map(async ({ id, mend, untilBack }) => {
        await rig.until(id, 'live', mend ? mendedAtMs : failedAtMs);
        await untilBack?.();
      }),
    );
    await rig.untilSent(75);
    await rig.stop();
    const receipts = await rig.expectNobodyElseSuffered();
    for (const victim of victims) {
      expect(rig.history(victim.id).at(-1)).toMatchObject({ state: 'off' });
      await victim.expectClean(receipts);
    }
  });
});

/** Two recorded sessions of a key at a server, both clean. */
async function expectTwoCleanSessions(files: readonly string[], { recording }: Receipts): Promise<void> {
  expect(files.length).toBeGreaterThanOrEqual(2);
  for (const file of files) await expectCleanSession(file, recording);
}

/** A healthy server behind a line that breaks: reset, closed for a while, and talking nonsense. */
async function viaProxy(): Promise<Victim[]> {
  const { witness } = rig;
  const tunnel = await startStunnel(witness.port);
  rig.onClose(() => tunnel.stop());
  const lost: readonly ErrorCode[] = ['destination.disconnected', 'destination.refused'];
  return await Promise.all([
    brokenLine('reset', 'reset', { type: 'rtmp' }, witness.port, lost),
    brokenLine('refuse', 'refuse', { type: 'rtmp' }, witness.port, lost),
    brokenLine('garble', 'garble', { type: 'rtmp' }, witness.port, ['destination.protocol']),
    brokenLine('driver', 'reset', { type: 'rtmp', driver: 'ffmpeg' }, witness.port, lost),
    brokenLine('tls-reset', 'reset', { type: 'rtmps', allowInsecureTls: true }, tunnel.port, lost),
    brokenLine('tls-garble', 'garble', { type: 'rtmps', allowInsecureTls: true }, tunnel.port, [
      'destination.disconnected',
      'destination.tls',
      'destination.protocol',
    ]),
  ]);
}

async function brokenLine(
  id: string,
  fault: 'reset' | 'refuse' | 'garble',
  output: { type: 'rtmp' | 'rtmps'; driver?: 'ffmpeg'; allowInsecureTls?: boolean },
  targetPort: number,
  reasons: readonly ErrorCode[],
): Promise<Victim> {
  const { witness } = rig;
  const proxy = await startFaultProxy({ targetPort });
  rig.onClose(() => proxy.stop());
  await rig.addLive({ ...output, id, url: `${output.type}://127.0.0.1:${proxy.port}/rec/${id}` });
  return {
    id,
    reasons,
    fail: () => proxy[fault](),
    ...(fault === 'refuse' ? { mend: () => proxy.accept() } : {}),
    untilBack: () => rig.untilAnnounced(witness, id),
    expectClean: (receipts) => expectTwoCleanSessions(witness.recordings(id), receipts),
  };
}

async function killedNginx(): Promise<Victim> {
  const server = await startNginxRtmp();
  rig.onClose(() => server.stop());
  await rig.addLive({ type: 'rtmp', id: 'nginx', url: server.url('rec', 'nginx') });
  return {
    id: 'nginx',
    reasons: ['destination.disconnected', 'destination.refused'],
    fail: () => server.kill9(),
    mend: () => server.restart(),
    untilBack: () => rig.untilAnnounced(server, 'nginx'),
    expectClean: (receipts) => expectTwoCleanSessions(server.recordings('nginx'), receipts),
  };
}

async function droppedByOperator(): Promise<Victim> {
  const { witness } = rig;
  await rig.addLive({ type: 'rtmp', id: 'dropped', url: witness.url('rec', 'dropped') });
  return {
    id: 'dropped',
    reasons: ['destination.disconnected'],
    fail: () => witness.dropPublisher('rec', 'dropped'),
    untilBack: () => rig.untilAnnounced(witness, 'dropped'),
    expectClean: (receipts) => expectTwoCleanSessions(witness.recordings('dropped'), receipts),
  };
}

async function killedTunnel(): Promise<Victim> {
  const { witness } = rig;
  let tunnel = await startStunnel(witness.port);
  rig.onClose(() => tunnel.stop());
  const { port } = tunnel;
  const url = `rtmps://127.0.0.1:${port}/rec/tunnel`;
  await rig.addLive({ type: 'rtmps', id: 'tunnel', url, allowInsecureTls: true });
  return {
    id: 'tunnel',
    reasons: ['destination.disconnected', 'destination.refused'],
    fail: () => tunnel.kill9(),
    async mend(): Promise<void> {
      await tunnel.stop();
      tunnel = await startStunnel(witness.port, { port });
    },
    untilBack: () => rig.untilAnnounced(witness, 'tunnel'),
    expectClean: (receipts) => expectTwoCleanSessions(witness.recordings('tunnel'), receipts),
  };
}

async function killedSrt(): Promise<Victim> {
  const first = await startSrtListener();
  let second = first;
  rig.onClose(() => Promise.all([first.stop(), second.stop()]));
  await rig.addLive({ type: 'srt', id: 'srt-killed', url: first.url });
  await waitFor(() => existsSync(first.file), { what: 'the receiver to know what it gets' });
  return {
    id: 'srt-killed',
    reasons: ['destination.disconnected', 'destination.refused', 'destination.connect_timeout'],
    fail: () => first.kill9(),
    async mend(): Promise<void> {
      second = await startSrtListener({ port: first.port });
    },
    async expectClean({ recordingAsTs }): Promise<void> {
      await second.exited;
      for (const { file } of [first, second]) {
        expectCleanPackets(file, withoutTornEnd(await packets(file)), recordingAsTs);
      }
    },
  };
}

/** A recording and a playlist on a disk that somebody else fills up. */
async function fullDisk(): Promise<Victim> {
  const disk = mountSmallDisk(100);
  rig.onClose(() => disk.unmount());
  await rig.addLive({ type: 'file', id: 'full', path: `${disk.path}/full.flv`, minFreeMegabytes: 50 });
  return {
    id: 'full',
    reasons: ['file.no_space'],
    fail: () => disk.fill('other', 70e6),
    mend: () => disk.free('other'),
    async expectClean({ recording }): Promise<void> {
      const parts = readdirSync(disk.path).filter((name) => name.endsWith('.flv'));
      expect(parts.length).toBe(2);
      for (const part of parts) {
        expectCleanPackets(part, await packets(`${disk.path}/${part}`), recording);
      }
    },
  };
}

async function killedHlsMuxer(): Promise<Victim> {
  const playlist = rig.file('killed/show.m3u8');
  const [pid] = await rig.addLive({ type: 'hls', id: 'hls-killed', path: playlist, windowSegments: 1000 });
  expect(pid).toBeDefined();
  return {
    id: 'hls-killed',
    reasons: ['ffmpeg.exited'],
    fail: () => process.kill(pid ?? 0, 'SIGKILL'),
    // The torn segment is written again from the cached group, unless the next group has begun meanwhile.
    expectClean: ({ recordingAsTs }) => expectPlayable(playlist, recordingAsTs),
  };
}

async function killedRecorder(): Promise<Victim> {
  const path = rig.file('killed.mkv');
  const [pid] = await rig.addLive({ type: 'file', id: 'recorder', path, minFreeMegabytes: 50 });
  expect(isRunning(pid ?? 0)).toBe(true);
  return {
    id: 'recorder',
    reasons: ['ffmpeg.exited'],
    fail: () => process.kill(pid ?? 0, 'SIGKILL'),
    async expectClean({ recording }): Promise<void> {
      const parts = [path, rig.file('killed-2.mkv')];
      expect(parts.every((part) => existsSync(part))).toBe(true);
      for (const part of parts) expectCleanPackets(part, await packets(part), recording);
    },
  };
}
