import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Output, outputSchema } from '../../main/contract/outputs.ts';
import { delay, systemClock } from '../../main/lib/clock.ts';
import { createFileOutput } from '../../main/media/outputs/fileOutput.ts';
import type { OutputDriver } from '../../main/media/outputs/outputDriver.ts';
import type { OutputSession } from '../../main/media/outputs/outputSession.ts';
import { diskForecast } from '../../main/media/outputs/recording/diskSpace.ts';
import { type PeerProcess, runTool } from '../helpers/childProcess.ts';
import { continuity, packets } from '../helpers/mediaPackets.ts';
import { createMuxerRig, feed, type MuxerRig, packetsOf, sampleTags } from '../helpers/muxerRig.ts';
import { type OutputProcessOrder, startOutputProcess } from '../helpers/outputProcess.ts';
import { childrenOf, descendantsOf, isRunning } from '../helpers/processTree.ts';
import { mountSmallDisk, type SmallDisk } from '../helpers/smallDisk.ts';
import { waitFor } from '../helpers/waitFor.ts';

type FileConfig = Extract<Output, { type: 'file' }>;

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function newRig(root?: string): MuxerRig {
  const rig = createMuxerRig({ mayUseAnyFolder: true }, root);
  cleanUps.push(() => rig.dispose());
  return rig;
}

function newDisk(megabytes: number): SmallDisk {
  const disk = mountSmallDisk(megabytes);
  cleanUps.push(() => disk.unmount());
  return disk;
}

function config(change: Partial<FileConfig>): FileConfig {
  return outputSchema.parse({ type: 'file', ...change }) as FileConfig;
}

async function opened(driver: OutputDriver): Promise<OutputSession> {
  const session = driver.legs[0]?.createSession(1);
  if (session === undefined) throw new Error('no leg');
  await session.open(new AbortController().signal);
  return session;
}

async function startEngine(order: OutputProcessOrder): Promise<PeerProcess> {
  const engine = await startOutputProcess(order);
  cleanUps.push(() => engine.stop());
  return engine;
}

describe('the engine killed while it records', () => {
  it.each(['.mp4', '.mkv'])('leaves a %s that the next start finishes, and only that', async (extension) => {
    const rig = newRig();
    const { recordings } = rig.context.folders;
    writeFileSync(join(recordings, 'holiday.mp4'), 'not ours');
    const path = join(recordings, `show${extension}`);
    const recipe = { seconds: 10 };
    const output = { type: 'file', path: `show${extension}` };
    const engine = await startEngine({ root: rig.folder, output, recipe, speed: 1 });
    await waitFor(() => engine.output().includes('open'), { what: 'the recording to begin' });
    await delay(systemClock, 2500);
    const family = descendantsOf(engine.pid);
    engine.signal('SIGKILL');
    await engine.exited;
    await waitFor(() => !family.some(isRunning), { what: 'the muxer to end with its engine' });
    const torn = await packets(path);
    expect(torn.video.length).toBeGreaterThan(40);

    const finished = await rig.context.journal.recover();
    expect(finished).toEqual([{ path, outcome: 'ordinary', error: null }]);
    expect(readdirSync(rig.file('journal'))).toEqual([]);
    expect(readdirSync(recordings).sort()).toEqual(['holiday.mp4', `show${extension}`]);
    const whole = await packets(path);
    expect(whole.video.map(({ md5 }) => md5)).toEqual(torn.video.map(({ md5 }) => md5));
    expect(await runTool('ffmpeg', ['-v', 'error', '-i', path, '-f', 'null', '-'])).toBe('');
    if (extension === '.mp4') expect(readFileSync(path).indexOf('moof')).toBe(-1);
    const fedSeconds = continuity(packetsOf(await sampleTags(recipe)).video).spanMs / 1000;
    const duration = await runTool('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'format=duration',
      '-of',
      'csv=p=0',
      path,
    ]);
    expect(Number(duration)).toBeGreaterThan(1.4);
    expect(Number(duration)).toBeLessThan(fedSeconds);
  });

  it('does not touch what was put in the place of a recording, and removes an empty one', async () => {
    const rig = newRig();
    const { recordings } = rig.context.folders;
    const replaced = await rig.context.journal.begin(join(recordings, 'replaced.mp4'), 1, true);
    const empty = await rig.context.journal.begin(join(recordings, 'empty.mp4'), 1, true);
    const moved = await rig.context.journal.begin(join(recordings, 'moved.mp4'), 1, true);
    rmSync(replaced.path);
    rmSync(moved.path);
    writeFileSync(join(recordings, 'filler'), 'takes the inode that became free');
    writeFileSync(replaced.path, 'somebody put this here');
    expect(await rig.context.journal.recover()).toEqual([]);
    const next = newRig(rig.folder);
    const outcomes = await next.context.journal.recover();
    expect(outcomes.map(({ path, outcome }) => [basename(path), outcome]).sort()).toEqual([
      ['empty.mp4', 'empty'],
      ['moved.mp4', 'missing'],
      ['replaced.mp4', 'missing'],
    ]);
    expect(readFileSync(replaced.path, 'utf8')).toBe('somebody put this here');
    expect(readdirSync(recordings).sort()).toEqual(['filler', 'replaced.mp4']);
    expect(empty.number).toBe(1);
  });

  it('while it finished a recording leaves the original, which the next start finishes', async () => {
    const rig = newRig();
    const driver = await createFileOutput(config({ path: 'show.mp4' }), rig.context);
    const session = await opened(driver);
    await feed(session, await sampleTags());
    await session.close(4000);
    await rig.context.journal.close();
    await driver.finish();
    const before = await packets(driver.target);
    const next = newRig(rig.folder);
    const finished = await next.context.journal.recover();
    for (const { error } of finished) expect(error).toBeNull();
    const after = await packets(driver.target);
    expect(after.video.map(({ md5 }) => md5)).toEqual(before.video.map(({ md5 }) => md5));
    expect(readFileSync(driver.target).indexOf('moof')).toBe(-1);
    expect(readdirSync(rig.context.folders.recordings)).toEqual(['show.mp4']);
  });
});

