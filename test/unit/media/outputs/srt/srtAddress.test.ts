import { describe, expect, it } from 'vitest';
import { StreamwareError } from '../../../../../main/contract/errors.ts';
import {
  describeSrtAddress,
  parseSrtAddress,
  publicUrl,
} from '../../../../../main/media/outputs/srt/srtAddress.ts';

const parse = (url: string, change: object = {}): ReturnType<typeof parseSrtAddress> =>
  parseSrtAddress({ url, latencyMs: 200, ...change });

describe('an SRT address', () => {
  it.each([
    [
      'a server and a port',
      'srt://host.example:9000',
      { host: 'host.example', port: 9000, mode: 'caller', latencyMs: 200 },
    ],
    ['capitals and a slash', 'SRT://HOST:9000/', { host: 'HOST', port: 9000 }],
    ['an IPv6 address', 'srt://[::1]:9000?mode=caller', { host: '::1' }],
    ['a listener on every address', 'srt://:9000?mode=listener', { host: '', mode: 'listener' }],
    ['latency in milliseconds', 'srt://h:1?latency=120', { latencyMs: 120 }],
    ['latency as ffmpeg counts it', 'srt://h:1?latency=120000', { latencyMs: 120 }],
    ['parameters of no consequence', 'srt://h:1?transtype=live&pkt_size=1316', { port: 1 }],
    ['a key length', 'srt://h:1?pbkeylen=32', { keyLengthBytes: 32 }],
  ])('%s', (_, url, expected) => {
    expect(parse(url)).toMatchObject(expected);
  });

  it('gives the secrets apart, whatever characters they have', () => {
    const address = parse('srt://h:1?passphrase=a%26b+c=d 12345&streamid=#!::r=live/x,m=publish');
    expect(address.passphrase?.reveal()).toBe('a&b+c=d 12345');
    expect(address.streamId?.reveal()).toBe('#!::r=live/x,m=publish');
    expect(
      parse('srt://h:1?passphrase=0123456789', { passphrase: 'from the field' }).passphrase?.reveal(),
    ).toBe('from the field');
    expect(describeSrtAddress(address) + publicUrl(address)).toBe('srt://h:1srt://h:1?mode=caller');
  });

  it.each([
    ['url', 'srt://host'],
    ['url', 'srt://:9000'],
    ['url', 'srt://h:70000'],
    ['url', 'srt://h:0'],
    ['url', 'rtmp://h:1'],
    ['url', 'srt://h:1 -f null'],
    ['url', 'srt://h:1?mode=rendezvous'],
    ['url', 'srt://h:1?SECRETparameter=1'],
    ['url', 'srt://h:1?pbkeylen=17'],
    ['url', 'srt://h:1?latency=soon'],
    ['passphrase', 'srt://h:1?passphrase=SECRET'],
    ['streamId', `srt://h:1?streamid=${'x'.repeat(513)}`],
  ])('names the field %s for %s', (field, url) => {
    let thrown: unknown;
    try {
      parse(url);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(StreamwareError);
    expect(thrown).toMatchObject({ code: 'request.invalid', field });
  });
});
