import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { outputSchema } from '../../main/contract/outputs.ts';
import { delay, systemClock } from '../../main/lib/clock.ts';
import type { OutputDriver } from '../../main/media/outputs/outputDriver.ts';
import type { OutputSession } from '../../main/media/outputs/outputSession.ts';
import { createOutputDriver } from '../../main/media/outputs/registry.ts';
import { createFakeClock } from '../helpers/fakeClock.ts';
import { decodeSegment, readPlaylist } from '../helpers/hlsReader.ts';
import { createMuxerRig, feed, type MuxerRig, sampleTags } from '../helpers/muxerRig.ts';
import { type OutputProcessOrder, startOutputProcess } from '../helpers/outputProcess.ts';
import { childrenOf, commandLineOf, descendantsOf, isRunning } from '../helpers/processTree.ts';
import { mountSmallDisk } from '../helpers/smallDisk.ts';
import { waitFor } from '../helpers/waitFor.ts';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function newRig(change: Parameters<typeof createMuxerRig>[0] = {}): MuxerRig {
  const rig = createMuxerRig(change);
  cleanUps.push(() => rig.dispose());
  return rig;
}

async function opened(driver: OutputDriver): Promise<OutputSession> {
  const session = driver.legs[0]?.createSession(1);
  if (session === undefined) throw new Error('no leg');
  await session.open(new AbortController().signal);
  return session;
}

/** Runs an engine until it was killed with everything that belongs to it. */
async function runAndKill(order: OutputProcessOrder, isEnough: () => boolean): Promise<void> {
  const engine = await startOutputProcess(order);
  cleanUps.push(() => engine.stop());
  await waitFor(isEnough, { what: 'enough segments', timeoutMs: 20_000 });
  await delay(systemClock, Math.random() * 700);
  const family = descendantsOf(engine.pid);
  engine.signal('SIGKILL');
  await engine.exited;
  await waitFor(() => !family.some(isRunning), { what: 'the muxer to end with its engine' });
}

describe('the engine killed while it makes HLS', () => {
  it.each(['mpegts', 'fmp4'])(
    'as %s: the next one goes on with higher numbers and leaves no leftovers',
    async (segmentType) => {
      const rig = newRig();
      const { hls } = rig.context.folders;
      const playlist = join(hls, 'show.m3u8');
      const output = {
        type: 'hls',
        path: '/live/show.m3u8',
        windowSegments: 5,
        segmentSeconds: 1,
        segmentType,
      };
      const recipe = { seconds: 30, gop: 30 };
      const namesSeen = new Map<string, number>();
      const look = (): ReturnType<typeof readPlaylist> => {
        const read = readPlaylist(playlist);
        for (const { name, sequence } of read.segments) {
          expect(namesSeen.get(name) ?? sequence).toBe(sequence);
          namesSeen.set(name, sequence);
        }
        return read;
      };
      writeFileSync(join(hls, 'holiday.ts'), 'mine');
      let lastSequence = -1;
      for (const offsetMs of [0, 5000, 400]) {
        await runAndKill({ root: rig.folder, output, recipe, speed: 4, offsetMs }, () => {
          if (!existsSync(playlist)) return false;
          const read = look();
          return read.mediaSequence + read.segments.length > lastSequence + 4;
        });
        const read = look();
        const next = read.mediaSequence + read.segments.length;
        expect(next).toBeGreaterThan(lastSequence);
        lastSequence = next;
      }
      const driver = await createOutputDriver(outputSchema.parse(output), rig.context);
      const session = await opened(driver);
      await feed(session, await sampleTags({ seconds: 4, gop: 30 }));
      await session.close(4000);
      const read = look();
      expect(read.mediaSequence + read.segments.length).toBe(lastSequence + 4);
      expect(read.segments.some(({ isDiscontinuous }) => isDiscontinuous)).toBe(true);
      for (const segment of read.segments) {
        if (!segment.isDiscontinuous) expect(await decodeSegment(playlist, segment)).toBe('');
      }
      await driver.finish();
      const kept = [...look().segments.flatMap(({ name, map }) => [name, ...(map === null ? [] : [map])])];
      expect(readdirSync(hls).sort()).toEqual(
        [...new Set(kept), '.show.m3u8.state.json', 'holiday.ts', 'show.m3u8'].sort(),
      );
    },
  );

  it('leaves nothing of one kind of segments when the next one makes the other', async () => {
    const rig = newRig();
    const { hls } = rig.context.folders;
    const output = { type: 'hls', path: '/live/show.m3u8', windowSegments: 3, segmentSeconds: 1 };
    const recipe = { seconds: 30, gop: 30 };
    await runAndKill({ root: rig.folder, output, recipe, speed: 4 }, () =>
      existsSync(join(hls, 'show.m3u8')),
    );
    const driver = await createOutputDriver(
      outputSchema.parse({ ...output, segmentType: 'fmp4' }),
      rig.context,
    );
    const session = await opened(driver);
    await feed(session, await sampleTags({ seconds: 6, gop: 30 }));
    await session.close(4000);
    await driver.finish();
    const names = readdirSync(hls).map((name) => name.replace(/\d{6}/, 'N'));
    expect([...new Set(names)].sort()).toEqual([
      '.show.m3u8.state.json',
      'show-N.m4s',
      'show-init-N.mp4',
      'show.m3u8',
    ]);
  });

  it('under another name, and forgotten by a stream that does not come back: nothing stays behind', async () => {
    const rig = newRig();
    const { hls } = rig.context.folders;
    const recipe = { seconds: 30, gop: 30 };
    const order = (path: string, streamId: string): OutputProcessOrder => ({
      root: rig.folder,
      output: { type: 'hls', path, windowSegments: 4, segmentSeconds: 1 },
      recipe,
      speed: 4,
      context: { streamId },
    });
    const isThere = (name: string) => (): boolean => existsSync(join(hls, name));
    await runAndKill(order('/live/old.m3u8', 'str_test'), isThere('old.m3u8'));
    await runAndKill(order('/live/gone.m3u8', 'str_gone'), isThere('gone.m3u8'));
    writeFileSync(join(hls, 'old-000001.txt'), 'mine');

    const clock = createFakeClock(Date.now());
    const driver = await createOutputDriver(
      outputSchema.parse({ type: 'hls', path: '/live/new.m3u8', windowSegments: 4, segmentSeconds: 1 }),
      { ...rig.context, clock },
    );
    const session = await opened(driver);
    const tags = await sampleTags({ seconds: 6, gop: 30 });
    await waitFor(() => !existsSync(join(hls, 'old.m3u8')), { what: 'its own former name to be cleared' });
    expect(existsSync(join(hls, 'gone.m3u8'))).toBe(true);
    await clock.advance(25_000);
    await feed(session, tags);
    await waitFor(() => !existsSync(join(hls, 'gone.m3u8')), {
      what: 'the forgotten playlist to be cleared',
    });
    await session.close(4000);
    await driver.finish();
    const others = readdirSync(hls).filter((name) => !/^\.?new[.-]/.test(name));
    expect(others).toEqual(['old-000001.txt']);
  });
});

