import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Output, outputSchema } from '../../main/contract/outputs.ts';
import type { MediaTag } from '../../main/media/flv/mediaTag.ts';
import type { OutputDriver } from '../../main/media/outputs/outputDriver.ts';
import type { OutputSession } from '../../main/media/outputs/outputSession.ts';
import { createOutputDriver } from '../../main/media/outputs/registry.ts';
import { decodeSegment, type ReadPlaylist, readPlaylist, segmentPackets } from '../helpers/hlsReader.ts';
import {
  createMuxerRig,
  feed,
  framesOf,
  headersOf,
  type MuxerRig,
  packetsOf,
  sampleTags,
  shifted,
} from '../helpers/muxerRig.ts';
import { childrenOf, commandLineOf } from '../helpers/processTree.ts';
import { waitFor } from '../helpers/waitFor.ts';

type HlsConfig = Extract<Output, { type: 'hls' }>;

let rig: MuxerRig;
beforeEach(() => {
  rig = createMuxerRig();
});
afterEach(() => rig.dispose());

function config(change: Partial<HlsConfig> = {}): HlsConfig {
  return outputSchema.parse({ type: 'hls', path: '/live/show.m3u8', ...change }) as HlsConfig;
}

const open = (driver: OutputDriver, leg = 0): Promise<OutputSession> => openLeg(driver.legs[leg]);

async function openLeg(leg: OutputDriver['legs'][number] | undefined): Promise<OutputSession> {
  if (leg === undefined) throw new Error('no such leg');
  const session = leg.createSession(1);
  await session.open(new AbortController().signal);
  return session;
}

/** Feeds everything to one session and closes it. */
async function send(driver: OutputDriver, tags: readonly MediaTag[], speed?: number): Promise<void> {
  const session = await open(driver);
  await feed(session, tags, speed === undefined ? {} : { speed });
  await session.close(4000);
  expect(await session.ended).toBeNull();
}

const playlistFile = (name = 'show.m3u8'): string => join(rig.context.folders.hls, name);
const shown = (name = 'show.m3u8'): ReadPlaylist => readPlaylist(playlistFile(name));
const filesInFolder = (): string[] => readdirSync(rig.context.folders.hls).sort();

function muxers(): number[] {
  return childrenOf(process.pid).filter((pid) => /pipe:3$/.test(commandLineOf(pid)));
}

/** From one key frame to the next. */
function groups(tags: readonly MediaTag[]): MediaTag[][] {
  const found: MediaTag[][] = [];
  for (const tag of framesOf(tags)) {
    if (tag.kind === 'video' && tag.frame === 'key') found.push([]);
    found.at(-1)?.push(tag);
  }
  return found;
}

