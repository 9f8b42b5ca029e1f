import { expect, test } from 'vitest';
import { streamAddress } from '../../../../../main/media/rtmp/ingest/streamAddress.ts';

test.each([
  { name: 'as it should be', app: 'live', stream: 'key', expected: { app: 'live', key: 'key' } },
  {
    name: 'key with a slash, cut late (ffmpeg)',
    app: 'live/a',
    stream: 'b',
    expected: { app: 'live', key: 'a/b' },
  },
  {
    name: 'key with a slash, cut early (OBS)',
    app: 'live',
    stream: 'a/b',
    expected: { app: 'live', key: 'a/b' },
  },
  { name: 'stray slashes', app: '/live/', stream: '/key', expected: { app: 'live', key: 'key' } },
  {
    name: 'query on the application',
    app: 'live?a=1/2',
    stream: 'key',
    expected: { app: 'live', key: 'key' },
  },
  {
    name: 'query in the key stays',
    app: 'live',
    stream: 'key?a=1&b=%20',
    expected: { app: 'live', key: 'key?a=1&b=%20' },
  },
  { name: 'no key', app: 'live', stream: '', expected: { app: 'live', key: '' } },
  { name: 'nothing at all', app: '', stream: '', expected: { app: '', key: '' } },
  { name: 'traversal is text', app: 'live/..', stream: '../x', expected: { app: 'live', key: '../../x' } },
  {
    name: 'everything in the application',
    app: 'live/key',
    stream: '',
    expected: { app: 'live', key: 'key' },
  },
])('$name', ({ app, stream, expected }) => {
  expect(streamAddress(app, stream)).toEqual(expected);
});
