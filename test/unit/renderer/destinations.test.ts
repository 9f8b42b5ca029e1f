import { describe, expect, it } from 'vitest';
import { outputSchema } from '../../../main/contract/outputs.ts';
import {
  type DestinationDraft,
  draftIssues,
  emptyDraft,
  toOutput,
  withText,
} from '../../../renderer/features/destinations/draft.ts';
import { readPasted, schemeOf } from '../../../renderer/features/destinations/pastedAddress.ts';
import { catalogue } from '../../helpers/simulatedEngine.ts';

const draft = (fields: Partial<DestinationDraft>): DestinationDraft => ({ ...emptyDraft(1), ...fields });

describe('a pasted address', () => {
  it.each([
    ['rtmp://live.twitch.tv/app/live_1', { service: 'twitch', url: '', key: 'live_1' }],
    ['  RTMP://Live.Twitch.tv:1935/app/live_1?x=1\n', { service: 'twitch', url: '', key: 'live_1?x=1' }],
    ['rtmp://live.twitch.tv/app', { service: 'twitch', url: '', key: '' }],
    ['rtmps://a.rtmps.youtube.com:443/live2/ab-cd', { service: 'youtube', url: '', key: 'ab-cd' }],
    [
      'rtmps://b.rtmps.youtube.com/live2?backup=1/ab-cd',
      { service: 'youtube', url: 'rtmps://b.rtmps.youtube.com/live2?backup=1', key: 'ab-cd' },
    ],
    [
      'rtmp://live.twitch.tv.evil.example/app/k',
      { service: null, url: 'rtmp://live.twitch.tv.evil.example/app', key: 'k' },
    ],
    ['rtmp://server/app/key', { service: null, url: 'rtmp://server/app', key: 'key' }],
    [
      'rtmp://server:1936/app/instance/key?a=/b',
      { service: null, url: 'rtmp://server:1936/app/instance', key: 'key?a=/b' },
    ],
    ['rtmp://server/app', { service: null, url: 'rtmp://server/app', key: '' }],
    ['rtmp://server/app/_definst_', { service: null, url: 'rtmp://server/app/_definst_', key: '' }],
    ['srt://server:9000?streamid=x', { service: null, url: 'srt://server:9000?streamid=x', key: '' }],
    ['https://server/in.m3u8', { service: null, url: 'https://server/in.m3u8', key: '' }],
  ])('%s', (text, parts) => {
    expect(readPasted(text, catalogue)).toEqual(parts);
  });

  it.each(['live_123_abc', 'server/app', 'rtsp://camera/1', 'ftp://server/a', 'rtmp://'])(
    '%s is none',
    (text) => {
      expect(readPasted(text, catalogue)).toBeNull();
    },
  );

  it('knows a scheme however it is written', () => {
    expect(['RTMPS://a/b', ' srt://a', 'javascript:alert(1)', 'a'].map(schemeOf)).toEqual([
      'rtmps',
      'srt',
      null,
      null,
    ]);
  });
});

describe('the fields of a destination', () => {
  const whole = 'rtmp://server/app/secret';
  const taken = { service: 'own', url: 'rtmp://server/app', key: 'secret' };

  it.each(['url', 'key'] as const)('take a whole address apart that is pasted into "%s"', (field) => {
    expect(withText(draft({}), field, whole, catalogue)).toMatchObject(taken);
  });

  it('recognise a service', () => {
    const pasted = withText(draft({ service: 'own' }), 'url', 'rtmp://live.twitch.tv/app/live_1', catalogue);
    expect(pasted).toMatchObject({ service: 'twitch', url: '', key: 'live_1' });
  });

  it('keep the key that was typed when the address has none', () => {
    expect(withText(draft({ key: 'typed' }), 'url', 'rtmp://server/app', catalogue).key).toBe('typed');
  });

  it('leave alone what is typed letter by letter', () => {
    const typed = [...whole].reduce(
      (row, letter) => withText(row, 'url', row.url + letter, catalogue),
      draft({ service: 'own' }),
    );
    expect(typed).toMatchObject({ service: 'own', url: whole, key: '' });
  });
});

describe('a destination becomes an output', () => {
  it.each([
    [
      { service: 'twitch', key: 'k' },
      { type: 'rtmp', service: 'twitch', key: 'k' },
    ],
    [
      { service: 'youtube', key: 'k' },
      { type: 'rtmps', service: 'youtube', key: 'k' },
    ],
    [
      { service: 'youtube', url: 'rtmp://a.rtmp.youtube.com/live2', key: 'k' },
      { type: 'rtmp', service: 'youtube', url: 'rtmp://a.rtmp.youtube.com/live2', key: 'k' },
    ],
    [
      { service: 'own', url: 'rtmps://s/a', key: 'k' },
      { type: 'rtmps', url: 'rtmps://s/a', key: 'k' },
    ],
    [
      { service: 'own', url: 'rtmp://s/a/k' },
      { type: 'rtmp', url: 'rtmp://s/a/k' },
    ],
    [
      { service: 'own', url: 'srt://s:9000', key: 'passphrase-1' },
      { type: 'srt', url: 'srt://s:9000', passphrase: 'passphrase-1' },
    ],
    [
      { service: 'own', url: 'https://s/in', key: 'k' },
      { type: 'hls-push', url: 'https://s/in', key: 'k' },
    ],
  ])('%j', (fields, output) => {
    const made = toOutput(draft(fields), catalogue);
    expect(made).toEqual(output);
    expect(outputSchema.safeParse(made).success).toBe(true);
  });

  it.each([
    [{}, []],
    [{ key: 'k' }, ['destinations.1.service serviceMissing']],
    [{ service: 'twitch' }, ['destinations.1.key keyMissing']],
    [{ service: 'own' }, ['destinations.1.url addressMissing']],
    [{ service: 'own', url: 'server/app' }, ['destinations.1.url addressScheme']],
    [{ service: 'own', url: 'srt://s:9000', key: 'short' }, ['destinations.1.key passphraseLength']],
    [{ service: 'own', url: 'srt://s:9000' }, []],
    [{ service: 'own', url: 'rtmp://s/a/k' }, []],
  ])('says what is wrong with %j', (fields, expected) => {
    const issues = draftIssues(draft(fields), catalogue);
    expect(issues.map((issue) => `${issue.field} ${'reason' in issue ? issue.reason : ''}`)).toEqual(
      expected,
    );
  });
});
