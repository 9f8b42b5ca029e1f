import { describe, expect, it } from 'vitest';
import { processingStepSchema } from '../../../../main/contract/processing.ts';
import { copyDecision } from '../../../../main/media/encoder/passThrough.ts';
import type { MediaProbe } from '../../../../main/media/ffmpeg/mediaProbe.ts';
import { someProbe } from '../../../helpers/encoderParts.ts';

function decide(
  probe: MediaProbe,
  options: { steps?: readonly unknown[]; request?: object; enhanced?: readonly ('hevc' | 'av1')[] } = {},
) {
  const { steps = [{ type: 'copy' }], request = {}, enhanced = [] } = options;
  return copyDecision({
    probe,
    processing: steps.map((step) => processingStepSchema.parse(step)),
    renditions: [{ request }],
    abilities: { enhancedFlv: new Set(enhanced) },
  });
}

describe('copyDecision', () => {
  it('copies nothing unless asked to', () => {
    expect(decide(someProbe(), { steps: [] })).toEqual({
      copiesVideo: false,
      copiesAudio: false,
      notices: [],
    });
  });

  it('copies H.264 and AAC', () => {
    expect(decide(someProbe())).toEqual({ copiesVideo: true, copiesAudio: true, notices: [] });
  });

  it.each([
    ['HEVC', { codec: 'hevc' }, {}, 'The picture is hevc, which cannot be passed through. It is transcoded.'],
    ['VP9', { codec: 'vp9' }, { enhanced: ['hevc', 'av1'] as const }, 'The picture is vp9, which cannot'],
    ['4:4:4', { pixelFormat: 'yuv444p' }, {}, 'The picture is yuv444p, which most services'],
    ['a picture that must be turned', { rotation: -90 }, {}, 'The picture must be turned upright'],
    [
      'a text on it',
      {},
      { steps: [{ type: 'copy' }, { type: 'text', text: 'x' }] },
      'The step "text" changes the picture',
    ],
    [
      'another size',
      {},
      { request: { width: 640, height: 360 } },
      'Another size, rate or codec is asked for',
    ],
    ['a bitrate', {}, { request: { bitrateKbps: 1000 } }, 'Another size, rate or codec is asked for'],
  ])('transcodes the picture and says why: %s', (_name, video, options, notice) => {
    const decision = decide(someProbe({ video }), options);
    expect(decision).toMatchObject({ copiesVideo: false, copiesAudio: true });
    expect(decision.notices[0]).toContain(notice);
  });

  it('transcodes sound that begins late, so that the silence before it can be of its kind', () => {
    const probe = someProbe();
    const late = { ...probe, audio: probe.audio && { ...probe.audio, startSeconds: 3 } };
    const decision = decide(late);
    expect(decision).toMatchObject({ copiesVideo: true, copiesAudio: false });
    expect(decision.notices[0]).toContain('The sound begins later than the picture');
  });

  it('transcodes a picture whose key frames are too far apart', () => {
    const probe = someProbe();
    const huge = { ...probe, video: probe.video && { ...probe.video, keyFrameSeconds: 60 } };
    expect(decide(huge)).toMatchObject({ copiesVideo: false });
    expect(decide(huge).notices[0]).toContain('60 s apart');
  });

  it('copies HEVC where this ffmpeg can put it into FLV', () => {
    expect(decide(someProbe({ video: { codec: 'hevc' } }), { enhanced: ['hevc'] }).copiesVideo).toBe(true);
  });

  it('does not mind being asked for what is there already', () => {
    expect(decide(someProbe(), { request: { width: 1280, height: 720, codec: 'h264' } }).copiesVideo).toBe(
      true,
    );
  });

  it.each([
    [
      'Opus',
      { codec: 'opus' },
      undefined,
      'The sound is opus, which cannot be passed through. It is transcoded to AAC.',
    ],
    ['a gain', {}, [{ type: 'copy' }, { type: 'audio', gainDb: 3 }], 'An audio step changes the sound'],
  ])('transcodes the sound alone: %s', (_name, audio, steps, notice) => {
    const decision = decide(someProbe({ audio }), steps === undefined ? {} : { steps });
    expect(decision).toMatchObject({ copiesVideo: true, copiesAudio: false });
    expect(decision.notices[0]).toContain(notice);
  });

  it('has nothing to say of what is not there', () => {
    expect(decide(someProbe({ audio: null }))).toEqual({
      copiesVideo: true,
      copiesAudio: false,
      notices: [],
    });
  });
});
