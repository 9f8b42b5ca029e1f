import { expect, it } from 'vitest';
import { streamConfigSchema } from '../../../main/contract/streams.ts';
import { withMainRendition } from '../../../main/streams/transcodeStep.ts';

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
