import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Redactor } from '../../../main/lib/redactor.ts';

const KEY = 'SECRETx7&tok=SECRETy8';

function scrubWith(secrets: readonly string[], text: string): string {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(secret);
  return redactor.scrub(text);
}

describe('a known secret', () => {
  const awkward = `a b/c?d=e&f%g;h#i'j"k|l[m]<n>ключ-🎥\\o`;

  it.each([
    ['as it is', awkward],
    ['encodeURIComponent', encodeURIComponent(awkward)],
    ['encodeURI', encodeURI(awkward)],
    [
      'percent-encoded in lower case',
      encodeURIComponent(awkward).replace(/%../g, (code) => code.toLowerCase()),
    ],
    ['encoded twice', encodeURIComponent(encodeURIComponent(awkward))],
    ['as a form field', new URLSearchParams({ k: awkward }).toString().slice(2)],
    ['in JSON', JSON.stringify(awkward)],
    [
      'in JSON with ASCII only',
      JSON.stringify(awkward).replace(
        /[^ -~]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
    ],
    ['in JSON with escaped slashes', JSON.stringify(awkward).replaceAll('/', '\\/')],
    [
      'in HTML',
      awkward
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&#39;'),
    ],
    ['printed by Node', inspect({ awkward })],
  ])('is found %s', (_how, spelled) => {
    const scrubbed = scrubWith([awkward], `before ${spelled} after`);
    expect(scrubbed).toContain('[redacted]');
    expect(scrubbed).not.toMatch(/ключ|%D0%BA|d=e|u043a/i);
    expect(scrubbed).toMatch(/^before .* after$/s);
  });

  it('is found in the query of an address that was taken apart and put together again', () => {
    const key = `ab|c'd "e<f>é^`;
    const url = new URL(`srt://h:9000?streamid=${key}`);
    expect(scrubWith([key], `${url.search.slice('?streamid='.length)} ${url.href}`)).toBe(
      '[redacted] srt://h:9000?streamid=[redacted]',
    );
  });

  it('is found in part: the pieces of a signed key that a server quotes alone', () => {
    expect(scrubWith([KEY], 'bad name SECRETx7, tok SECRETy8')).toBe('bad name [redacted], tok [redacted]');
  });

  it('is replaced whole where another known one is a part of it', () => {
    expect(scrubWith(['abcDEF1', 'abcDEF1-long-tail9'], 'x abcDEF1-long-tail9 y')).toBe('x [redacted] y');
  });

  it('is forgotten when everybody who added it has let go, and not before', () => {
    const redactor = new Redactor();
    const first = redactor.add('S3cretValue');
    const second = redactor.add('S3cretValue');
    first();
    first();
    expect(redactor.scrub('S3cretValue')).toBe('[redacted]');
    second();
    expect(redactor.scrub('S3cretValue')).toBe('S3cretValue');
  });

  it('that is an ordinary word is hidden where a key stands, and the word stays where it is one', () => {
    const text = 'state live, name=live, rtmp://host/app/live, live stream, olive/lively';
    expect(scrubWith(['live'], text)).toBe(
      'state live, name=[redacted], rtmp://host/app/[redacted], live stream, olive/lively',
    );
  });

  it('of an address is found in each of its pieces', () => {
    const url = 'rtmp://user:Pass-w0rd@host/app/K3y-of-mine?sign=Sig-nature1';
    expect(scrubWith([url], 'Pass-w0rd K3y-of-mine Sig-nature1')).toBe('[redacted] [redacted] [redacted]');
  });

  it('under three characters is left out: it would hide everything', () => {
    expect(scrubWith(['ab'], '/ab=ab')).toBe('/ab=ab');
  });
});

describe('a secret nobody told of', () => {
  it.each([
    [
      'key of an RTMP address',
      'rtmp://h:1935/live/SECRET: refused',
      'rtmp://h:1935/live/[redacted]: refused',
    ],
    ['key with a slash', 'rtmps://h/app/SECRETa/SECRETb x', 'rtmps://h/app/[redacted] x'],
    ['parameters of an RTMP address', 'rtmp://h/live?auth=SECRET', 'rtmp://h/live?auth=[redacted]'],
    ['address in quotes', `open 'rtmp://h/live/SECRET' failed`, `open 'rtmp://h/live/[redacted]' failed`],
    ['user and password', 'http://user:SECRET@h/x', 'http://[redacted]@h/x'],
    ['password with an @', 'http://user:SEC@RET@h/x', 'http://[redacted]@h/x'],
    ['password with a slash', 'rtmp://user:SEC/RET@h/app', 'rtmp://[redacted]@h/app'],
    ['token as the user', 'https://SECRET@h/x', 'https://[redacted]@h/x'],
    [
      'passphrase of SRT',
      'srt://h:9000?mode=caller&passphrase=SECRET',
      'srt://h:9000?mode=caller&passphrase=[redacted]',
    ],
    ['stream id of SRT', 'srt://h:9?streamid=publish:SECRET', 'srt://h:9?streamid=[redacted]'],
    [
      'any parameter of an address',
      'https://h/a.m3u8?X-Amz-Sig=SECRET&e=SECRET',
      'https://h/a.m3u8?X-Amz-Sig=[redacted]&e=[redacted]',
    ],
    [
      'YouTube HLS',
      'https://a.upload.youtube.com/http_upload_hls?cid=SECRET&copy=0&file=out.m3u8',
      'https://a.upload.youtube.com/http_upload_hls?cid=[redacted]&copy=0&file=out.m3u8',
    ],
    ['bearer token', 'Authorization: Bearer SECRET', 'Authorization: [redacted]'],
    ['basic credentials', 'authorization: Basic SECRET==', 'authorization: [redacted]'],
    ['JSON', '{"password":"SECRET","n":1}', '{"password":"[redacted]","n":1}'],
    [
      'JSON with blanks and quotes inside',
      '{"passphrase": "SECRET \\" SECRET"}',
      '{"passphrase": "[redacted]"}',
    ],
    [
      'JSON in JSON',
      '{\\"token\\":\\"SECRET SECRET\\",\\"n\\":1}',
      '{\\"token\\":\\"[redacted]\\",\\"n\\":1}',
    ],
    ['text that was cut within quotes', 'x {"token":"SECRET SEC', 'x {"token":"[redacted]'],
    ['name with a prefix', 'access_token=SECRET&x=1', 'access_token=[redacted]&x=1'],
    ['camel case', 'streamKey: SECRET', 'streamKey: [redacted]'],
    [
      'option of ffmpeg',
      '-rtmp_playpath SECRET playpath=SECRET',
      '-rtmp_playpath SECRET playpath=[redacted]',
    ],
  ])('is found: %s', (_what, text, expected) => {
    expect(scrubWith([], text)).toBe(expected);
  });

  it.each([
    ['address of a server', 'rtmp://h:1935/live is up'],
    ['address with a trailing slash', 'rtmp://h/live/'],
    ['IPv6 address', 'rtmp://[::1]:1935/live'],
    ['address with a port', 'http://127.0.0.1:7420/api/docs'],
    ['key frames', 'key frame every 2 s, keyFrameIntervalSeconds: 2'],
    ['ordinary fields', 'bypass: true, tokens: 5, compass=3, passed: 4'],
    ['stream ids', '{"streamId":"str_4k2m9x7c0a","outputId":"out_1"}'],
    ['Windows path', 'C:\\Users\\ola\\Videos\\a.mp4'],
    [
      'time stamps',
      '2025-01-02T03:04:05.678Z frame= 12 fps=30 q=28.0 size= 512kB time=00:00:01.00 bitrate=4194.3kbits/s',
    ],
  ])('leaves alone: %s', (_what, text) => {
    expect(scrubWith([], text)).toBe(text);
  });
});

describe('scrubbing', () => {
  it.each([
    'rtmp://user:SECRET@h/app/SECRET?x=SECRET',
    'Authorization: Bearer SECRET {"token":"SECRET"} srt://h?passphrase=SECRET',
  ])('twice changes nothing more: %s', (text) => {
    const once = scrubWith([], text);
    expect(scrubWith([], once)).toBe(once);
    expect(once).not.toContain('SECRET');
  });

  it('hides the canaries of an error chain, whatever quotes them', () => {
    const url = `rtmp://user:SECRETz9@127.0.0.1:1/live/${KEY}`;
    const redactor = new Redactor();
    redactor.add(KEY);
    const texts = [
      `${url}: Connection refused`,
      `[tcp @ 0x55] Connection to ${url} failed`,
      JSON.stringify({ error: `Cannot open ${url}`, args: ['-i', url] }),
      `GET /start?url=${encodeURIComponent(url)} 500`,
      inspect(new Error(`spawn ffmpeg ${url} ENOENT`)),
    ];
    expect(texts.map((text) => redactor.scrub(text)).join('\n')).not.toMatch(/SECRET(x7|y8|z9)/);
  });

  it.each([
    ['dots', 'a.'.repeat(500_000)],
    ['schemes', 'a://'.repeat(250_000)],
    ['names', 'password '.repeat(100_000)],
    ['open quotes', 'token:"'.repeat(100_000)],
    ['blanks', `token${' '.repeat(1_000_000)}`],
    ['one address', `http://${'x'.repeat(1_000_000)}`],
    ['ats', `http://${'@'.repeat(500_000)}`],
    ['nearly the secret', 'SECRETx7&tok=SECRETy'.repeat(50_000)],
  ])('of a megabyte of %s ends soon', (_what, text) => {
    // Quadratic work on a megabyte takes minutes: the time limit of the suite is the judge.
    expect(scrubWith([KEY], text).length).toBeGreaterThan(0);
  });
});
