import { mkdirSync, realpathSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, rawGet, startApiServer } from '../helpers/apiServer.ts';
import { createFakeApiPorts } from '../helpers/fakeApiPorts.ts';
import { createTempFolder, type TempFolder } from '../helpers/tempFolder.ts';

const segment = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));
let folder: TempFolder;
let server: ApiServer;

/** As main/media/outputs/hls does it: whatever lies in the folder, by its real path. */
async function resolveHls(path: string): Promise<string | null> {
  const root = realpathSync(folder.file('hls'));
  const real = await realpath(join(root, path)).catch(() => null);
  return real?.startsWith(root + sep) ? real : null;
}

beforeAll(async () => {
  folder = createTempFolder('api-media');
  for (const name of ['hls/str_1', 'studio/assets']) mkdirSync(folder.file(name), { recursive: true });
  writeFileSync(folder.file('hls/str_1/index.m3u8'), '#EXTM3U\n');
  writeFileSync(folder.file('hls/str_1/00001.ts'), segment);
  writeFileSync(folder.file('hls/str_1/init.mp4'), segment);
  writeFileSync(folder.file('hls/str_1/empty.ts'), '');
  writeFileSync(folder.file('hls/str_1/notes.txt'), 'not media');
  mkdirSync(folder.file('hls/str_1/folder.ts'));
  writeFileSync(folder.file('secret.ts'), 'root:x:0:0');
  symlinkSync(folder.file('secret.ts'), folder.file('hls/str_1/link.ts'));
  writeFileSync(folder.file('studio/index.html'), '<!doctype html><title>studio</title>');
  writeFileSync(folder.file('studio/assets/index-4f2a.js'), 'export {};');
  symlinkSync(folder.file('secret.ts'), folder.file('studio/leak.js'));
  server = await startApiServer({
    fake: createFakeApiPorts({ resolveHls }),
    studioDirectory: folder.file('studio'),
    media: { host: '127.0.0.1', port: 0 },
  });
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${server.url}${path}`, { method, headers });

describe('HLS', () => {
  it('playlists are never kept, never validated, never cut', async () => {
    const first = await get('/live/str_1/index.m3u8');
    expect(first.headers.get('content-type')).toBe('application/vnd.apple.mpegurl');
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect([first.headers.get('etag'), first.headers.get('last-modified')]).toEqual([null, null]);
    for (const header of [
      { 'If-None-Match': '*' },
      { 'If-Modified-Since': 'Thu, 01 Jan 2099 00:00:00 GMT' },
      { Range: 'bytes=0-2' },
    ]) {
      const again = await get('/live/str_1/index.m3u8', header as unknown as Record<string, string>);
      expect([again.status, await again.text()]).toEqual([200, '#EXTM3U\n']);
    }
  });

  it('segments may be kept, and are told apart by their tag', async () => {
    const first = await get('/live/str_1/00001.ts');
    expect(Buffer.from(await first.arrayBuffer())).toEqual(segment);
    expect(first.headers.get('content-type')).toBe('video/mp2t');
    expect(first.headers.get('cache-control')).toContain('max-age');
    const etag = first.headers.get('etag') ?? '';
    expect((await get('/live/str_1/00001.ts', { 'If-None-Match': etag })).status).toBe(304);
    expect((await get('/live/str_1/00001.ts', { 'If-None-Match': '"other"' })).status).toBe(200);
  });

  it('an initialisation segment that is replaced under its name is noticed', async () => {
    const before = (await get('/live/str_1/init.mp4')).headers;
    expect(before.get('cache-control')).toBe('no-cache');
    utimesSync(folder.file('hls/str_1/init.mp4'), 1, 1);
    expect((await get('/live/str_1/init.mp4', { 'If-None-Match': before.get('etag') ?? '' })).status).toBe(
      200,
    );
  });

  it.each([
    ['bytes=0-99', 206, 'bytes 0-99/1000', 100],
    ['bytes=990-', 206, 'bytes 990-999/1000', 10],
    ['bytes=-5', 206, 'bytes 995-999/1000', 5],
    ['bytes=0-0', 206, 'bytes 0-0/1000', 1],
    ['bytes=0-9,20-29', 200, null, 1000],
    ['rubbish', 200, null, 1000],
    ['bytes=1000-', 416, 'bytes */1000', 0],
  ])('Range: %s', async (range, status, contentRange, length) => {
    const answer = await get('/live/str_1/00001.ts', { Range: range });
    const body = Buffer.from(await answer.arrayBuffer());
    expect([answer.status, answer.headers.get('content-range'), body.length]).toEqual([
      status,
      contentRange,
      length,
    ]);
    const start = /bytes (\d+)-/.exec(contentRange ?? '')?.[1];
    if (start !== undefined) expect(body).toEqual(segment.subarray(Number(start), Number(start) + length));
  });

  it('a range of a file that changed is answered with the whole file', async () => {
    const answer = await get('/live/str_1/00001.ts', { Range: 'bytes=0-9', 'If-Range': '"other"' });
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, 1000]);
  });

  it('HEAD and OPTIONS are answered', async () => {
    const head = await get('/live/str_1/00001.ts', {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '1000', '']);
    const range = await get('/live/str_1/00001.ts', { Range: 'bytes=0-9' }, 'HEAD');
    expect([range.status, range.headers.get('content-length')]).toEqual([206, '10']);
    const empty = await get('/live/str_1/empty.ts');
    expect([empty.status, await empty.text()]).toEqual([200, '']);
    const preflight = await get(
      '/live/str_1/00001.ts',
      {
        Origin: 'http://x.example',
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'range',
      },
      'OPTIONS',
    );
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      expect.stringContaining('Range'),
    ]);
  });

  it('every page may read it, without credentials, also when something is missing', async () => {
    for (const path of ['/live/str_1/index.m3u8', '/live/str_1/00001.ts', '/live/str_1/gone.ts']) {
      const answer = await get(path, { Origin: 'http://x.example' });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  it('nobody can write to it', async () => {
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await get('/live/str_1/00001.ts', {}, method)).status).toBeGreaterThanOrEqual(400);
  });

  it('a reader that goes away leaves no file open', async () => {
    for (let round = 0; round < 20; round++) {
      const abort = new AbortController();
      const answer = await fetch(`${server.url}/live/str_1/00001.ts`, { signal: abort.signal });
      abort.abort();
      await answer.arrayBuffer().catch(() => undefined);
    }
    expect((await get('/live/str_1/00001.ts')).status).toBe(200);
  });
});

describe('paths', () => {
  const attempts = [
    '../secret.ts',
    '../../../../etc/passwd',
    '..%2fsecret.ts',
    '..%2f..%2f..%2fetc%2fpasswd',
    '..%5c..%5csecret.ts',
    '%2e%2e/secret.ts',
    '%2e%2e/%2e%2e/etc/passwd',
    '..%252fsecret.ts',
    '..%252f..%252fetc%252fpasswd',
    '%c0%ae%c0%ae/secret.ts',
    '/etc/passwd',
    '%2fetc%2fpasswd',
    'str_1/%00.ts',
    'str_1/00001.ts%00.m3u8',
    'str_1/link.ts',
    'str_1/folder.ts',
    'str_1/notes.txt',
    'str_1/',
    'str_1',
    '',
  ];

  it.each(attempts)('/live/%s gives nothing', async (path) => {
    for (const port of [server.port, Number(new URL(server.mediaUrl ?? '').port)]) {
      const answer = await rawGet(port, `/live/${path}`);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.body).not.toContain('root:');
    }
  });

  it.each([...attempts, 'leak.js'])('/%s of the studio gives nothing', async (path) => {
    const answer = await rawGet(server.port, `/${path || 'missing.js'}`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toContain('root:');
  });
});

describe('the listener for the network', () => {
  it('has HLS and nothing else', async () => {
    const { mediaUrl } = server;
    expect((await fetch(`${mediaUrl}/live/str_1/index.m3u8`)).status).toBe(200);
    const headers = { Authorization: `Bearer ${await server.token('admin')}` };
    for (const path of ['/api/v1/streams', '/health', '/metrics', '/', '/api/docs', '/v1/streams']) {
      const answer = await fetch(`${mediaUrl}${path}`, { headers });
      expect([path, [404, 405].includes(answer.status)]).toEqual([path, true]);
    }
    expect(
      (
        await fetch(`${mediaUrl}/api/v1/streams`, {
          method: 'POST',
          headers: { ...headers, 'Content-Type': 'application/json' },
          body: '{}',
        })
      ).status,
    ).toBeGreaterThanOrEqual(400);
    expect(server.fake.calls).toEqual([]);
  });

  it('takes addresses of the network as Host, and no foreign name', async () => {
    const port = Number(new URL(server.mediaUrl ?? '').port);
    expect((await rawGet(port, '/live/str_1/index.m3u8', { Host: `192.168.1.5:${port}` })).status).toBe(200);
    expect((await rawGet(port, '/live/str_1/index.m3u8', { Host: 'evil.example' })).status).toBe(421);
  });
});

describe('the studio', () => {
  it('is served with a policy that runs nothing foreign', async () => {
    const answer = await get('/');
    expect(await answer.text()).toContain('<title>studio</title>');
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("media-src 'self' blob:");
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
  });

  it('keeps built files for long, and answers its own addresses with the page', async () => {
    const script = await get('/assets/index-4f2a.js');
    expect([script.headers.get('content-type'), script.headers.get('cache-control')]).toEqual([
      'text/javascript; charset=utf-8',
      expect.stringContaining('immutable'),
    ]);
    expect(await (await get('/broadcasts/brd_1', { Accept: 'text/html' })).text()).toContain(
      '<title>studio</title>',
    );
    expect((await get('/broadcasts/brd_1', { Accept: 'application/json' })).status).toBe(404);
    expect((await get('/assets/missing.js')).status).toBe(404);
    expect((await get('/api/nothing', { Accept: 'text/html' })).status).toBe(404);
  });

  it('that was not built says so', async () => {
    const bare = await startApiServer({ studioDirectory: null });
    const answer = await fetch(`${bare.url}/`);
    expect(await answer.text()).toContain('npm run build');
    await bare.close();
  });
});
