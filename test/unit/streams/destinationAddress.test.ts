import { describe, expect, it } from 'vitest';
import { outputSchema } from '../../../main/contract/outputs.ts';
import {
  type HlsPushOutput,
  type RtmpOutput,
  resolveDestination,
} from '../../../main/streams/destinationAddress.ts';

const rtmp = (fields: object): RtmpOutput => outputSchema.parse({ type: 'rtmp', ...fields }) as RtmpOutput;
const push = (fields: object): HlsPushOutput =>
  outputSchema.parse({ type: 'hls-push', ...fields }) as HlsPushOutput;

function resolved(fields: object): { address: string; key: string; backup?: string } {
  const { primary, backup } = resolveDestination(rtmp(fields));
  return {
    address: primary.target.tcUrl,
    key: primary.key.reveal(),
    ...(backup ? { backup: `${backup.target.tcUrl} ${backup.key.reveal()}` } : {}),
  };
}

const refusal = (field: string, text: RegExp): unknown =>
  expect.objectContaining({ code: 'request.invalid', field, detail: expect.stringMatching(text) });

describe('an RTMP destination', () => {
  it.each<[string, object, object]>([
    ['server and key', { url: 'rtmp://h/live', key: 'k' }, { address: 'rtmp://h/live', key: 'k' }],
    ['a slash too many', { url: 'rtmp://h/live/', key: '/k' }, { address: 'rtmp://h/live', key: 'k' }],
    [
      'the key in the address',
      { url: 'rtmp://h/live/k?a=1&b=2' },
      { address: 'rtmp://h/live', key: 'k?a=1&b=2' },
    ],
    [
      'the whole address in the key field',
      { key: 'rtmp://h/live/k' },
      { address: 'rtmp://h/live', key: 'k' },
    ],
    [
      'a service',
      { service: 'twitch', key: 'live_1' },
      { address: 'rtmp://live.twitch.tv/app', key: 'live_1' },
    ],
    [
      'a service over TLS',
      { type: 'rtmps', service: 'twitch', key: 'live_1' },
      { address: 'rtmps://ingest.global-contribute.live-video.net:443/app', key: 'live_1' },
    ],
    [
      'a service that has TLS only',
      { service: 'facebook', key: 'FB-1' },
      { address: 'rtmps://rtmp-api.facebook.com:443/rtmp', key: 'FB-1' },
    ],
    [
      'an own address with the limits of a service',
      { service: 'kick', url: 'rtmps://mine.example/app', key: 'sk' },
      { address: 'rtmps://mine.example/app', key: 'sk' },
    ],
    [
      'a backup',
      {
        service: 'youtube',
        type: 'rtmps',
        key: 'yt',
        backupUrl: 'rtmps://b.rtmps.youtube.com:443/live2?backup=1',
      },
      {
        address: 'rtmps://a.rtmps.youtube.com:443/live2',
        key: 'yt',
        backup: 'rtmps://b.rtmps.youtube.com:443/live2?backup=1 yt',
      },
    ],
    [
      'a backup with a key of its own',
      { url: 'rtmp://a/live', key: 'k', backupUrl: 'rtmp://b/live/k2' },
      { address: 'rtmp://a/live', key: 'k', backup: 'rtmp://b/live k2' },
    ],
  ])('is understood from %s', (_what, fields, expected) => {
    expect(resolved(fields)).toEqual(expected);
  });

  it.each<[string, object, string, RegExp]>([
    ['nothing', {}, 'output.0.url', /address/],
    ['a key alone', { key: 'k' }, 'output.0.url', /address/],
    ['a service without the key', { service: 'twitch' }, 'output.0.key', /Twitch needs a stream key/],
    [
      'a service whose address is the user’s own',
      { service: 'tiktok', key: 'k' },
      'output.0.url',
      /TikTok needs the address/,
    ],
    ['a service of another kind', { service: 'youtube-hls', key: 'k' }, 'output.0.type', /"hls-push"/],
    ['a service nobody knows', { service: 'nope', key: 'k' }, 'output.0.service', /no service/],
    [
      'a backup that is no address',
      { url: 'rtmp://h/live', key: 'k', backupUrl: 'h/live' },
      'output.0.backupUrl',
      /begin with/,
    ],
  ])('is refused with the field: %s', (_what, fields, field, text) => {
    expect(() => resolveDestination(rtmp(fields), 'output.0.')).toThrow(refusal(field, text) as Error);
  });

  it('says where to find what is missing', () => {
    const hintOf = (fields: object): string => {
      try {
        resolveDestination(rtmp(fields));
      } catch (error) {
        return (error as { hint: string }).hint;
      }
      return '';
    };
    expect(hintOf({ service: 'twitch' })).toContain('https://dashboard.twitch.tv/');
    expect(hintOf({ service: 'linkedin', key: 'k' })).toMatch(/LinkedIn gives every event its own address/);
  });

  it('is shown without its key', () => {
    expect(resolveDestination(rtmp({ url: 'rtmp://u:SECRETx7@h/live/SECRETy8' })).shown).toBe(
      'rtmp://h/live',
    );
  });
});

describe('an HLS destination', () => {
  it('of YouTube takes key and file name as parameters, whatever characters they have', () => {
    const { addressOf, shown } = resolveDestination(push({ service: 'youtube-hls', key: 'a&b=c d' }));
    const url = new URL(addressOf('seg 1.ts').reveal());
    expect(url.origin + url.pathname).toBe('https://a.upload.youtube.com/http_upload_hls');
    expect(Object.fromEntries(url.searchParams)).toEqual({ cid: 'a&b=c d', copy: '0', file: 'seg 1.ts' });
    expect(shown).toBe('https://a.upload.youtube.com/http_upload_hls?cid=[redacted]&copy=0&file=out.m3u8');
  });

  it.each([
    ['a playlist', { url: 'https://h/in/show.m3u8' }, 'https://h/in/seg1.ts'],
    ['a folder', { url: 'https://h/in/' }, 'https://h/in/seg1.ts'],
    ['a folder and a key', { url: 'https://h/in/', key: 'a/b' }, 'https://h/in/a%2Fb/seg1.ts'],
    ['a signed address', { url: 'https://h/in/show.m3u8?sig=1' }, 'https://h/in/seg1.ts?sig=1'],
  ])('puts the files beside %s', (_what, fields, expected) => {
    expect(resolveDestination(push(fields)).addressOf('seg1.ts').reveal()).toBe(expected);
  });

  it.each([{}, { url: 'rtmp://h/live' }, { url: 'not an address' }, { url: 'file:///etc/passwd' }])(
    'is refused: %j',
    (fields) => {
      expect(() => resolveDestination(push(fields))).toThrow(
        expect.objectContaining({ code: 'request.invalid', field: 'url' }),
      );
    },
  );
});
