// Destinations that freeze with their connections open, and such that are too slow: all of them in one broadcast.
import { statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../main/contract/errors.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { startFaultProxy } from '../helpers/faultProxy.ts';
import { startSrtListener } from '../helpers/ffmpegListen.ts';
import { packets } from '../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { childrenOf, commandLineOf } from '../helpers/processTree.ts';
import { startStunnel } from '../helpers/stunnel.ts';
import { smallPicture } from '../helpers/testEngine.ts';
import { waitFor } from '../helpers/waitFor.ts';
import {
  countDecodableHoles,
  expectCleanPackets,
  expectCleanSession,
  expectPlayable,
  FaultRig,
  publishFile,
  type Receipts,
  withoutTornEnd,
} from './rig.ts';

/** One destination that freezes. */
interface Victim {
  readonly id: string;
  readonly reasons: readonly ErrorCode[];
  freeze(): void;
  /** Puts right what `freeze` did, for those that do not come back by themselves. */
  thaw?(): unknown;
  /** The same after the stop, where it differs. */
  release?(): unknown;
  untilBack?(): Promise<void>;
  expectClean(receipts: Receipts): Promise<void>;
}

/** One whose line carries an eighth of what it should. */
interface SlowVictim {
  readonly id: string;
  recover(): void;
}

const NOTICED_WITHIN_MS = 15_000;
const STOPPED_WITHIN_MS = 5000;
const SLOW_BYTES_PER_SECOND = 100_000;
/** What a destination may have waiting: its queue, and what its socket took. */
const MAX_WAITING_MS = 20_000;

let rig: FaultRig;
/** It is frozen: a destination of the broadcast and one of another one, at a twelfth of the bitrate. */
let frozen: NginxRtmp;
let lowStreamId: string;
/** Passed through to one slow destination and a recording. */
let soleStreamId: string;
let victims: readonly Victim[];
let slow: readonly SlowVictim[];

beforeAll(async () => {
  [rig, frozen] = await Promise.all([FaultRig.start(), startNginxRtmp()]);
  rig.onClose(() => frozen.stop());
  await rig.goLive();
  lowStreamId = await startLowStream();
  soleStreamId = await startSoleStream();
  slow = await Promise.all([slowLine('slow', 'rtmp'), slowLine('tls-slow', 'rtmps')]);
  victims = await Promise.all([frozenNginx(), stalledLine(), frozenTunnel(), frozenSrt()]);
  victims = [...victims, await frozenHlsMuxer(), await frozenRecorder()];
  await rig.engine.untilLive(lowStreamId);
});

afterAll(() => rig.close());

describe('destinations that freeze or are slow', () => {
  it('each is noticed and returns, the stop waits for none, and nobody else notices', async () => {
    await rig.untilSent(60);
    const frozenAtMs = systemClock.monotonicMs();
    for (const { freeze } of victims) freeze();
    for (const { id, reasons } of [...victims, low]) {
      const { code, atMs } = await rig.until(id, 'retrying', frozenAtMs);
      expect(reasons, id).toContain(code);
      expect(atMs - frozenAtMs, id).toBeLessThan(NOTICED_WITHIN_MS);
    }
    const thawedAtMs = systemClock.monotonicMs();
    for (const { id, thaw } of [...victims, low]) {
      const claims = rig
        .history(id)
        .filter(({ state, code, atMs }) => state === 'live' && code === null && atMs > frozenAtMs);
      if (thaw) expect(claims, `${id} claims to be live while it is not`).toEqual([]);
    }
    await Promise.all(victims.map(({ thaw }) => thaw?.()));
    for (const { id, thaw, untilBack } of [...victims, low]) {
      await rig.until(id, 'live', thaw ? thawedAtMs : frozenAtMs);
      await untilBack?.();
    }
    await rig.untilSent(60);
    for (const { id, recover } of slow) {
      await waitFor(() => rig.status(id).droppedFrames > 0, {
        what: `${id} to be given less`,
        timeoutMs: 30_000,
      });
      expect(rig.status(id).queueMs, id).toBeLessThan(MAX_WAITING_MS);
      expect(rig.status(id).reason?.code, id).toBe('destination.too_slow');
      recover();
    }
    for (const { id } of slow) {
      await waitFor(() => rig.status(id).queueMs < 500, { what: `${id} to be up to date again` });
      await waitFor(() => rig.status(id).reason === null, { what: `${id} to be told to keep up again` });
      expect(rig.status(id), id).toMatchObject({ state: 'live', reconnects: 0 });
    }
    expect(rig.engine.health(soleStreamId)).toMatchObject({ encoder: 'copy', encoderRestarts: 0 });
    for (const { freeze } of victims) freeze();
    const startMs = systemClock.monotonicMs();
    await Promise.all([rig.stop(), ...[lowStreamId, soleStreamId].map((id) => rig.engine.streams.stop(id))]);
    expect(systemClock.monotonicMs() - startMs).toBeLessThan(STOPPED_WITHIN_MS);
    for (const { thaw, release } of victims) await (release ?? thaw)?.();
    const receipts = await rig.expectNobodyElseSuffered();
    for (const victim of victims) await victim.expectClean(receipts);
    for (const { id } of slow) await expectWholeGroups(rig.witness.recordings(id), receipts);
  });
});

/** The same server at half a megabit: kernel buffers would hide that it is frozen for most of a minute. */
const low = {
  id: 'low',
  reasons: ['destination.stalled'] as readonly ErrorCode[],
  thaw: (): void => undefined,
  untilBack: (): Promise<void> => rig.untilAnnounced(frozen, 'low'),
};

async function startLowStream(): Promise<string> {
  return await rig.engine.goLive({
    input: { type: 'test' },
    processing: [smallPicture],
    output: [
      { type: 'rtmp', id: 'low', url: frozen.url('rec', 'low') },
      { type: 'rtmp', id: 'low-witness', url: rig.witness.url('rec', 'low-witness') },
    ],
  });
}

/** What is passed through must stay so, however little of it the only destination takes: nothing else is to suffer. */
async function startSoleStream(): Promise<string> {
  const proxy = await startFaultProxy({ targetPort: rig.witness.port, bytesPerSecond: 20_000 });
  const id = await rig.engine.goLive({
    input: { type: 'ingest', key: 'sole' },
    processing: [{ type: 'copy' }],
    output: [
      { type: 'rtmp', id: 'sole', url: `rtmp://127.0.0.1:${proxy.port}/rec/sole` },
      { type: 'file', id: 'sole-recording', path: rig.file('sole.flv'), minFreeMegabytes: 50 },
    ],
  });
  const publisher = await publishFile(`${rig.engine.ingestUrl}/sole`, '6mbit.flv');
  rig.onClose(() => Promise.all([proxy.stop(), publisher.stop()]));
  return id;
}

async function slowLine(id: string, type: 'rtmp' | 'rtmps'): Promise<SlowVictim> {
  const { witness } = rig;
  let targetPort = witness.port;
  if (type === 'rtmps') {
    const tunnel = await startStunnel(witness.port);
    rig.onClose(() => tunnel.stop());
    targetPort = tunnel.port;
  }
  const proxy = await startFaultProxy({ targetPort, bytesPerSecond: SLOW_BYTES_PER_SECOND });
  rig.onClose(() => proxy.stop());
  const url = `${type}://127.0.0.1:${proxy.port}/rec/${id}`;
  await rig.addLive({ type, id, url, allowInsecureTls: true });
  return { id, recover: () => proxy.setRate(null) };
}

async function expectWholeGroups(files: readonly string[], { recording }: Receipts): Promise<void> {
  expect(files).toHaveLength(1);
  const session = await expectCleanSession(files[0] ?? '', recording, true);
  expect(countDecodableHoles(recording, session)).toBeGreaterThan(0);
}

async function expectCleanSessions(files: readonly string[], { recording }: Receipts): Promise<void> {
  expect(files.length).toBeGreaterThanOrEqual(2);
  for (const file of files) await expectCleanSession(file, recording);
}

async function frozenNginx(): Promise<Victim> {
  await rig.addLive({ type: 'rtmp', id: 'frozen', url: frozen.url('rec', 'frozen') });
  return {
    id: 'frozen',
    reasons: ['destination.stalled'],
    freeze: () => frozen.freeze(),
    thaw: () => frozen.thaw(),
    untilBack: () => rig.untilAnnounced(frozen, 'frozen'),
    expectClean: (receipts) => expectCleanSessions(frozen.recordings('frozen'), receipts),
  };
}

async function stalledLine(): Promise<Victim> {
  const { witness } = rig;
  const proxy = await startFaultProxy({ targetPort: witness.port });
  rig.onClose(() => proxy.stop());
  await rig.addLive({ type: 'rtmp', id: 'line', url: `rtmp://127.0.0.1:${proxy.port}/rec/line` });
  return {
    id: 'line',
    reasons: ['destination.stalled'],
    freeze: () => proxy.stall(),
    thaw: () => proxy.release(),
    untilBack: () => rig.untilAnnounced(witness, 'line'),
    expectClean: (receipts) => expectCleanSessions(witness.recordings('line'), receipts),
  };
}

async function frozenTunnel(): Promise<Victim> {
  const { witness } = rig;
  const tunnel = await startStunnel(witness.port);
  rig.onClose(() => tunnel.stop());
  const url = `rtmps://127.0.0.1:${tunnel.port}/rec/tunnel`;
  await rig.addLive({ type: 'rtmps', id: 'tunnel', url, allowInsecureTls: true });
  return {
    id: 'tunnel',
    reasons: ['destination.stalled'],
    freeze: () => tunnel.freeze(),
    thaw: () => tunnel.thaw(),
    untilBack: () => rig.untilAnnounced(witness, 'tunnel'),
    expectClean: (receipts) => expectCleanSessions(witness.recordings('tunnel'), receipts),
  };
}

async function frozenSrt(): Promise<Victim> {
  const receivers = [await startSrtListener()];
  const port = receivers[0]?.port ?? 0;
  rig.onClose(() => Promise.all(receivers.map((receiver) => receiver.stop())));
  await rig.addLive({ type: 'srt', id: 'srt-frozen', url: `srt://127.0.0.1:${port}` });
  // ffmpeg as a listener takes one connection, and ends with it.
  const released = async (): Promise<void> => {
    const receiver = receivers.at(-1);
    if (receiver === undefined) return;
    receiver.thaw();
    process.kill(receiver.pid, 'SIGTERM');
    await receiver.exited;
  };
  return {
    id: 'srt-frozen',
    reasons: ['destination.stalled', 'destination.disconnected'],
    freeze: () => receivers.at(-1)?.freeze(),
    thaw: async () => {
      await released();
      receivers.push(await startSrtListener({ port }));
    },
    release: released,
    async untilBack(): Promise<void> {
      const { file } = receivers.at(-1) ?? { file: '' };
      await waitFor(() => statSync(file).size > 0, { what: 'the receiver to know what it gets' });
    },
    async expectClean({ recordingAsTs }): Promise<void> {
      for (const { file } of receivers)
        expectCleanPackets(file, withoutTornEnd(await packets(file)), recordingAsTs);
    },
  };
}

/** The muxer of an output that writes into a folder of its own; the last one that was started. */
function freezeMuxer(known: ReadonlySet<number>, mark: string): void {
  const pids = childrenOf(process.pid).filter((pid) => !known.has(pid) && commandLineOf(pid).includes(mark));
  expect(pids.length, `muxers of ${mark}`).toBeGreaterThan(0);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
}

async function frozenHlsMuxer(): Promise<Victim> {
  const others = new Set(childrenOf(process.pid));
  const playlist = rig.file('frozen/show.m3u8');
  await rig.addLive({ type: 'hls', id: 'hls-frozen', path: playlist, windowSegments: 1000 });
  return {
    id: 'hls-frozen',
    reasons: ['ffmpeg.stalled'],
    freeze: () => freezeMuxer(others, 'pipe:3'),
    expectClean: ({ recordingAsTs }) => expectPlayable(playlist, recordingAsTs),
  };
}

async function frozenRecorder(): Promise<Victim> {
  const others = new Set(childrenOf(process.pid));
  const path = rig.file('frozen.mkv');
  await rig.addLive({ type: 'file', id: 'recorder', path, minFreeMegabytes: 50 });
  return {
    id: 'recorder',
    reasons: ['ffmpeg.stalled'],
    freeze: () => freezeMuxer(others, 'frozen'),
    async expectClean({ recording }): Promise<void> {
      const parts = rig.status('recorder').files;
      expect(parts).toHaveLength(2);
      for (const part of parts) expectCleanPackets(part, await packets(part), recording);
    },
  };
}
