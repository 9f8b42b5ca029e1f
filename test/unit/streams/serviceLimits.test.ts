import { describe, expect, it } from 'vitest';
import type { Service } from '../../../main/contract/destinations.ts';
import { destinationCatalogue, findService } from '../../../main/streams/destinationCatalogue.ts';
import { explainConflicts, suggestRendition } from '../../../main/streams/encodeSharing.ts';
import {
  type JudgedRendition,
  limitError,
  validateAgainstService,
} from '../../../main/streams/serviceLimits.ts';

function service(id: string): Service {
  const found = findService(id);
  if (!found) throw new Error(`no service ${id}`);
  return found;
}

const hd: JudgedRendition = {
  codec: 'h264',
  width: 1920,
  height: 1080,
  fps: 60,
  bitrateKbps: 6000,
  audioBitrateKbps: 160,
  keyFrameIntervalSeconds: 2,
};

describe('a rendition held against a service', () => {
  it.each<[string, JudgedRendition, string, object[]]>([
    ['fits', hd, 'twitch', []],
    ['is not judged where nothing is known', { bitrateKbps: 60_000, codec: 'av1', fps: 120 }, 'custom', []],
    ['is not judged where it says nothing', {}, 'twitch', []],
    [
      'bitrate',
      { ...hd, bitrateKbps: 9000 },
      'twitch',
      [{ field: 'bitrateKbps', severity: 'error', value: 9000, limit: 6000 }],
    ],
    [
      'codec',
      { ...hd, codec: 'hevc' },
      'twitch',
      [{ field: 'codec', severity: 'error', value: 'hevc', limit: 'h264' }],
    ],
    ['codec that YouTube takes', { ...hd, codec: 'hevc' }, 'youtube', []],
    ['sound', { ...hd, audioBitrateKbps: 192 }, 'x', [{ field: 'audioBitrateKbps', limit: 128 }]],
    [
      'frame rate',
      { ...hd, height: 720, width: 1280, bitrateKbps: 3500, audioBitrateKbps: 128 },
      'linkedin',
      [{ field: 'fps', value: 60, limit: 30 }],
    ],
    [
      'key frames too far apart',
      { ...hd, keyFrameIntervalSeconds: 10 },
      'facebook',
      [{ field: 'keyFrameIntervalSeconds', limit: 4 }],
    ],
    [
      'height',
      { ...hd, width: 2560, height: 1440 },
      'twitch',
      [{ field: 'height', value: 1440, limit: 1080 }],
    ],
    ['height of an upright picture', { ...hd, width: 1080, height: 1920 }, 'twitch', []],
    [
      'more than the row for its size',
      { ...hd, width: 640, height: 360, fps: 30, bitrateKbps: 3000 },
      'facebook',
      [{ field: 'bitrateKbps', severity: 'warning', limit: 1000 }],
    ],
    [
      'less than the row for its size',
      { ...hd, bitrateKbps: 3000 },
      'facebook',
      [{ field: 'bitrateKbps', severity: 'warning', limit: 4500 }],
    ],
    [
      'a frame rate of 29.97',
      { ...hd, fps: 29.97, bitrateKbps: 7000 },
      'facebook',
      [{ field: 'bitrateKbps', severity: 'warning', limit: 6000 }],
    ],
    [
      'wide where upright is wanted',
      { ...hd, width: 1280, height: 720 },
      'tiktok',
      [{ field: 'width', severity: 'warning', limit: '720x1280' }],
    ],
    [
      'several at once, errors first',
      { ...hd, width: 1280, height: 720, codec: 'av1', fps: 120 },
      'tiktok',
      [{ severity: 'error' }, { severity: 'error' }, { severity: 'warning' }],
    ],
  ])('%s', (_what, rendition, id, expected) => {
    expect(validateAgainstService(rendition, service(id))).toMatchObject(expected);
    expect(validateAgainstService(rendition, service(id))).toHaveLength(expected.length);
  });

  it('is told in a sentence, with the cure', () => {
    const [problem] = validateAgainstService({ ...hd, bitrateKbps: 9000 }, service('twitch'));
    expect(problem).toMatchObject({
      message: 'Twitch takes at most 6000 kbit/s, this has 9000 kbit/s.',
      cure: 'Lower it to 6000 kbit/s.',
    });
    if (problem) {
      expect(limitError(problem, 'output.0.rendition.')).toMatchObject({
        code: 'output.limits_exceeded',
        field: 'output.0.rendition.bitrateKbps',
        detail: problem.message,
        hint: problem.cure,
      });
    }
  });
});

