import { describe, expect, it } from 'vitest';
import { outputSchema } from '../../../main/contract/outputs.ts';
import { type StreamConfigInput, streamConfigSchema } from '../../../main/contract/streams.ts';
import { checkDestination } from '../../../main/streams/destinationCheck.ts';
import { OutputPreparation } from '../../../main/streams/preparation.ts';
import { sharingNotices } from '../../../main/streams/sharingNotices.ts';

const twitch = { type: 'rtmp', id: 'tw', service: 'twitch', key: 'live_1' } as const;
const youtube = { type: 'rtmps', id: 'yt', service: 'youtube', key: 'abcd' } as const;

function config(program: object, output: StreamConfigInput['output'] = [youtube, twitch]) {
  const processing = [{ type: 'transcode' as const, ...program }];
  return streamConfigSchema.parse({ input: { type: 'test' }, processing, output });
}

describe('outputs whose services want different things', () => {
  it('are told who cannot take the shared encode, whom it concerns, and what to do', () => {
    const [notice, ...more] = sharingNotices(
      config({ bitrateKbps: 9000, width: 1920, height: 1080, fps: 60, keyFrameIntervalSeconds: 2 }),
    );
    expect(notice).toBe(
      'Twitch takes at most 6000 kbit/s, this has 9000 kbit/s. Twitch shares its encode with YouTube. Lower it to 6000 kbit/s for all of them, or give Twitch an encode of its own, such as H.264, 1920 × 1080, 60 fps, 6000 kbit/s, a key frame every 2 s.',
    );
    expect(more).toEqual([]);
  });

  it.each([
    ['key frames', { keyFrameIntervalSeconds: 6 }, /^YouTube takes at most 4 s between key frames/],
    ['a codec', { codec: 'hevc' }, /^Twitch does not take hevc/],
    ['a rate', { fps: 120 }, /^YouTube takes at most 60 frames per second/],
  ])('because of %s', (_what, program, expected) => {
    expect(sharingNotices(config(program))[0]).toMatch(expected);
  });

  it('have nothing against an encode of their own, and those that are off do not count', () => {
    const own = { ...twitch, rendition: { bitrateKbps: 6000 } };
    expect(sharingNotices(config({ bitrateKbps: 9000 }, [youtube, own]))).toEqual([]);
    expect(sharingNotices(config({ bitrateKbps: 9000 }, [youtube, { ...twitch, enabled: false }]))).toEqual(
      [],
    );
  });

  it('judges also what nobody asked for, once it is known', () => {
    const notices = sharingNotices(config({}), () => ({
      bitrateKbps: 6750,
      width: 1920,
      height: 1080,
      fps: 60,
    }));
    expect(notices.join(' ')).toMatch(/Twitch takes at most 6000 kbit\/s, this has 6750 kbit\/s/);
  });

  it('are refused with the same words when it cannot work', async () => {
    const preparation = new OutputPreparation({ recordings: '/tmp/recordings', hls: '/tmp/hls' });
    await expect(
      preparation.prepareAll(config({ bitrateKbps: 9000 }), { mayUseAnyFolder: true }),
    ).rejects.toMatchObject({
      code: 'output.limits_exceeded',
      field: 'processing.bitrateKbps',
      hint: expect.stringMatching(/for all of them, or give Twitch an encode of its own, such as H\.264/),
    });
    const beside = config({ bitrateKbps: 9000 }, [youtube]);
    await expect(
      preparation.prepareOne(outputSchema.parse(twitch), beside, { mayUseAnyFolder: true }),
    ).rejects.toMatchObject({ detail: expect.stringMatching(/shares its encode with YouTube/) });
  });

  it('are told in a dry run', () => {
    const { ok, notices } = checkDestination(outputSchema.parse(twitch), { bitrateKbps: 9000, fps: 30 });
    expect(ok).toBe(false);
    expect(notices).toEqual([
      'An encode of its own would suit Twitch: H.264, 1920 × 1080, 30 fps, 6000 kbit/s, a key frame every 2 s.',
    ]);
  });
});
