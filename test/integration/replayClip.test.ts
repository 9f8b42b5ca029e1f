import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../main/lib/clock.ts';
import type { MediaTag } from '../../main/media/flv/mediaTag.ts';
import { type ReplayClip, writeReplayClip } from '../../main/media/outputs/replayClip.ts';
import { runTool } from '../helpers/childProcess.ts';
import { compare, continuity, packets } from '../helpers/mediaPackets.ts';
import {
  createMuxerRig,
  headersOf,
  type MuxerRig,
  packetsOf,
  sampleTags,
  shifted,
} from '../helpers/muxerRig.ts';
import { mountSmallDisk } from '../helpers/smallDisk.ts';

let rig: MuxerRig;
beforeEach(() => {
  rig = createMuxerRig();
});
afterEach(() => rig.dispose());

function save(tags: readonly MediaTag[], folder = rig.file('clips')): Promise<ReplayClip> {
  return writeReplayClip({ ...rig.context, tags, folder });
}

const whole = { missingAtStart: 0, missingInside: 0, missingAtEnd: 0, extra: 0, missingAtMs: [] };

describe('a replay clip', () => {
  it('holds every packet, plays at once and is named after stream and time', async () => {
    const tags = shifted(
      await sampleTags({ seconds: 30, videoKbps: 6000, size: '640x360', bFrames: 2 }),
      7_200_000,
    );
    const startedMs = systemClock.monotonicMs();
    const clip = await save(tags);
    rig.context.logger.info('measured', { ms: systemClock.monotonicMs() - startedMs });
    const [got, fed] = [await packets(clip.path), packetsOf(tags)];
    expect(compare(fed.video, got.video)).toEqual(whole);
    expect(compare(fed.audio, got.audio)).toEqual(whole);
    expect(continuity(got.video)).toMatchObject({ backwards: 0, startsWithKey: true });
    expect(clip.path).toMatch(/clips\/friday-show-\d{4}(-\d\d){5}\.mp4$/);
    expect(clip.durationMs).toBeGreaterThan(29_900);
    expect(clip.bytes).toBe(readFileSync(clip.path).length);
    expect(await runTool('ffmpeg', ['-v', 'error', '-i', clip.path, '-f', 'null', '-'])).toBe('');
    expect(readdirSync(rig.file('clips')).length).toBe(1);
  });

  it('of the same second does not replace the one before', async () => {
    const tags = await sampleTags({ seconds: 2 });
    const clock = { ...systemClock, nowMs: () => 1_700_000_000_000 };
    const paths = await Promise.all(
      [1, 2, 3].map(
        async () => (await writeReplayClip({ ...rig.context, clock, tags, folder: rig.file('clips') })).path,
      ),
    );
    expect(new Set(paths).size).toBe(3);
    for (const path of paths) expect((await packets(path)).video.length).toBe(60);
  });

  it('begins where the picture got its present size', async () => {
    const small = await sampleTags({ seconds: 2 });
    const large = shifted(await sampleTags({ seconds: 2, size: '640x360' }), 2100);
    const clip = await save([...small, ...large]);
    expect((await packets(clip.path)).video.length).toBe(packetsOf(large).video.length);
    expect(await runTool('ffmpeg', ['-v', 'error', '-xerror', '-i', clip.path, '-f', 'null', '-'])).toBe('');
  });

  it('of nothing is refused', async () => {
    await expect(save([])).rejects.toMatchObject({ code: 'replay.empty' });
    await expect(save(headersOf(await sampleTags()))).rejects.toMatchObject({ code: 'replay.empty' });
  });

  it('on a full disk leaves nothing behind but the reason', async () => {
    const disk = mountSmallDisk(2);
    try {
      const tags = await sampleTags({ seconds: 20, size: '640x360', videoKbps: 3000 });
      await expect(save(tags, disk.path)).rejects.toMatchObject({ code: 'file.no_space' });
      expect(readdirSync(disk.path)).toEqual([]);
    } finally {
      disk.unmount();
    }
  });
});