describe('destinations that share an encode', () => {
  const output = (id: string, name: string, rendition = hd) => ({
    id,
    name,
    service: findService(id),
    rendition,
  });

  it('are one group as long as they want the same', () => {
    const sharing = explainConflicts([
      output('twitch', 'Twitch'),
      output('kick', 'Kick'),
      output('youtube', 'YouTube', { ...hd, bitrateKbps: 12_000 }),
    ]);
    expect(sharing.groups.map(({ outputIds }) => outputIds)).toEqual([['twitch', 'kick'], ['youtube']]);
    expect(sharing.conflicts).toEqual([]);
  });

  it('are told which of them cannot, why, and what to do', () => {
    const rendition = { ...hd, bitrateKbps: 9000 };
    const sharing = explainConflicts(
      ['youtube', 'twitch', 'facebook'].map((id) => output(id, id, rendition)),
    );
    expect(sharing.groups).toHaveLength(1);
    expect(sharing.conflicts).toEqual([
      {
        outputId: 'twitch',
        sharedWith: ['youtube', 'facebook'],
        field: 'bitrateKbps',
        severity: 'error',
        message:
          'Twitch takes at most 6000 kbit/s, this has 9000 kbit/s. twitch shares its encode with youtube and facebook.',
        cure: 'Lower it to 6000 kbit/s for all of them, or give twitch an encode of its own, such as H.264, 1920 × 1080, 60 fps, 6000 kbit/s, a key frame every 2 s.',
      },
    ]);
  });

  it('do not concern those without a service', () => {
    const own = { id: 'own', name: 'Own', service: null, rendition: { ...hd, codec: 'av1' as const } };
    expect(explainConflicts([own]).conflicts).toEqual([]);
  });
});

describe('the suggested rendition', () => {
  it.each([
    ['nobody', [], { height: 1080, fps: 60, bitrateKbps: 6000, audioBitrateKbps: 160 }],
    [
      'YouTube and Twitch',
      ['youtube', 'twitch'],
      { height: 1080, fps: 60, bitrateKbps: 6000, audioBitrateKbps: 160 },
    ],
    [
      'LinkedIn as well',
      ['youtube', 'twitch', 'linkedin'],
      { height: 1080, fps: 30, bitrateKbps: 4500, audioBitrateKbps: 128 },
    ],
    ['Instagram alone', ['instagram'], { width: 1080, height: 1920, audioBitrateKbps: 160 }],
    ['upright and wide together', ['instagram', 'twitch'], { width: 1920, height: 1080 }],
  ])('for %s', (_what, ids, expected) => {
    const { rendition } = suggestRendition(ids.map(service));
    expect(rendition).toMatchObject({ codec: 'h264', keyFrameIntervalSeconds: 2, ...expected });
  });

  it('is one that every service of any pair takes', () => {
    const { services } = destinationCatalogue();
    for (const first of services) {
      for (const second of services) {
        const { rendition } = suggestRendition([first, second]);
        for (const one of [first, second]) {
          expect(validateAgainstService(rendition, one).filter(({ field }) => field !== 'width')).toEqual([]);
        }
      }
    }
  });

  it('says what held it down', () => {
    expect(suggestRendition([service('linkedin')]).reasons.join(' ')).toMatch(
      /LinkedIn takes at most 30 frames per second/,
    );
  });
});
