import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NginxRtmp, startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { startNodeMediaServer } from '../helpers/nodeMediaServer.ts';
import { neverAborted, publisherTo } from '../helpers/rtmpPublishing.ts';
import { waitFor } from '../helpers/waitFor.ts';

let server: NginxRtmp;

beforeAll(async () => {
  server = await startNginxRtmp();
});
afterAll(() => server.stop());

/** Publishes to nginx-rtmp; gives application and key as its on_publish callback reported them. */
async function publishedAs(url: string, key?: string): Promise<{ app: string; key: string }> {
  const session = publisherTo(url, key);
  await session.open(neverAborted);
  await session.close(2000);
  const seen = server.published().at(-1);
  if (seen === undefined) throw new Error('nothing was published');
  return { app: seen.app, key: seen.args === '' ? seen.name : `${seen.name}?${seen.args}` };
}

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
  'a+b=c',
  '{a}<b>^c~d*e!',
  'a?b?c',
  `long-${'k'.repeat(200)}`,
])('the key %s arrives exactly', async (key) => {
  expect(await publishedAs(`rtmp://127.0.0.1:${server.port}/live`, key)).toEqual({ app: 'live', key });
});

it.each([
  [' rtmp://127.0.0.1:PORT/live', 'trimmed \n', 'trimmed'],
  ['RTMP://127.0.0.1:PORT/live/', '/slashes', 'slashes'],
  ['rtmp://127.0.0.1:PORT/live/inside', '', 'inside'],
  ['', 'rtmp://127.0.0.1:PORT/live/whole', 'whole'],
  ['rtmp://127.0.0.1:PORT/live', 'rtmp://127.0.0.1:PORT/live/both', 'both'],
  ['rtmp://user:pass@127.0.0.1:PORT/live', 'with-user', 'with-user'],
])('%j with the key %j reaches live as %s', async (url, key, expected) => {
  const fill = (text: string): string => text.replace('PORT', String(server.port));
  expect(await publishedAs(fill(url), fill(key))).toEqual({ app: 'live', key: expected });
});

it('a query of the application reaches the server in tcUrl, the key without it', async () => {
  await publishedAs(`rtmp://127.0.0.1:${server.port}/live?backup=1`, 'k');
  expect(server.published().at(-1)).toMatchObject({
    app: 'live',
    name: 'k',
    tcUrl: `rtmp://127.0.0.1:${server.port}/live?backup=1`,
  });
});

it('a signed key reaches node-media-server as name and query', async () => {
  const peer = await startNodeMediaServer();
  try {
    const session = publisherTo(`rtmp://127.0.0.1:${peer.port}/live`, 'k?sign=1-ab&x=y');
    await session.open(neverAborted);
    await session.close(2000);
    await waitFor(() => peer.published().length === 1, { what: 'the publish to be reported' });
    expect(peer.published()).toMatchObject([{ app: 'live', name: 'k', query: { sign: '1-ab', x: 'y' } }]);
  } finally {
    await peer.stop();
  }
});
