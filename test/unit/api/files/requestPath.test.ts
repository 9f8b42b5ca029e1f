import { describe, expect, it } from 'vitest';
import { cacheControlOf, mediaTypeOf, pageTypeOf } from '../../../../main/api/files/fileTypes.ts';
import { pathBelow } from '../../../../main/api/files/requestPath.ts';

describe('pathBelow', () => {
  it.each([
    ['/live/str_1/index.m3u8', 'str_1/index.m3u8'],
    ['/live/show.m3u8?_=17', 'show.m3u8'],
    ['/live/a%20b%C3%B3.ts', 'a bó.ts'],
    ['/live/100%25.ts', '100%.ts'],
    ['/live/%252e%252e', '%2e%2e'],
  ])('reads %s', (url, expected) => {
    expect(pathBelow(url, '/live/')).toBe(expected);
  });

  it.each([
    '/live/../../../../etc/passwd',
    '/live/..%2f..%2f..%2fetc%2fpasswd',
    '/live/..%5c..%5cetc%5cpasswd',
    '/live/%2e%2e/%2e%2e/etc/passwd',
    '/live/a/../../x.ts',
    '/live/./x.ts',
    '/live//etc/passwd',
    '/live/%2fetc%2fpasswd',
    '/live/x.ts%00.m3u8',
    '/live/a%0ab.ts',
    '/live/C:/windows.ts',
    '/live/x.ts:stream',
    '/live/.hidden.ts',
    '/live/%zz.ts',
    '/live/%e0%80%af.ts',
    '/live/',
    '/live/a/',
    `/live/${'a/'.repeat(20)}x.ts`,
    `/live/${'a'.repeat(300)}.ts`,
    '/elsewhere/x.ts',
  ])('refuses %s', (url) => {
    expect(pathBelow(url, '/live/')).toBeNull();
  });
});

describe('file types', () => {
  it('serves media alone below /live', () => {
    expect(mediaTypeOf('a/index.m3u8')).toEqual({
      contentType: 'application/vnd.apple.mpegurl',
      caching: 'fresh',
    });
    expect(mediaTypeOf('a/1.TS')).toEqual({ contentType: 'video/mp2t', caching: 'keep' });
    for (const name of ['index.html', 'x.js', 'x', 'x.toString', 'x.constructor', 'passwd', ''])
      expect(mediaTypeOf(name)).toBeNull();
  });

  it('lets only what never changes be kept', () => {
    expect(cacheControlOf('fresh')).toBe('no-store');
    expect(mediaTypeOf('init.mp4')?.caching).toBe('check');
    expect(pageTypeOf('index.html')?.caching).toBe('check');
    expect(pageTypeOf('assets/index-4f2a.js')?.caching).toBe('keep');
  });
});
