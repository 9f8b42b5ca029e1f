import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Output, outputSchema } from '../../main/contract/outputs.ts';
import { delay, systemClock } from '../../main/lib/clock.ts';
import { createFileOutput } from '../../main/media/outputs/fileOutput.ts';
import type { OutputDriver } from '../../main/media/outputs/outputDriver.ts';
import type { OutputSession } from '../../main/media/outputs/outputSession.ts';
import { runTool } from '../helpers/childProcess.ts';
import { compare, continuity, packets } from '../helpers/mediaPackets.ts';
import {
  createMuxerRig,
  feed,
  headersOf,
  type MuxerRig,
  packetsOf,
  sampleTags,
  shifted,
} from '../helpers/muxerRig.ts';
import { childrenOf, commandLineOf } from '../helpers/processTree.ts';
import { waitFor } from '../helpers/waitFor.ts';

type FileConfig = Extract<Output, { type: 'file' }>;

let rig: MuxerRig;
beforeEach(() => {
  rig = createMuxerRig();
});
afterEach(() => rig.dispose());

function config(change: Partial<FileConfig> = {}): FileConfig {
  return outputSchema.parse({ type: 'file', ...change }) as FileConfig;
}

async function opened(driver: OutputDriver): Promise<OutputSession> {
  const session = driver.legs[0]?.createSession(1);
  if (session === undefined) throw new Error('no leg');
  await session.open(new AbortController().signal);
  return session;
}

const whole = { missingAtStart: 0, missingInside: 0, missingAtEnd: 0, extra: 0, missingAtMs: [] };

function muxerOf(path: string): number {
  const pid = childrenOf(process.pid).find((child) => commandLineOf(child).includes(path));
  if (pid === undefined) throw new Error(`no muxer writes ${path}`);
  return pid;
}

/** Positions of the top-level boxes tell where the index is and whether the file is fragmented. */
function boxes(path: string): string[] {
  const file = readFileSync(path);
  const found: string[] = [];
  for (let offset = 0; offset + 8 <= file.length; ) {
    const size = file.readUInt32BE(offset);
    found.push(file.toString('latin1', offset + 4, offset + 8));
    offset += size === 1 ? Number(file.readBigUInt64BE(offset + 8)) : Math.max(8, size);
  }
  return found;
}

