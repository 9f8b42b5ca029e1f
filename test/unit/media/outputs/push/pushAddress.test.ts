import { describe, expect, it } from 'vitest';
import { parsePushAddress } from '../../../../../main/media/outputs/push/pushAddress.ts';

const KEY = 'ab/c&d e';

describe('the address of an HLS push', () => {
  it.each([
    ['a folder', 'https://s.example/in/', KEY, 'https://s.example/in/ab%2Fc%26d%20e/f.ts'],
    ['a folder without a key', 'http://s.example/in', undefined, 'http://s.example/in/f.ts'],
    ['a folder with a query', 'https://s.example/in?t=1', 'k', 'https://s.example/in/k/f.ts?t=1'],
    [
      'the form of YouTube',
      'https://a.upload.youtube.com/http_upload_hls?cid=&copy=0&file=',
      KEY,
      'https://a.upload.youtube.com/http_upload_hls?cid=ab%2Fc%26d+e&copy=0&file=f.ts',
    ],
    [
      'the same with the key inside',
      'https://y.example/up?cid=K&copy=0&file=',
      '',
      'https://y.example/up?cid=K&copy=0&file=f.ts',
    ],
    [
      'the same without a place for the key',
      'https://y.example/up?file=',
      'k',
      'https://y.example/up?file=f.ts&cid=k',
    ],
    [
      "places of one's own",
      'https://s.example/{key}/in/{file}?x={key}',
      'k y',
      'https://s.example/k%20y/in/f.ts?x=k%20y',
    ],
  ])('%s', (_, url, key, expected) => {
    expect(parsePushAddress(url, key).urlOf('f.ts').href).toBe(expected);
  });

  it.each([
    ['https://s.example/in/', 'https://s.example/in/', true],
    ['https://s.example/{key}/in/{file}', 'https://s.example', true],
    ['https://me:SECRETp@y.example/up?cid=SECRETk&file=', 'https://y.example/up', false],
  ])('%s is shown without secrets', (url, target, isFolder) => {
    expect(parsePushAddress(url, 'SECRETkey')).toMatchObject({ target, isFolder });
  });

  it('knows what must not be shown', () => {
    const { secrets } = parsePushAddress('https://me:SECRETp@y.example/up?cid=SECRETk&file=', 'SECRETx');
    expect(secrets.map((secret) => secret.reveal())).toEqual(['SECRETx', 'SECRETp', 'SECRETk']);
  });

  it.each([
    ['url', undefined, 'k'],
    ['url', 'rtmp://s.example/in', 'k'],
    ['url', 'not an address', 'k'],
    ['key', 'https://s.example/{key}/{file}', undefined],
  ])('names the field %s at fault', (field, url, key) => {
    expect(() => parsePushAddress(url, key)).toThrow(
      expect.objectContaining({ code: 'request.invalid', field }),
    );
  });
});
