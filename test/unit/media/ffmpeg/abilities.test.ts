import { describe, expect, it } from 'vitest';
import {
  parseColours,
  parseFilters,
  parseFlagTable,
  parseProtocols,
} from '../../../../main/media/ffmpeg/abilities.ts';

/** As `ffmpeg -formats` prints them: two columns up to version 6, three from 7 on. */
const formats5 = `File formats:
 D. = Demuxing supported
 .E = Muxing supported
 --
 DE flv             FLV (Flash Video)
 D  lavfi           Libavfilter virtual input device
  E mov             QuickTime / MOV
 D  mov,mp4,m4a,3gp,3g2,mj2 QuickTime / MOV
`;
const formats7 = `Formats:
 D.. = Demuxing supported
 .E. = Muxing supported
 ..d = Is a device
 ---
 DEd alsa            ALSA audio output
 DE  flv             FLV (Flash Video)
 D d lavfi           Libavfilter virtual input device
  E  mov             QuickTime / MOV
 D   mov,mp4,m4a,3gp,3g2,mj2 QuickTime / MOV
`;
const encoders = `Encoders:
 V..... = Video
 A..... = Audio
 S..... = Subtitle
 .F.... = Frame-level multithreading
 ..S... = Slice-level multithreading
 ...X.. = Codec is experimental
 ....B. = Supports draw_horiz_band
 .....D = Supports direct rendering method 1
 ------
 V....D libx264              libx264 H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10 (codec h264)
 V....D h264_nvenc           NVIDIA NVENC H.264 encoder (codec h264)
 A....D aac                  AAC (Advanced Audio Coding)
`;

function muxers(output: string): string[] {
  return parseFlagTable(output)
    .filter(({ flags }) => flags.includes('E'))
    .map(({ name }) => name);
}

function demuxers(output: string): string[] {
  return parseFlagTable(output)
    .filter(({ flags }) => flags.includes('D'))
    .map(({ name }) => name);
}

describe('parseFlagTable', () => {
  it('reads the formats of version 5.1', () => {
    expect(muxers(formats5)).toEqual(['flv', 'mov']);
    expect(demuxers(formats5)).toEqual(['flv', 'lavfi', 'mov', 'mp4', 'm4a', '3gp', '3g2', 'mj2']);
  });

  it('reads the formats of version 7.0, which have one column more', () => {
    expect(muxers(formats7)).toEqual(['alsa', 'flv', 'mov']);
    expect(demuxers(formats7)).toEqual(['alsa', 'flv', 'lavfi', 'mov', 'mp4', 'm4a', '3gp', '3g2', 'mj2']);
  });

  it('reads encoders and not their legend', () => {
    expect(parseFlagTable(encoders).map(({ name }) => name)).toEqual(['libx264', 'h264_nvenc', 'aac']);
  });

  it('finds nothing in an answer without a table', () => {
    expect(parseFlagTable('ffmpeg: not found')).toEqual([]);
  });
});

describe('parseFilters', () => {
  it('reads version 5.1 to 7.1: three flags, no rule', () => {
    const output = `Filters:
  T.. = Timeline support
  .S. = Slice threading
  ..C = Command support
  A = Audio input/output
  V = Video input/output
  N = Dynamic number and/or type of input/output
  | = Source or sink filter
 T.C drawtext          V->V       Draw text on top of video frames using libfreetype library.
 TSC overlay           VV->V      Overlay a video source on top of the input.
 ... testsrc2          |->V       Generate another test pattern.
 ... concat            N->N       Concatenate audio and video streams.
`;
    expect([...parseFilters(output)]).toEqual(['drawtext', 'overlay', 'testsrc2', 'concat']);
  });

  it('reads version 8: two flags', () => {
    const output = `Filters:
  T. = Timeline support
  .S = Slice threading
 TS scale             V->V       Scale the input video size and/or convert the image format.
 .. aresample         A->A       Resample audio data.
`;
    expect([...parseFilters(output)]).toEqual(['scale', 'aresample']);
  });
});

describe('parseProtocols', () => {
  it('keeps input and output apart', () => {
    const { input, output } = parseProtocols(
      'Supported file protocols:\nInput:\n  async\n  file\n  rtmp\nOutput:\n  file\n  tee\n',
    );
    expect([[...input], [...output]]).toEqual([
      ['async', 'file', 'rtmp'],
      ['file', 'tee'],
    ]);
  });
});

describe('parseColours', () => {
  it('reads names in lower case', () => {
    const output = 'name                             #RRGGBB\nAliceBlue                        #f0f8ff\n';
    expect([...parseColours(output)]).toEqual(['aliceblue']);
  });
});
