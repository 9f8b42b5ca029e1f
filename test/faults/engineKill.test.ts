// The engine itself is killed, asked to end, and started twice. It is the built one, in a process of its own.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as api from '../../main/contract/api/streams.ts';
import type { Stream } from '../../main/contract/streams.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { type BuiltEngine, buildEngine, startBuiltEngine, startServing } from '../helpers/builtEngine.ts';
import { type PeerProcess, runTool, startPeer } from '../helpers/childProcess.ts';
import { type FfmpegReceiver, startSrtListener } from '../helpers/ffmpegListen.ts';
import { readPlaylist } from '../helpers/hlsReader.ts';
import { continuity, packets } from '../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { commandLineOf, descendantsOf, isRunning } from '../helpers/processTree.ts';
import { createTempFolder, type TempFolder } from '../helpers/tempFolder.ts';
import { smallPicture } from '../helpers/testEngine.ts';
import { waitFor } from '../helpers/waitFor.ts';

const GONE_WITHIN_MS = 5000;
const LIVE_AGAIN_WITHIN_MS = 3000;
const ALREADY_RUNNING = 4;

let folder: TempFolder;
let server: NginxRtmp;
let receivers: FfmpegReceiver[];
let foreign: PeerProcess;
let engine: BuiltEngine;
let streamId: string;
let broadcastId: string | null;
/** Which segment each number of the playlist meant. */
const segmentNames = new Map<number, string>();
let highestSequence = -1;

beforeAll(async () => {
  folder = createTempFolder('engine-kill');
  await buildEngine();
  [server, receivers, foreign] = await Promise.all([
    startNginxRtmp(),
    startSrtListener().then((receiver) => [receiver]),
    startPeer({
      command: 'ffmpeg',
      args: ['-nostdin', '-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=s=64x64', '-f', 'null', '-'],
    }),
  ]);
  engine = await startBuiltEngine(folder.file('data'));
  ({ id: streamId } = await goLive());
  ({ broadcastId } = await untilLive());
});

afterAll(async () => {
  await engine?.terminate();
  await Promise.all([foreign?.stop(), ...receivers.map((receiver) => receiver.stop())]);
  await server.stop();
  folder.remove();
});

const recordings = (): string[] =>
  readdirSync(folder.path)
    .filter((name) => name.startsWith('show'))
    .map((name) => folder.file(name));

function goLive(): Promise<Stream> {
  const body = {
    input: { type: 'test' },
    processing: [smallPicture],
    output: [
      { type: 'rtmp', id: 'nginx', url: server.url('rec', 'show') },
      { type: 'file', id: 'recording', path: folder.file('show.mp4'), minFreeMegabytes: 50 },
      { type: 'hls', id: 'hls', path: folder.file('hls/live.m3u8'), segmentSeconds: 1, windowSegments: 1000 },
      { type: 'srt', id: 'srt', url: receivers[0]?.url ?? '' },
    ],
  };
  return engine.client.call(api.createStream, { body: body as never });
}

const stream = (): Promise<Stream> => engine.client.call(api.getStream, { params: { streamId } });

async function untilLive(): Promise<Stream> {
  return await waitFor(
    async () => {
      const now = await stream();
      return now.state === 'live' && now.outputs.every(({ state }) => state === 'live') && now;
    },
    { what: 'the stream and every output to be live', timeoutMs: 20_000 },
  );
}

async function isPublishing(): Promise<boolean> {
  return (await server.stat()).some(
    ({ name, isPublishing, bytesIn }) => name === 'show' && isPublishing && bytesIn > 0,
  );
}

/** Reads the playlist as a player does who was there from the beginning. */
function look(): void {
  const { segments } = readPlaylist(folder.file('hls/live.m3u8'));
  for (const { sequence, name } of segments) {
    expect(segmentNames.get(sequence) ?? name).toBe(name);
    segmentNames.set(sequence, name);
  }
  const last = segments.at(-1)?.sequence ?? -1;
  expect(last).toBeGreaterThanOrEqual(highestSequence);
  highestSequence = last;
}

async function untilSegments(more: number): Promise<void> {
  const goal = highestSequence + more;
  const isThere = (): boolean => {
    look();
    return highestSequence >= goal;
  };
  await waitFor(isThere, { what: `${more} more segments`, timeoutMs: 20_000 });
}

