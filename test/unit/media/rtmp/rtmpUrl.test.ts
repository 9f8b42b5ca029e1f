import { describe, expect, it } from 'vitest';
import { parseRtmpAddress, parseRtmpTarget, redactedTarget } from '../../../../main/media/rtmp/rtmpUrl.ts';

/** Application and key as the server gets them. */
function seen(url: string, key?: string): { app: string; key: string; host: string; port: number } {
  const address = parseRtmpAddress({ url, key });
  const { app, host, port } = address.target;
  return { app, key: address.key.reveal(), host, port };
}

const invalid = (field: string): object => expect.objectContaining({ code: 'request.invalid', field });

describe('parseRtmpAddress', () => {
  it.each([
    [
      'rtmp://a.example/live',
      { host: 'a.example', port: 1935, isSecure: false, app: 'live', tcUrl: 'rtmp://a.example/live' },
    ],
    [
      'rtmps://a.example/live',
      { host: 'a.example', port: 443, isSecure: true, tcUrl: 'rtmps://a.example/live' },
    ],
    [
      'RTMP://A.Example:1935/Live',
      { host: 'a.example', port: 1935, app: 'Live', tcUrl: 'rtmp://a.example:1935/Live' },
    ],
    ['rtmp://a.example:443/rtmp/', { port: 443, app: 'rtmp', tcUrl: 'rtmp://a.example:443/rtmp' }],
    ['rtmp://a.example/app/instance', { app: 'app/instance' }],
    [
      'rtmps://b.rtmps.youtube.com:443/live2?backup=1',
      { app: 'live2?backup=1', tcUrl: 'rtmps://b.rtmps.youtube.com:443/live2?backup=1' },
    ],
    ['rtmp://a.example/live/?x=1', { app: 'live?x=1' }],
    ['rtmp://[::1]:1936/live', { host: '::1', port: 1936, tcUrl: 'rtmp://[::1]:1936/live' }],
    ['rtmp://żółw.example/live', { host: 'xn--w-uga1v8h.example' }],
  ])('reads the server %s', (url, expected) => {
    expect(parseRtmpAddress({ url, key: 'k' }).target).toMatchObject(expected);
  });

  it.each([
    'ab?x=1&y=2',
    'ab&c=d',
    'a%2Fb',
    'a%b',
    'a;b',
    'a#b',
    "a'b",
    'a"b',
    'a|b[c]',
    'a$(id)',
    'a`id`',
    'ключ-🎥',
    'a b',
    'a/b',
    'a\\b',
    'a:b@c',
  ])('passes the key %s on as typed', (key) => {
    expect(seen('rtmp://h/live', key).key).toBe(key);
  });

  it.each([
    [' rtmp://h/live', 'k'],
    ['rtmp://h/live\n', 'k '],
    ['rtmp://h/live', '\u200bk\u00a0\n'],
    ['rtmp://h/live/', 'k'],
    ['rtmp://h/live', '/k'],
    ['rtmp://h/live/k', ''],
    ['rtmp://h/live/k/', undefined],
    ['', 'rtmp://h/live/k'],
    ['rtmp://h/live', 'rtmp://h/live/k'],
    ['rtmp://h/live/', ' RTMP://h/live/k '],
  ])('finds application live and key k in %j and %j', (url, key) => {
    expect(seen(url, key)).toMatchObject({ app: 'live', key: 'k', host: 'h' });
  });

  it.each([
    ['rtmp://h/app/instance/k', 'app/instance', 'k'],
    ['rtmp://h/live/k?sig=a/b&x=1', 'live', 'k?sig=a/b&x=1'],
    ['rtmp://h/live2?backup=1/k', 'live2?backup=1', 'k'],
    ['rtmp://h/live/a#b', 'live', 'a#b'],
  ])('takes the key from the whole address %s', (url, app, key) => {
    expect(seen(url)).toMatchObject({ app, key });
  });

  it('uses the backup server with a key that was pasted as the whole address of the primary', () => {
    const backup = seen('rtmp://b.example/live2?backup=1', 'rtmp://a.example/live2?backup=1/k');
    expect(backup).toMatchObject({ host: 'b.example', app: 'live2?backup=1', key: 'k' });
  });

  it('reads user and password from the address or from their fields, and keeps them out of everything else', () => {
    const inAddress = parseRtmpAddress({ url: 'rtmp://me:p%40ss@h/live', key: 'k' }).target;
    expect(inAddress).toMatchObject({ host: 'h', tcUrl: 'rtmp://h/live', credentials: { username: 'me' } });
    expect(inAddress.credentials?.password.reveal()).toBe('p@ss');
    const inFields = parseRtmpAddress({
      url: 'rtmp://x:y@h/live',
      key: 'k',
      username: 'me',
      password: 'pw',
    }).target;
    expect([inFields.credentials?.username, inFields.credentials?.password.reveal()]).toEqual(['me', 'pw']);
    expect(parseRtmpAddress({ url: 'rtmp://h/live', key: 'k' }).target.credentials).toBeNull();
  });

  it.each([
    ['', 'k', 'url', 'missing'],
    ['http://h/live', 'k', 'url', 'must begin with rtmp://'],
    ['h/live', 'k', 'url', 'must begin with rtmp://'],
    ['rtmpt://h/live', 'k', 'url', 'must begin with rtmp://'],
    ['rtmp://', 'k', 'url', 'server name'],
    ['rtmp:///live', 'k', 'url', 'server name'],
    ['rtmp://h h/live', 'k', 'url', 'server name'],
    ['rtmp://h', 'k', 'url', 'application'],
    ['rtmp://h/', 'k', 'url', 'application'],
    ['rtmp://h/?x', 'k', 'url', 'application'],
    ['rtmp://h:0/live', 'k', 'url', 'port'],
    ['rtmp://h:65536/live', 'k', 'url', 'port'],
    ['rtmp://h/li\u0000ve', 'k', 'url', 'control character'],
    ['rtmp://h/live', '', 'key', 'key is missing'],
    ['rtmp://h/live', ' / ', 'key', 'key is missing'],
    ['rtmp://h/live', 'a\nb', 'key', 'control character'],
    ['rtmp://h/live', 'rtmp://other/app/k', 'key', 'another server'],
    ['', 'rtmp://h', 'key', 'key is missing'],
  ])('refuses %j with key %j, naming %s', (url, key, field, reason) => {
    expect(() => parseRtmpAddress({ url, key })).toThrow(invalid(field));
    expect(() => parseRtmpAddress({ url, key })).toThrow(reason);
  });

  it('names the fields as the caller does', () => {
    const fields = { url: 'output.1.url', key: 'output.1.key' };
    expect(() => parseRtmpAddress({ url: 'x' }, fields)).toThrow(invalid('output.1.url'));
    expect(() => parseRtmpAddress({ url: 'rtmp://h/live' }, fields)).toThrow(invalid('output.1.key'));
  });

  it('never quotes what was typed', () => {
    for (const url of [
      'SECRETx7://h/live',
      'rtmp://u:SECRETx7@h h/live',
      'rtmp://h:99999/SECRETx7',
      'rtmp://h/SECRETx7',
    ]) {
      let message = '';
      try {
        parseRtmpAddress({ url });
      } catch (error) {
        message = JSON.stringify([error, String(error)]);
      }
      expect(message).not.toContain('SECRETx7');
      expect(message).not.toBe('');
    }
  });
});

describe('redactedTarget', () => {
  it.each([
    ['rtmp://me:pw@h:1935/live', 'rtmp://h/live'],
    ['rtmps://h:8443/app/inst?token=SECRET', 'rtmps://h:8443/app/inst'],
    ['rtmp://[::1]/live', 'rtmp://[::1]/live'],
  ])('shows %s as %s', (url, shown) => {
    expect(redactedTarget(parseRtmpTarget(url))).toBe(shown);
  });
});
