// What happens to the source, seen by every kind of receiver: one session each, nothing goes back, all get the same.
import { describe, expect, it, type TestContext } from 'vitest';
import type { StreamState } from '../../main/contract/streams.ts';
import { type Clock, systemClock } from '../../main/lib/clock.ts';
import { runTool } from '../helpers/childProcess.ts';
import { fixture } from '../helpers/fixtures.ts';
import { readPlaylist } from '../helpers/hlsReader.ts';
import { continuity, type MediaPackets, packets } from '../helpers/mediaPackets.ts';
import { childrenOf, commandLineOf } from '../helpers/processTree.ts';
import { smallPicture } from '../helpers/testEngine.ts';
import { waitFor } from '../helpers/waitFor.ts';
import { avChangesMs, FaultRig } from './rig.ts';

/** From the last picture of the source to the first of the slate. */
const SLATE_WITHIN_MS = 2000;
const HOUR_MS = 3_600_000;
/** How far the dates of two segments may be from what lies between them. */
const DATE_TOLERANCE_MS = 100;

/** A rig that is closed with its test. The tests of this file run at the same time. */
async function startRig({ onTestFinished }: TestContext, clock?: Clock): Promise<FaultRig> {
  const rig = await FaultRig.start(clock);
  onTestFinished(() => rig.close());
  return rig;
}

async function untilState(rig: FaultRig, state: StreamState): Promise<void> {
  await waitFor(() => rig.engine.health(rig.streamId).state === state, {
    what: `the stream to be ${state}`,
    timeoutMs: 25_000,
  });
}

function encoderPid(): number {
  const pid = childrenOf(process.pid).findLast((child) => /lavfi.*pipe:4/.test(commandLineOf(child)));
  if (pid === undefined) throw new Error('no encoder runs');
  return pid;
}

/** Nothing goes back, and the audience never looks at a still picture for longer than it takes until the slate comes. */
function expectUnbroken(session: MediaPackets): void {
  for (const track of [session.video, session.audio]) {
    const { backwards, biggestGapMs } = continuity(track);
    expect(backwards).toBe(0);
    expect(biggestGapMs).toBeLessThan(SLATE_WITHIN_MS);
  }
}

describe.concurrent('an encoder', () => {
  it('that is killed or freezes is replaced, and no jump of the wall clock shows', async (test) => {
    let jumpMs = 0;
    const rig = await startRig(test, { ...systemClock, nowMs: () => systemClock.nowMs() + jumpMs });
    await rig.goLive({ input: { type: 'test' }, processing: [smallPicture] });
    await rig.untilSent(50);
    process.kill(encoderPid(), 'SIGKILL');
    await waitFor(() => rig.engine.health(rig.streamId).encoderRestarts === 1, {
      what: 'the encoder to be started again',
    });
    await untilState(rig, 'live');
    await rig.untilSent(50);
    jumpMs = HOUR_MS;
    await rig.untilSent(75);
    jumpMs = -HOUR_MS;
    await rig.untilSent(75);
    process.kill(encoderPid(), 'SIGSTOP');
    await untilState(rig, 'slate');
    await untilState(rig, 'live');
    await rig.untilSent(50);
    expect(rig.engine.health(rig.streamId)).toMatchObject({ encoderRestarts: 2, sourceState: 'ok' });
    await rig.stop();
    expectUnbroken((await rig.expectNobodyElseSuffered()).recording);
    expectSteadyDates(rig.file('hls/show.m3u8'));
  });
});

describe.concurrent('a publisher', () => {
  it('that freezes, goes on, dies and returns with another clock is covered by the slate', async (test) => {
    const rig = await startRig(test);
    await rig.goLive();
    await rig.untilSent(60);
    rig.publisher.signal('SIGSTOP');
    await untilState(rig, 'slate');
    await rig.untilSent(30);
    rig.publisher.signal('SIGCONT');
    await untilState(rig, 'live');
    await rig.untilSent(60);
    rig.publisher.signal('SIGKILL');
    await untilState(rig, 'slate');
    await rig.untilSent(30);
    await rig.publish('6mbit.flv');
    await untilState(rig, 'live');
    await rig.untilSent(60);
    await rig.stop();
    const { recording } = await rig.expectNobodyElseSuffered();
    expectUnbroken(recording);
    expect(avChangesMs(await packets(await fixture('6mbit.flv')), recording)).toBeLessThanOrEqual(40);
  });
});

describe.concurrent('a file', () => {
  it.for(['jump.ts', 'wrap33.ts'] as const)(
    'whose clock jumps (%s) is sent without a jump',
    async (name, test) => {
      const rig = await startRig(test);
      const path = await fixture(name);
      await rig.goLive({ input: { type: 'file', path }, processing: [{ type: 'copy' }] });
      await untilState(rig, 'slate');
      await rig.untilSent(25);
      await rig.stop();
      const { recording } = await rig.expectNobodyElseSuffered();
      expectUnbroken(recording);
      const source = await packetsAsSent(path, rig.file('source.flv'));
      expect(avChangesMs(source, recording)).toBeLessThanOrEqual(40);
    },
  );
});

/** The packets of a transport stream at its own times, each with the contents that it has in FLV. */
async function packetsAsSent(ts: string, flv: string): Promise<MediaPackets> {
  await runTool('ffmpeg', ['-v', 'error', '-i', ts, '-c', 'copy', flv]);
  const [timed, sent] = [await packets(ts), await packets(flv)];
  const both = (track: 'video' | 'audio'): MediaPackets['video'] => {
    expect(sent[track]).toHaveLength(timed[track].length);
    return timed[track].map((packet, index) => ({ ...packet, md5: sent[track][index]?.md5 ?? '' }));
  };
  return { video: both('video'), audio: both('audio') };
}

/** The dates in a playlist are as far apart as the segments are long. */
function expectSteadyDates(playlist: string): void {
  const { segments } = readPlaylist(playlist);
  expect(segments.length).toBeGreaterThan(3);
  for (const [index, { dateMs, isDiscontinuous }] of segments.entries()) {
    const before = segments[index - 1];
    if (before === undefined || isDiscontinuous) continue;
    expect(Math.abs(dateMs - before.dateMs - before.seconds * 1000)).toBeLessThan(DATE_TOLERANCE_MS);
  }
}
