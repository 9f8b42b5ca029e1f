import { describe, expect, it } from 'vitest';
import { parseTag, withLegacyHeader } from '../../../../main/media/flv/tagParser.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('parseTag on video', () => {
  const video = (bytes: string, expected: object) => ({ bytes, expected });
  it.each([
    ['AVC header', video('17 00 000000 0142c00c', { codec: 'h264', frame: 'header', compositionMs: 0 })],
    ['AVC key frame', video('17 01 000050 00000001', { codec: 'h264', frame: 'key', compositionMs: 80 })],
    [
      'AVC inter frame, negative composition time',
      video('27 01 ffffd8 00', { codec: 'h264', frame: 'inter', compositionMs: -40 }),
    ],
    ['HEVC by the legacy id 12', video('1c 01 000000 00', { codec: 'hevc', frame: 'key', compositionMs: 0 })],
    ['HEVC sequence start', video('90 68766331 01', { codec: 'hevc', frame: 'header', compositionMs: 0 })],
    [
      'HEVC key frame with composition time',
      video('91 68766331 000021 00', { codec: 'hevc', frame: 'key', compositionMs: 33 }),
    ],
    [
      'HEVC inter frame without composition time',
      video('a3 68766331 00', { codec: 'hevc', frame: 'inter', compositionMs: 0 }),
    ],
    [
      'AV1 has no composition time',
      video('91 61763031 000021', { codec: 'av1', frame: 'key', compositionMs: 0 }),
    ],
    [
      'AV1 header in MPEG-2 TS form',
      video('95 61763031 00', { codec: 'av1', frame: 'header', compositionMs: 0 }),
    ],
    ['VP9', video('a1 76703039 00', { codec: 'vp9', frame: 'inter', compositionMs: 0 })],
    [
      'H.264 with an enhanced header',
      video('91 61766331 000000 00', { codec: 'h264', frame: 'key', compositionMs: 0 }),
    ],
    [
      'a nanosecond offset before a key frame',
      video('97 02 000001 01 68766331 000000 00', { codec: 'hevc', frame: 'key', compositionMs: 0 }),
    ],
    ['Sorenson H.263', video('12 00', { codec: 'other', frame: 'key', compositionMs: 0 })],
  ])('%s', (_name, { bytes, expected }) => {
    expect(parseTag(9, 40, hex(bytes))).toEqual({
      kind: 'video',
      timestampMs: 40,
      payload: hex(bytes),
      ...expected,
    });
  });

  it.each([
    ['empty', ''],
    ['AVC end of sequence', '17 02 000000'],
    ['AVC cut short', '17 01 0000'],
    ['info frame', '57 00'],
    ['enhanced end of sequence', '92 68766331'],
    ['colour metadata', '94 68766331 02'],
    ['further tracks', '96 01 68766331 00'],
    ['enhanced, cut in the codec name', '91 6876'],
    ['a modifier without end', '97 ff ffff 00'],
    ['AVC header without a configuration', '17 00 000000'],
    ['HEVC header without a configuration', '90 68766331'],
  ])('%s carries nothing to decode', (_name, bytes) => {
    expect(parseTag(9, 0, hex(bytes))).toBeNull();
  });
});

describe('parseTag on audio', () => {
  it.each([
    ['AAC header', 'af 00 1190', { codec: 'aac', frame: 'header' }],
    ['AAC sound', 'af 01 21', { codec: 'aac', frame: 'sound' }],
    ['MP3', '2f ff', { codec: 'mp3', frame: 'sound' }],
    ['Opus header', '90 4f707573 00', { codec: 'opus', frame: 'header' }],
    ['Opus sound', '91 4f707573 00', { codec: 'opus', frame: 'sound' }],
    ['AAC with an enhanced header', '91 6d703461 21', { codec: 'aac', frame: 'sound' }],
    ['FLAC', '91 664c6143 21', { codec: 'other', frame: 'sound' }],
  ])('%s', (_name, bytes, expected) => {
    expect(parseTag(8, 40, hex(bytes))).toEqual({
      kind: 'audio',
      timestampMs: 40,
      payload: hex(bytes),
      ...expected,
    });
  });

  it.each([
    ['empty', ''],
    ['AAC without data', 'af 01'],
    ['AAC header without a configuration, as ffmpeg writes it first', 'af 00'],
    ['Opus end of sequence', '92 4f707573'],
    ['multichannel description', '94 4f707573 01'],
  ])('%s carries nothing to decode', (_name, bytes) => {
    expect(parseTag(8, 0, hex(bytes))).toBeNull();
  });
});

describe('withLegacyHeader', () => {
  it.each([
    ['H.264 key frame', 9, '91 61766331 000028 aabb', '17 01 000028 aabb'],
    ['H.264 inter frame', 9, 'a1 61766331 ffffd8 aabb', '27 01 ffffd8 aabb'],
    ['H.264 header', 9, '90 61766331 0142', '17 00 000000 0142'],
    ['AAC header', 8, '90 6d703461 1190', 'af 00 1190'],
    ['AAC sound', 8, '91 6d703461 21', 'af 01 21'],
  ])('rewrites an enhanced %s', (_name, type, before, after) => {
    const tag = parseTag(type, 7, hex(before));
    if (tag === null) throw new Error('not parsed');
    expect(withLegacyHeader(tag)).toEqual(parseTag(type, 7, hex(after)));
  });

  it('hands on HEVC and legacy tags as they are', () => {
    for (const bytes of ['91 68766331 000000 00', '17 01 000000 00']) {
      const tag = parseTag(9, 0, hex(bytes));
      expect(tag === null ? null : withLegacyHeader(tag)).toBe(tag);
    }
  });
});