describe('a disk that fills up', () => {
  it('pauses the recording in good time, and it goes on in a new part when there is room', async () => {
    const disk = newDisk(120);
    const rig = newRig();
    const path = join(disk.path, 'show.mkv');
    const driver = await createFileOutput(config({ path, minFreeMegabytes: 50 }), rig.context);
    const session = await opened(driver);
    const tags = await sampleTags({ seconds: 20 });
    const stopFeeding = new AbortController();
    const feeding = feed(session, tags, { speed: 2, signal: stopFeeding.signal });
    await waitFor(() => session.progress().bytesConfirmed > 0, { what: 'the recording to begin' });
    disk.fill('other', 75e6);
    const error = await session.ended;
    expect(error).toMatchObject({ code: 'file.no_space', retryable: true });
    expect(error?.detail).toContain('50 MB are to stay free');
    await feeding;
    expect(continuity((await packets(path)).video).count).toBeGreaterThan(10);
    expect(await runTool('ffmpeg', ['-v', 'error', '-i', path, '-f', 'null', '-'])).toBe('');

    await expect(opened(driver)).rejects.toMatchObject({ code: 'file.no_space' });
    expect(driver.status().files).toEqual([path]);
    disk.free('other');
    const next = await opened(driver);
    await feed(next, tags);
    await next.close(4000);
    await driver.finish();
    expect(driver.status().files.map((file) => basename(file))).toEqual(['show.mkv', 'show-2.mkv']);
    expect((await packets(join(disk.path, 'show-2.mkv'))).video.length).toBe(packetsOf(tags).video.length);
  });

  it.each(['.mp4', '.mkv', '.flv', '.ts'])(
    'without warning ends a %s with the reason, and what was recorded plays',
    async (extension) => {
      const disk = newDisk(56);
      const rig = newRig();
      const path = join(disk.path, `full${extension}`);
      const driver = await createFileOutput(config({ path, minFreeMegabytes: 50 }), rig.context);
      const session = await opened(driver);
      const tags = await sampleTags({ seconds: 20, size: '640x360', videoKbps: 3000 });
      const feeding = feed(session, tags, { speed: 3 });
      await waitFor(() => statSync(path).size > 200_000, { what: 'the recording to begin' });
      disk.fill('other', 54e6);
      expect(await session.ended).toMatchObject({ code: 'file.no_space', retryable: true });
      await feeding;
      await driver.finish();
      const { video } = await packets(path);
      expect(video.length).toBeGreaterThan(20);
      expect(continuity(video)).toMatchObject({ startsWithKey: true });
      expect(childrenOf(process.pid).length).toBeLessThanOrEqual(2);
    },
  );

  it('is foreseen in minutes', async () => {
    const disk = newDisk(120);
    const forecast = await diskForecast(join(disk.path, 'not/there/yet.mp4'), {
      bitrateKbps: 4000,
      minFreeMegabytes: 60,
    });
    expect(forecast.totalBytes).toBe(120 * 1024 * 1024);
    expect(forecast.minutesLeft).toBe(Math.floor((forecast.freeBytes - 60e6) / 30e6));
    const idle = await diskForecast(disk.path, { bitrateKbps: 0, minFreeMegabytes: 60 });
    expect(idle.minutesLeft).toBeNull();
  });

  it('has no room for the ordinary copy: the recording stays as it is, with a notice', async () => {
    const disk = newDisk(60);
    const rig = newRig();
    const path = join(disk.path, 'tight.mp4');
    const driver = await createFileOutput(config({ path, minFreeMegabytes: 50 }), rig.context);
    const session = await opened(driver);
    const tags = await sampleTags({ seconds: 4 });
    await feed(session, tags);
    await session.close(4000);
    await driver.finish();
    expect(driver.status().notices.join()).toContain('plays');
    expect((await packets(path)).video.length).toBe(packetsOf(tags).video.length);
    expect(readdirSync(disk.path)).toEqual(['tight.mp4']);
  });
});