/** Starts the engine again. @returns when the receiver gets the stream again, milliseconds from the start of the process */
async function startAgain(): Promise<number> {
  // It sees within five seconds that the engine is gone; what it has got is in its file.
  await receivers.at(-1)?.kill9();
  receivers.push(await startSrtListener({ port: receivers[0]?.port }));
  const startMs = systemClock.monotonicMs();
  const [started] = await Promise.all([
    startBuiltEngine(folder.file('data')),
    waitFor(isPublishing, { what: 'the stream at the server', timeoutMs: 20_000 }),
  ]);
  const tookMs = systemClock.monotonicMs() - startMs;
  engine = started;
  return tookMs;
}

async function expectResumed(sessions: number): Promise<void> {
  expect(await untilLive()).toMatchObject({ order: 'live', state: 'live', broadcastId });
  expect(server.published()).toHaveLength(sessions);
  const { items } = await engine.client.call(api.listStreamTimeline, {
    params: { streamId },
    query: { limit: 200 },
  });
  const reasons = items.map(({ data }) => data.code).filter((code) => code === 'destination.in_use');
  expect(reasons).toEqual([]);
  await untilSegments(2);
}

describe('an engine that is killed', () => {
  it.each([
    ['alone', (pid: number): number[] => [pid]],
    // Whoever kills a whole group of processes kills what watches over the ffmpegs as well.
    [
      'with its guardian',
      (pid: number): number[] => [pid, ...descendantsOf(pid).filter((child) => !isFfmpeg(child))],
    ],
  ])(
    '%s leaves no ffmpeg of its own behind, and the next one goes on with the broadcast',
    async (_how, whom) => {
      await untilSegments(2);
      const sessions = server.published().length;
      const before = recordings();
      const ffmpegs = descendantsOf(engine.pid).filter(isFfmpeg);
      expect(ffmpegs.length).toBeGreaterThanOrEqual(4);
      for (const pid of whom(engine.pid)) process.kill(pid, 'SIGKILL');
      await engine.kill9();
      await waitFor(() => !ffmpegs.some(isRunning), {
        what: 'its ffmpegs to be gone',
        timeoutMs: GONE_WITHIN_MS,
      });
      expect(foreign.hasExited).toBe(false);
      await waitFor(async () => !(await isPublishing()), { what: 'the server to see that it is gone' });
      for (const path of before) expect((await packets(path)).video.length).toBeGreaterThan(25);

      expect(await startAgain()).toBeLessThan(LIVE_AGAIN_WITHIN_MS);
      await expectResumed(sessions + 1);
      for (const path of before) expect(await decode(path)).toBe('');
      expect(recordings().length).toBe(before.length + 1);
      expect(foreign.hasExited).toBe(false);
    },
  );
});

describe('an engine that is asked to end', () => {
  it('ends everything cleanly, and the next one goes on with what was ordered', async () => {
    const sessions = server.published().length;
    const ffmpegs = descendantsOf(engine.pid).filter(isFfmpeg);
    expect(await engine.terminate()).toEqual({ code: 0, signal: null });
    expect(ffmpegs.filter(isRunning)).toEqual([]);
    for (const path of recordings()) expect(await decode(path)).toBe('');
    await startAgain();
    await expectResumed(sessions + 1);
  });
});

describe('a second engine on the same folder', () => {
  it('ends at once and disturbs nothing', async () => {
    const second = await startServing(folder.file('data'));
    expect((await second.exited).code).toBe(ALREADY_RUNNING);
    expect(second.output()).toContain(`process ${engine.pid}`);
    await untilSegments(2);
    expect((await stream()).outputs.map(({ reconnects }) => reconnects)).toEqual([0, 0, 0, 0]);
  });
});

describe('a stream that was stopped', () => {
  it('stays so, whatever happens to the engine; every session of before was clean', async () => {
    await engine.client.call(api.stopStream, { params: { streamId } });
    const sessions = server.published().length;
    await engine.kill9();
    engine = await startBuiltEngine(folder.file('data'));
    expect(await stream()).toMatchObject({ order: 'stopped', state: 'stopped' });
    expect(server.published()).toHaveLength(sessions);
    await receivers.at(-1)?.exited;
    for (const file of [...server.recordings('show'), ...receivers.map((receiver) => receiver.file)]) {
      const { video, audio } = await packets(file);
      expect(continuity(video)).toMatchObject({ startsWithKey: true, backwards: 0 });
      expect(continuity(audio).backwards).toBe(0);
    }
    look();
  });
});

function isFfmpeg(pid: number): boolean {
  return /ffmpeg\S* -/.test(commandLineOf(pid));
}

/** What a decoder has to complain about. */
function decode(path: string): Promise<string> {
  return runTool('ffmpeg', ['-nostdin', '-v', 'error', '-i', join(path), '-f', 'null', '-']);
}