describe('an HLS output', () => {
  it.each(['mpegts', 'fmp4'] as const)(
    'as %s carries every frame in segments of the wanted length that decode on their own',
    async (segmentType) => {
      const tags = await sampleTags({ seconds: 14, bFrames: 2 });
      const driver = await createOutputDriver(config({ segmentType, windowSegments: 50 }), rig.context);
      await send(driver, tags, 20);
      const playlist = shown();
      expect(playlist.segments.map(({ seconds }) => Math.abs(seconds - 2) < 0.05)).toEqual(
        new Array(7).fill(true),
      );
      expect(playlist).toMatchObject({ targetSeconds: 2, mediaSequence: 0, isIndependent: true });
      expect(playlist.isFinished).toBe(false);
      const counts = { video: 0, audio: 0 };
      let nextDateMs = playlist.segments[0]?.dateMs ?? 0;
      for (const segment of playlist.segments) {
        const { video, audio } = await segmentPackets(playlistFile(), segment);
        counts.video += video.length;
        counts.audio += audio.length;
        expect(video[0]?.isKey).toBe(true);
        expect(segment.isDiscontinuous).toBe(false);
        expect(Math.abs(segment.dateMs - nextDateMs)).toBeLessThanOrEqual(1);
        nextDateMs = segment.dateMs + segment.seconds * 1000;
        expect(await decodeSegment(playlistFile(), segment)).toBe('');
      }
      const fed = packetsOf(tags);
      expect(counts).toEqual({ video: fed.video.length, audio: fed.audio.length });
      await driver.finish();
      expect(shown().isFinished).toBe(true);
    },
  );

  it('keeps the times of the stream, also past the marks of 2^31 ms and of the 33-bit clock', async () => {
    const startMs = 2 ** 31 + 95_440_000;
    const tags = shifted(await sampleTags({ seconds: 8 }), startMs);
    const driver = await createOutputDriver(config({ windowSegments: 50 }), rig.context);
    await send(driver, tags);
    const { segments } = shown();
    expect(segments.map(({ seconds }) => Math.round(seconds))).toEqual([2, 2, 2, 2]);
    const { video, audio } = await segmentPackets(playlistFile(), segments[1] ?? (segments[0] as never));
    expect(Math.abs((video[0]?.ptsMs ?? 0) - (audio[0]?.ptsMs ?? 0))).toBeLessThan(60);
  });

  it('keeps the window, two segments of grace and nothing more, and never touches foreign files', async () => {
    const { hls } = rig.context.folders;
    for (const name of ['holiday.ts', 'show-000003.ts', 'show-99.ts']) writeFileSync(join(hls, name), 'mine');
    const driver = await createOutputDriver(config({ windowSegments: 3 }), rig.context);
    const session = await open(driver);
    const tags = await sampleTags({ seconds: 24 });
    await feed(session, tags);
    await waitFor(() => shown().mediaSequence >= 7, { what: 'the window to move' });
    // A segment is in its place before it is listed, and one is given up only after the list was written.
    const isTidy = (): boolean => {
      const listed = shown().segments.map(({ name }) => name);
      const segments = filesInFolder().filter(
        (name) => /^show-0.*\.ts$/.test(name) && name !== 'show-000003.ts',
      );
      return segments.filter((name) => !listed.includes(name)).length <= 2;
    };
    await waitFor(isTidy, { what: 'no more than two segments beyond the list' });
    await session.close(4000);
    await driver.finish();
    const last = shown();
    expect(filesInFolder()).toEqual(
      ['.show.m3u8.state.json', 'holiday.ts', 'show-000003.ts', 'show-99.ts', 'show.m3u8']
        .concat(last.segments.map(({ name }) => name))
        .sort(),
    );
    for (const name of ['holiday.ts', 'show-000003.ts', 'show-99.ts']) {
      expect(readFileSync(join(hls, name), 'utf8')).toBe('mine');
    }
    await driver.remove();
    expect(filesInFolder()).toEqual(['holiday.ts', 'show-000003.ts', 'show-99.ts']);
  });

  it('goes on without a break when a muxer was killed and the stream comes again from the same key frame', async () => {
    const tags = await sampleTags({ seconds: 12 });
    const [first, second, third, ...rest] = groups(tags);
    const driver = await createOutputDriver(config({ windowSegments: 50 }), rig.context);
    const session = await open(driver);
    await feed(session, [
      ...headersOf(tags),
      ...(first ?? []),
      ...(second ?? []),
      ...(third ?? []).slice(0, 40),
    ]);
    await waitFor(() => existsSync(playlistFile()) && shown().segments.length === 2, {
      what: 'two segments',
    });
    process.kill(muxers()[0] ?? 0, 'SIGKILL');
    expect((await session.ended)?.code).toBe('ffmpeg.exited');
    await send(driver, [...headersOf(tags), ...(third ?? []), ...rest.flat()]);
    const { segments } = shown();
    expect(segments.map(({ isDiscontinuous }) => isDiscontinuous)).toEqual(new Array(6).fill(false));
    const counts = await Promise.all(
      segments.map(async (segment) => (await segmentPackets(playlistFile(), segment)).video.length),
    );
    expect(counts).toEqual(new Array(6).fill(60));
    expect(filesInFolder().filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('marks a break where frames are missing', async () => {
    const tags = await sampleTags({ seconds: 12 });
    const [first, second, , , ...rest] = groups(tags);
    const driver = await createOutputDriver(config({ windowSegments: 50 }), rig.context);
    await send(driver, [...headersOf(tags), ...(first ?? []), ...(second ?? [])]);
    await send(driver, [...headersOf(tags), ...rest.flat()]);
    expect(shown().segments.map(({ isDiscontinuous }) => isDiscontinuous)).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });

  it.each(['mpegts', 'fmp4'] as const)(
    'as %s marks a new coding of the picture, and both codings decode',
    async (segmentType) => {
      const small = await sampleTags({ seconds: 4 });
      const large = shifted(await sampleTags({ seconds: 4, size: '640x360' }), 4000);
      const driver = await createOutputDriver(config({ segmentType, windowSegments: 50 }), rig.context);
      await send(driver, [...small, ...large]);
      const { segments } = shown();
      expect(segments.map(({ isDiscontinuous }) => isDiscontinuous)).toEqual([false, false, true, false]);
      if (segmentType === 'fmp4') expect(new Set(segments.map(({ map }) => map)).size).toBe(2);
      for (const segment of segments) expect(await decodeSegment(playlistFile(), segment)).toBe('');
      const counts = await Promise.all(
        segments.map(async (segment) => (await segmentPackets(playlistFile(), segment)).video.length),
      );
      expect(counts).toEqual([60, 60, 60, 60]);
    },
  );

  it('counts on past five and six digits', async () => {
    for (const nextSequence of [99_998, 999_998]) {
      const name = `n${nextSequence}.m3u8`;
      const text = `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:${nextSequence - 1}\n#EXTINF:2,\nold.ts\n`;
      writeFileSync(playlistFile(name), text);
      const driver = await createOutputDriver(
        config({ path: `/live/${name}`, windowSegments: 2 }),
        rig.context,
      );
      await send(driver, await sampleTags({ seconds: 14 }));
      await driver.finish();
      const playlist = shown(name);
      expect(playlist.mediaSequence).toBe(nextSequence + 5);
      const own = filesInFolder().filter((file) => file.startsWith(`n${nextSequence}-`));
      expect(own.sort()).toEqual(playlist.segments.map((segment) => segment.name).sort());
    }
  });

  it('of a later broadcast begins a new list whose numbers and names go on', async () => {
    const tags = await sampleTags({ seconds: 6 });
    for (const streamId of ['str_one', 'str_two']) {
      const driver = await createOutputDriver(config(), { ...rig.context, streamId });
      await send(driver, tags);
      await driver.finish();
    }
    const playlist = shown();
    expect(playlist.segments.map(({ name }) => name)).toEqual([
      'show-000003.ts',
      'show-000004.ts',
      'show-000005.ts',
    ]);
    expect(playlist).toMatchObject({ mediaSequence: 3, isFinished: true });
    expect(playlist.discontinuitySequence).toBeGreaterThan(0);
    expect(filesInFolder().filter((name) => name.endsWith('.ts'))).toEqual(
      playlist.segments.map(({ name }) => name),
    );
  });

  it('ends with the reason when its folder is removed, and comes back with numbers that go on', async () => {
    const tags = await sampleTags({ seconds: 14 });
    const driver = await createOutputDriver(config({ path: '/live/a/show.m3u8' }), rig.context);
    const session = await open(driver);
    const feeding = feed(session, tags, { speed: 4 });
    await waitFor(() => existsSync(playlistFile('a/show.m3u8')), { what: 'a playlist' });
    rmSync(join(rig.context.folders.hls, 'a'), { recursive: true });
    expect(await session.ended).toMatchObject({ code: 'file.not_writable', retryable: true });
    await feeding;
    await send(driver, tags);
    const playlist = shown('a/show.m3u8');
    expect(playlist.mediaSequence).toBeGreaterThan(0);
    expect(playlist.segments.every(({ name }) => existsSync(playlistFile(`a/${name}`)))).toBe(true);
  });

  it('says how far apart key frames really are when they are too far apart', async () => {
    const driver = await createOutputDriver(config({ segmentSeconds: 1, windowSegments: 50 }), rig.context);
    await send(driver, await sampleTags({ seconds: 12, fps: 10, gop: 50 }));
    const playlist = shown();
    expect(playlist.segments.map(({ seconds }) => Math.round(seconds))).toEqual([5, 5, 2]);
    expect(playlist.targetSeconds).toBe(5);
    expect(driver.status().notices.join()).toContain('key frame every 5.0 s');
  });

  it('cuts sound alone too, as mpegts; as fmp4 it says that it cannot', async () => {
    const tags = await sampleTags({ seconds: 9, video: false });
    await send(await createOutputDriver(config({ windowSegments: 50 }), rig.context), tags);
    expect(shown().segments.map(({ seconds }) => Math.round(seconds))).toEqual([2, 2, 2, 2, 1]);
    const second = await createOutputDriver(
      config({ path: '/live/b.m3u8', segmentType: 'fmp4' }),
      rig.context,
    );
    const session = await open(second);
    await feed(session, tags);
    expect((await session.ended)?.code).toBe('destination.codec_unsupported');
  });

  it('of a stream that is deleted after a restart of the engine is removed all the same', async () => {
    const first = await createOutputDriver(config({ path: undefined }), rig.context);
    await send(first, await sampleTags({ seconds: 6 }));
    await first.finish();
    expect(filesInFolder()).toEqual(['str_test']);
    const second = await createOutputDriver(config({ path: undefined }), rig.context);
    await second.remove();
    expect(filesInFolder()).toEqual([]);
  });

  it('never lists what somebody removed from its folder', async () => {
    const driver = await createOutputDriver(config({ windowSegments: 50 }), rig.context);
    const session = await open(driver);
    const feeding = feed(session, await sampleTags({ seconds: 20 }), { speed: 8 });
    await waitFor(() => existsSync(playlistFile()) && shown().segments.length > 1, { what: 'segments' });
    rmSync(playlistFile(shown().segments.at(-1)?.name ?? ''));
    expect(await session.ended).toMatchObject({ code: 'file.not_writable', retryable: true });
    await feeding;
    await send(driver, await sampleTags({ seconds: 6 }));
    expect(shown().segments.length).toBeGreaterThan(2);
    for (const { name } of shown().segments) expect(existsSync(playlistFile(name))).toBe(true);
  });

  it('confirms what it has written, and says where it can be watched', async () => {
    const driver = await createOutputDriver(config(), rig.context);
    expect(driver.status()).toEqual({
      files: [playlistFile()],
      playbackPath: '/live/show.m3u8',
      notices: [],
    });
    const session = await open(driver);
    await feed(session, await sampleTags({ seconds: 6 }));
    await waitFor(() => session.progress().bytesConfirmed > 100_000, { what: 'confirmed bytes' });
    await session.close(4000);
  });

  it('refuses a playlist that is not one, and leaves it as it is', async () => {
    writeFileSync(playlistFile(), 'a letter');
    const driver = await createOutputDriver(config(), rig.context);
    await expect(open(driver)).rejects.toMatchObject({ code: 'file.exists' });
    expect(readFileSync(playlistFile(), 'utf8')).toBe('a letter');
  });

  it('refuses a playlist that another output is writing', async () => {
    const first = await createOutputDriver(config(), rig.context);
    const session = await open(first);
    const second = await createOutputDriver(config(), { ...rig.context, outputId: 'out_other' });
    await expect(open(second)).rejects.toMatchObject({ code: 'output.duplicate' });
    await session.close(1000);
  });
});

describe('an HLS ladder', () => {
  const ladder = { ladder: [{ width: 320, height: 180 }], windowSegments: 50 };

  it('cuts all variants at the same times, also one that joined late, and lists them in a master playlist', async () => {
    const high = await sampleTags({ seconds: 14, size: '640x360', gop: 30 });
    const low = await sampleTags({ seconds: 14, gop: 30 });
    const context = { ...rig.context, renditionIds: ['main', 'r1'] };
    const driver = await createOutputDriver(config(ladder), context);
    const [first, second] = [await open(driver, 0), await open(driver, 1)];
    const fedHigh = feed(first, high, { speed: 10 });
    const late = [...headersOf(low), ...groups(low).slice(3).flat()];
    await Promise.all([fedHigh, feed(second, late, { speed: 10 })]);
    await Promise.all([first.close(4000), second.close(4000)]);
    await driver.finish();
    const [one, two] = [shown('show-main.m3u8'), shown('show-r1.m3u8')];
    const starts = async (playlist: ReadPlaylist, name: string): Promise<number[]> =>
      Promise.all(
        playlist.segments.map(async (segment) => {
          return (await segmentPackets(playlistFile(name), segment)).video[0]?.ptsMs ?? -1;
        }),
      );
    const startsOfFirst = await starts(one, 'show-main.m3u8');
    const startsOfSecond = await starts(two, 'show-r1.m3u8');
    for (const start of startsOfSecond.slice(1)) expect(startsOfFirst).toContain(start);
    const dates = new Map(startsOfFirst.map((start, index) => [start, one.segments[index]?.dateMs ?? 0]));
    const shift = startsOfSecond.slice(1).map((start, index) => {
      return (two.segments[index + 1]?.dateMs ?? 0) - (dates.get(start) ?? 0);
    });
    expect(shift.every((offset) => Math.abs(offset) <= 1)).toBe(true);
    const master = readFileSync(playlistFile(), 'utf8');
    expect(master).toMatch(
      /#EXT-X-STREAM-INF:BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+,RESOLUTION=640x360,CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2"\nshow-main\.m3u8/,
    );
    expect(master).toMatch(/RESOLUTION=320x180,CODECS="[^"]+"\nshow-r1\.m3u8/);
    await driver.remove();
    expect(filesInFolder()).toEqual([]);
  });
});