describe('HLS in trouble', () => {
  it('on a full disk ends with the reason, never lists a torn segment, and goes on when there is room', async () => {
    const disk = mountSmallDisk(8);
    cleanUps.push(() => disk.unmount());
    const rig = newRig({ mayUseAnyFolder: true });
    const playlist = join(disk.path, 'show.m3u8');
    const driver = await createOutputDriver(
      outputSchema.parse({ type: 'hls', path: playlist, windowSegments: 3 }),
      rig.context,
    );
    const tags = await sampleTags({ seconds: 20, size: '640x360', videoKbps: 3000 });
    const session = await opened(driver);
    const feeding = feed(session, tags, { speed: 4 });
    await waitFor(() => existsSync(playlist), { what: 'the first segment' });
    disk.fill('other', 4.6e6);
    expect(await session.ended).toMatchObject({ code: 'file.no_space', retryable: true });
    await feeding;
    const torn = readPlaylist(playlist);
    for (const segment of torn.segments) expect(await decodeSegment(playlist, segment)).toBe('');
    disk.free('other');
    const next = await opened(driver);
    await feed(next, tags);
    await next.close(4000);
    await driver.finish();
    const read = readPlaylist(playlist);
    expect(read.mediaSequence).toBeGreaterThan(torn.mediaSequence);
    for (const segment of read.segments) expect(await decodeSegment(playlist, segment)).toBe('');
    expect(readdirSync(disk.path).filter((name) => name.endsWith('.ts')).length).toBe(3);
  });

  it('with a frozen muxer is noticed within fifteen seconds', async () => {
    const clock = createFakeClock();
    const rig = newRig({ clock });
    const driver = await createOutputDriver(
      outputSchema.parse({ type: 'hls', path: 'show.m3u8' }),
      rig.context,
    );
    const session = await opened(driver);
    const tags = await sampleTags({ seconds: 20, videoKbps: 3000, size: '640x360' });
    await feed(session, tags.slice(0, 200));
    await waitFor(() => session.progress().bytesConfirmed > 0, { what: 'the muxer to work' });
    const muxer = childrenOf(process.pid).find((pid) => commandLineOf(pid).endsWith('pipe:3'));
    process.kill(muxer ?? 0, 'SIGSTOP');
    await delay(systemClock, 700);
    const isStuck = new AbortController();
    void session.ended.then(() => isStuck.abort());
    const feeding = feed(session, tags.slice(200), { signal: isStuck.signal });
    for (let second = 0; second < 15 && !isStuck.signal.aborted; second++) await clock.advance(1000);
    expect((await session.ended)?.code).toBe('ffmpeg.stalled');
    await feeding;
    await waitFor(() => !isRunning(muxer ?? 0), { what: 'the frozen muxer to be gone' });
  });

  it('shares a folder with another output without harm to either', async () => {
    const rig = newRig();
    const { hls } = rig.context.folders;
    const tags = await sampleTags({ seconds: 14 });
    const names = ['a.m3u8', 'a-1.m3u8'];
    const drivers = await Promise.all(
      names.map((path, index) =>
        createOutputDriver(outputSchema.parse({ type: 'hls', path, windowSegments: 3 }), {
          ...rig.context,
          outputId: `out_${index}`,
        }),
      ),
    );
    const sessions = await Promise.all(drivers.map(opened));
    await Promise.all(sessions.map((session) => feed(session, tags, { speed: 10 })));
    await Promise.all(sessions.map((session) => session.close(4000)));
    for (const driver of drivers) await driver.finish();
    for (const name of names) {
      const { segments } = readPlaylist(join(hls, name));
      expect(segments.length).toBe(3);
      for (const segment of segments) expect(await decodeSegment(join(hls, name), segment)).toBe('');
    }
    await drivers[0]?.remove();
    expect(
      readPlaylist(join(hls, 'a-1.m3u8')).segments.every(({ name }) => existsSync(join(hls, name))),
    ).toBe(true);
    rmSync(hls, { recursive: true });
  });
});
