import { describe, expect, it } from 'vitest';
import {
  aacHeaderTag,
  parseAacHeaderTag,
  parseAudioSpecificConfig,
  silentAacFrame,
  silentAacTag,
} from '../../../../main/media/flv/aac.ts';
import { parseAudioTag } from '../../../../main/media/flv/tagParser.ts';

const config = (hex: string): object => parseAudioSpecificConfig(Buffer.from(hex, 'hex'));

describe('parseAudioSpecificConfig', () => {
  it.each([
    ['1190', { objectType: 2, sampleRateHz: 48_000, channels: 2 }],
    ['119056e500', { objectType: 2, sampleRateHz: 48_000, channels: 2 }],
    ['1208', { objectType: 2, sampleRateHz: 44_100, channels: 1 }],
    ['11b8', { objectType: 2, sampleRateHz: 48_000, channels: 8 }],
    ['2b118800', { objectType: 5, sampleRateHz: 48_000, channels: 2 }],
    ['eb098800', { objectType: 29, sampleRateHz: 48_000, channels: 2 }],
    ['1780177010', { objectType: 2, sampleRateHz: 12_000, channels: 2 }],
  ])('%s', (hex, expected) => {
    expect(config(hex)).toEqual(expected);
  });

  it.each(['', '11', '16d0', '11f8'])('refuses %j', (hex) => {
    expect(() => config(hex)).toThrow(expect.objectContaining({ code: 'media.malformed' }));
  });
});

describe('silence', () => {
  it.each([1, 2] as const)('has a header that says %d channels at 48 kHz', (channels) => {
    const header = aacHeaderTag(48_000, channels, 40);
    expect(parseAacHeaderTag(header)).toEqual({ objectType: 2, sampleRateHz: 48_000, channels });
    expect(parseAudioTag(40, header.payload)).toEqual(header);
  });

  it('has sound tags that parse as what they say, and share one payload', () => {
    const tag = silentAacTag(2, 21);
    expect(parseAudioTag(21, tag.payload)).toEqual(tag);
    expect(silentAacTag(2, 42).payload).toBe(tag.payload);
  });

  it('is a channel element without bands, then the end', () => {
    expect(silentAacFrame(1).toString('hex')).toBe('00000007');
    expect(silentAacFrame(2).toString('hex')).toBe('21000000001c');
  });

  it('refuses a rate that AAC has no index for', () => {
    expect(() => aacHeaderTag(47_999, 2, 0)).toThrow(RangeError);
  });
});
