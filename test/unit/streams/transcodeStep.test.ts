import { expect, it } from 'vitest';
import { streamConfigSchema } from '../../../main/contract/streams.ts';
import {
  keyFrameSecondsFor,
  withMainRendition,
  withSegmentKeyFrames,
} from '../../../main/streams/transcodeStep.ts';

const config = (processing: unknown[]) =>
  streamConfigSchema.parse({ input: { type: 'test' }, processing, output: [{ type: 'hls' }] });

it.each([
  [
    'into the last transcode step',
    [
      { type: 'transcode', fps: 60 },
      { type: 'transcode', codec: 'h264' },
    ],
    [
      { type: 'transcode', fps: 60 },
      { type: 'transcode', codec: 'h264', bitrateKbps: 900 },
    ],
  ],
  [
    'into a new step when there is none',
    [{ type: 'deinterlace' }],
    [{ type: 'deinterlace' }, { type: 'transcode', bitrateKbps: 900 }],
  ],
])('writes the rendition %s', (_name, before, after) => {
  expect(withMainRendition(config(before), { bitrateKbps: 900, width: undefined }).processing).toEqual(after);
});

it.each([
  [[], 2],
  [[2], 2],
  [[1], 1],
  [[1.5], 1.5],
  [[3], 1.5],
  [[4], 2],
  [[5], 5 / 3],
  [[20], 2],
  [[2, 3], 1],
  [[2, 2.5], 0.5],
  [[4, 6], 2],
  [[1.3, 2.2], 1.3],
])('segments of %j s get a key frame every %f s', (segmentSeconds, expected) => {
  expect(keyFrameSecondsFor(segmentSeconds)).toBeCloseTo(expected);
});

it('puts key frames where segments begin, beside what else was asked for', () => {
  const outputs = config([]).output.map((output) => ({ ...output, segmentSeconds: 3 }));
  expect(
    withSegmentKeyFrames(config([{ type: 'transcode', encoder: 'libx264' }]).processing, outputs),
  ).toEqual([{ type: 'transcode', encoder: 'libx264', keyFrameIntervalSeconds: 1.5 }]);
  const asked = config([{ type: 'transcode', keyFrameIntervalSeconds: 4 }]).processing;
  expect(withSegmentKeyFrames(asked, outputs)).toEqual(asked);
});