describe('a recording', () => {
  it.each(['.mp4', '.mov', '.mkv', '.flv', '.ts'])(
    'as %s holds every packet that was fed, and plays',
    async (extension) => {
      const tags = await sampleTags({ bFrames: 2 });
      const driver = await createFileOutput(config({ path: `show${extension}` }), rig.context);
      const session = await opened(driver);
      await feed(session, tags);
      await session.close(4000);
      expect(await session.ended).toBeNull();
      await driver.finish();

      const path = join(rig.context.folders.recordings, `show${extension}`);
      expect(driver.status().files).toEqual([path]);
      const [got, fed] = [await packets(path), packetsOf(tags)];
      if (extension === '.ts') {
        expect([got.video.length, got.audio.length]).toEqual([fed.video.length, fed.audio.length]);
      } else {
        expect(compare(fed.video, got.video)).toEqual(whole);
        expect(compare(fed.audio, got.audio)).toEqual(whole);
      }
      // Matroska has no decoding times: ffprobe shows some only where the pictures are in order.
      if (extension !== '.mkv') {
        expect(continuity(got.video)).toMatchObject({ backwards: 0, startsWithKey: true });
      }
      const avOffsetMs = (got.audio[0]?.ptsMs ?? 0) - (got.video[0]?.ptsMs ?? 0);
      const fedOffsetMs = (fed.audio[0]?.ptsMs ?? 0) - (fed.video[0]?.ptsMs ?? 0);
      expect(Math.abs(avOffsetMs - fedOffsetMs)).toBeLessThanOrEqual(40);
      expect(await runTool('ffmpeg', ['-v', 'error', '-i', path, '-f', 'null', '-'])).toBe('');
      expect(readdirSync(rig.context.folders.recordings)).toEqual([`show${extension}`]);
    },
  );

  it('grows at its name while it runs, confirms bytes, and becomes an ordinary MP4 with the index first', async () => {
    const tags = await sampleTags();
    const driver = await createFileOutput(config({ path: 'live.mp4' }), rig.context);
    const path = driver.target;
    const session = await opened(driver);
    const sizes: number[] = [];
    const feeding = feed(session, tags, { speed: 3 });
    for (let look = 0; look < 3; look++) {
      const before = sizes.at(-1) ?? 0;
      sizes.push(
        await waitFor(() => (existsSync(path) && statSync(path).size > before ? statSync(path).size : null), {
          what: 'growth',
        }),
      );
    }
    await waitFor(() => session.progress().bytesConfirmed > 0, { what: 'confirmed bytes' });
    expect(boxes(path).filter((name) => name === 'moof').length).toBeGreaterThan(0);
    await feeding;
    await session.close(4000);
    await driver.finish();
    expect(boxes(path).filter((name) => name !== 'free')).toEqual(['ftyp', 'moov', 'mdat']);
  });

  it('never writes over what is there: the next number is taken', async () => {
    const folder = rig.context.folders.recordings;
    writeFileSync(join(folder, 'show.mp4'), 'a film of mine');
    writeFileSync(join(folder, 'show-2.mp4'), 'another');
    const driver = await createFileOutput(config({ path: 'show.mp4' }), rig.context);
    const session = await opened(driver);
    await feed(session, (await sampleTags()).slice(0, 200));
    await session.close(4000);
    await driver.finish();
    expect(readFileSync(join(folder, 'show.mp4'), 'utf8')).toBe('a film of mine');
    expect(readFileSync(join(folder, 'show-2.mp4'), 'utf8')).toBe('another');
    expect(driver.status().files.map((file) => basename(file))).toEqual(['show-3.mp4']);
  });

  it('may have any name that the disk can hold', async () => {
    const path = `-a|b[c]:%d 100% "x" 'y' $(id) \`id\` 🎥.mkv`;
    const driver = await createFileOutput(config({ path }), rig.context);
    const session = await opened(driver);
    await feed(session, (await sampleTags()).slice(0, 200));
    await session.close(4000);
    await driver.finish();
    expect(readdirSync(rig.context.folders.recordings)).toEqual([path]);
    expect(statSync(join(rig.context.folders.recordings, path)).size).toBeGreaterThan(10_000);
  });

  it('without a name gets a dated one in the recordings folder', async () => {
    const driver = await createFileOutput(config(), rig.context);
    expect(driver.target).toMatch(/\/recordings\/friday-show-\d{4}(-\d\d){5}\.mp4$/);
  });

  it('is split by time without losing or doubling a packet', async () => {
    const tags = await sampleTags({ seconds: 16 });
    const driver = await createFileOutput(config({ path: 'part.mkv', splitSeconds: 5 }), rig.context);
    const session = await opened(driver);
    await feed(session, tags);
    await session.close(4000);
    await driver.finish();
    const { files } = driver.status();
    expect(files.map((file) => basename(file))).toEqual(['part.mkv', 'part-2.mkv', 'part-3.mkv']);
    const parts = await Promise.all(files.map((file) => packets(file)));
    for (const part of parts) expect(part.video[0]?.isKey).toBe(true);
    const fed = packetsOf(tags);
    expect(
      compare(
        fed.video,
        parts.flatMap((part) => part.video),
      ),
    ).toEqual(whole);
    expect(
      compare(
        fed.audio,
        parts.flatMap((part) => part.audio),
      ),
    ).toEqual(whole);
    expect(parts.slice(0, 2).map((part) => Math.round(continuity(part.video).spanMs / 1000))).toEqual([6, 6]);
  });

  it('is split by size, each part below the limit', async () => {
    const tags = await sampleTags({ seconds: 20, videoKbps: 12_000, size: '640x360' });
    const driver = await createFileOutput(config({ path: 'part.ts', splitMegabytes: 10 }), rig.context);
    const session = await opened(driver);
    await feed(session, tags);
    await session.close(4000);
    const { files } = driver.status();
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) expect(statSync(file).size).toBeLessThan(10.6e6);
    const counts = await Promise.all(files.map(async (file) => (await packets(file)).video.length));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(packetsOf(tags).video.length);
  });

  it('goes on in the same file with other parameters, and in a new part with another size', async () => {
    const first = await sampleTags({ seconds: 4 });
    const sameSize = shifted(await sampleTags({ seconds: 4, bFrames: 2 }), 4100);
    const larger = shifted(await sampleTags({ seconds: 4, size: '640x360' }), 8300);
    const driver = await createFileOutput(config({ path: 'switch.mp4' }), rig.context);
    const session = await opened(driver);
    await feed(session, [...first, ...sameSize, ...larger]);
    await session.close(4000);
    await driver.finish();
    const { files } = driver.status();
    expect(files.map((file) => basename(file))).toEqual(['switch.mp4', 'switch-2.mp4']);
    const counts = await Promise.all(files.map(async (file) => (await packets(file)).video.length));
    const expected = [first, sameSize, larger].map((tags) => packetsOf(tags).video.length);
    expect(counts).toEqual([(expected[0] ?? 0) + (expected[1] ?? 0), expected[2]]);
    for (const file of files) {
      expect(await runTool('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-'])).toBe('');
    }
  });

  it('goes on in a new part after the session was lost', async () => {
    const tags = await sampleTags();
    const driver = await createFileOutput(config({ path: 'lost.mp4' }), rig.context);
    const session = await opened(driver);
    const feeding = feed(session, tags, { speed: 2 });
    await waitFor(() => session.progress().bytesConfirmed > 50_000, { what: 'a part of the recording' });
    process.kill(muxerOf(driver.target), 'SIGKILL');
    await feeding;
    expect((await session.ended)?.code).toBe('ffmpeg.exited');
    const next = await opened(driver);
    await feed(next, tags);
    await next.close(4000);
    await driver.finish();
    expect(driver.status().files.map((file) => basename(file))).toEqual(['lost.mp4', 'lost-2.mp4']);
    const [torn, after] = await Promise.all(driver.status().files.map((file) => packets(file)));
    expect(torn?.video.length).toBeGreaterThan(20);
    expect(after?.video.length).toBe(packetsOf(tags).video.length);
  });

  it('says so when its file is removed under it', async () => {
    const driver = await createFileOutput(config({ path: 'gone.mkv' }), rig.context);
    const session = await opened(driver);
    const feeding = feed(session, await sampleTags(), { speed: 1 });
    await waitFor(() => session.progress().bytesConfirmed > 0, { what: 'the recording to begin' });
    rmSync(driver.target);
    expect(await session.ended).toMatchObject({ code: 'file.not_writable', retryable: true });
    await feeding;
  });

  it('that got no frame leaves no file', async () => {
    const driver = await createFileOutput(config({ path: 'nothing.mp4' }), rig.context);
    const session = await opened(driver);
    await feed(session, headersOf(await sampleTags()));
    await session.close(2000);
    await driver.finish();
    expect(readdirSync(rig.context.folders.recordings)).toEqual([]);
    expect(driver.status().files).toEqual([]);
  });

  it('of a codec that the ffmpeg in use cannot read is refused with the reason', async () => {
    const driver = await createFileOutput(config({ path: 'hevc.mp4' }), rig.context);
    const session = await opened(driver);
    const header = headersOf(await sampleTags()).find((tag) => tag.kind === 'video');
    if (header?.kind !== 'video') throw new Error('no header');
    session.write({ ...header, codec: 'hevc' });
    expect((await session.ended)?.code).toBe('destination.codec_unsupported');
  });
});

describe('a recording whose writer is killed', () => {
  it.each(['.mp4', '.mkv', '.flv', '.ts'])('as %s loses at most a second', async (extension) => {
    const tags = await sampleTags({ seconds: 12 });
    const driver = await createFileOutput(config({ path: `crash${extension}` }), rig.context);
    for (const killAtMs of [900 + Math.random() * 1500]) {
      const session = await opened(driver);
      const path = driver.status().files.at(-1) ?? '';
      let lastMs = 0;
      const feeding = feed(session, tags, {
        speed: 1,
        onTag: (tag) => {
          lastMs = Math.max(lastMs, tag.timestampMs);
        },
      });
      await delay(systemClock, killAtMs);
      const fedUntilMs = lastMs;
      process.kill(muxerOf(path), 'SIGKILL');
      await feeding;
      const got = await packets(path);
      const fed = packetsOf(tags);
      const keptUntilMs = fed.video[got.video.length - 1]?.dtsMs ?? 0;
      expect(fedUntilMs - keptUntilMs).toBeLessThan(1000);
      expect(continuity(got.video)).toMatchObject({ backwards: 0, startsWithKey: true });
      await session.ended;
    }
  });
});
