import { describe, expect, it } from 'vitest';
import {
  isMetadata,
  metadataTag,
  parseMetadata,
  SET_DATA_FRAME,
  withoutSetDataFrame,
} from '../../../../main/media/flv/metadata.ts';
import { encodeAmf0 } from '../../../../main/media/rtmp/amf0.ts';

describe('metadataTag', () => {
  it('says what is known and leaves out the rest', () => {
    const tag = metadataTag(
      {
        width: 1280,
        height: 720,
        fps: 30,
        videoBitrateKbps: 2500,
        videoCodec: 'h264',
        audioCodec: 'aac',
        channels: 2,
      },
      40,
    );
    expect(tag).toMatchObject({ kind: 'data', timestampMs: 40 });
    expect(parseMetadata(tag.payload)).toEqual({
      duration: 0,
      width: 1280,
      height: 720,
      framerate: 30,
      videodatarate: 2500,
      videocodecid: 7,
      audiosamplesize: 16,
      audiochannels: 2,
      stereo: true,
      audiocodecid: 10,
      encoder: 'streamware',
    });
  });

  it('names HEVC by its FourCC', () => {
    expect(parseMetadata(metadataTag({ videoCodec: 'hevc' }, 0).payload)).toMatchObject({
      videocodecid: 0x68766331,
    });
  });

  it('begins as an FLV file has it: name, then an ECMA array', () => {
    const { payload } = metadataTag({}, 0);
    expect(payload.subarray(0, 14).toString('hex')).toBe('02000a6f6e4d65746144617461 08'.replace(' ', ''));
    expect(isMetadata(payload)).toBe(true);
  });
});

describe('parseMetadata', () => {
  it('sees through @setDataFrame', () => {
    const { payload } = metadataTag({ width: 64 }, 0);
    const sent = Buffer.concat([SET_DATA_FRAME, payload]);
    expect(withoutSetDataFrame(sent).equals(payload)).toBe(true);
    expect(parseMetadata(sent)).toMatchObject({ width: 64 });
  });

  it('is null for other script data', () => {
    expect(parseMetadata(encodeAmf0('onTextData', { text: 'x' }))).toBeNull();
    expect(parseMetadata(encodeAmf0('onMetaData', [1]))).toBeNull();
  });

  it('refuses metadata that ends too early', () => {
    const { payload } = metadataTag({ width: 64 }, 0);
    expect(() => parseMetadata(payload.subarray(0, payload.length - 5))).toThrow(
      expect.objectContaining({ code: 'media.malformed' }),
    );
  });
});
