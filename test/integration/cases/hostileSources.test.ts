// What must never be opened, be it named, disguised or pointed to; what never ends; and what a plugin may not have read.
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTool } from '../../helpers/childProcess.ts';
import { fixture } from '../../helpers/fixtures.ts';
import { Outsider } from '../../helpers/outsider.ts';
import { createTempFolder } from '../../helpers/tempFolder.ts';
import { smallPicture } from '../../helpers/testEngine.ts';

const folder = createTempFolder('hostile');
let engine: Outsider;
let plugin: string;
let site: Server;
let inner: Server;
let base = '';
const innerRequests: string[] = [];
const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

beforeAll(async () => {
  engine = await Outsider.meet();
  plugin = await engine.pluginToken();
  inner = createServer((request, response) => {
    innerRequests.push(request.url ?? '');
    response.end();
  });
  const innerUrl = `http://127.0.0.1:${await listen(inner)}`;
  const list = `#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n${innerUrl}/segment.ts\n#EXT-X-ENDLIST\n`;
  const answers: Record<string, () => [number, Record<string, string>, string]> = {
    '/list.m3u8': () => [200, {}, list],
    '/elsewhere': () => [302, { location: `${innerUrl}/elsewhere` }, ''],
    '/metadata': () => [302, { location: 'http://169.254.169.254/' }, ''],
    '/circle': () => [302, { location: '/circle' }, ''],
  };
  site = createServer((request, response) => {
    const [status, headers, body] = answers[request.url ?? '']?.() ?? [404, {}, ''];
    response.writeHead(status, headers).end(body);
  });
  base = `http://127.0.0.1:${await listen(site)}`;
});

afterAll(async () => {
  await engine.close();
  for (const server of [site, inner]) {
    server.closeAllConnections();
    server.close();
  }
  folder.remove();
});

/** Nothing was created, written or left running. */
async function expectNothingHappened(): Promise<void> {
  expect((await engine.call('GET', '/streams')).body).toEqual({ items: [], nextCursor: null });
  expect([
    ...engine.files('recordings'),
    ...engine.files('media/hls'),
    ...engine.files('cache/recordings'),
  ]).toEqual([]);
}

const outputs = [{ type: 'file', path: 'refused.mp4' }, { type: 'hls' }];

describe('an input file', () => {
  it.each([
    ['another playlist in disguise', async () => await fixture('trojan.mp4'), 'input.refused'],
    ['two files in one', () => 'concat:a|b', 'input.refused'],
    ['a part of a file', () => 'subfile,,start,0,end,99,,:/etc/passwd', 'input.refused'],
    ['an address', () => 'file:///etc/passwd', 'input.refused'],
    ['its own data', () => 'data:video/mp4;base64,AAAA', 'input.refused'],
    ['a text', () => '/etc/passwd', 'input.unreadable'],
    ['with further options', () => '/dev/null -i http://127.0.0.1/x', 'input.not_found'],
    ['a device without an end', () => '/dev/zero', 'input.refused'],
    ['a pipe that nobody writes to', async () => await fixture('pipe.mp4'), 'input.refused'],
    ['a folder', () => folder.path, 'input.refused'],
    ['nothing', async () => await fixture('empty.mp4'), 'input.unreadable'],
    ['noise', async () => await fixture('random.mp4'), 'input.unreadable'],
    ['the beginning of a file', async () => await fixture('trunc.mp4'), 'input.unreadable'],
    ['a pattern', () => '/tmp/%03d.mp4', 'input.not_found'],
    ['a way out of the media folder', () => '../../../../etc/passwd.mp4', 'input.not_found'],
  ])('that is %s is refused with its field', async (_name, path, code) => {
    const input = { type: 'file', path: await path() };
    expect(await engine.refusalOf({ input, output: outputs })).toMatchObject({ code, field: 'input.path' });
    expect((await engine.call('POST', '/probe', { input })).body).toMatchObject({
      code,
      field: 'input.path',
    });
    await expectNothingHappened();
  });
});

describe('an address', () => {
  it.each([
    ['of the machine’s own credentials', () => 'http://169.254.169.254/'],
    ['of the same, as a number', () => 'http://2852039166/'],
    ['of the same, in IPv6', () => 'http://[::ffff:169.254.169.254]/'],
    ['with a playlist that leads into this machine', () => `${base}/list.m3u8`],
    ['that sends into this machine', () => `${base}/elsewhere`],
    ['that sends to the credentials', () => `${base}/metadata`],
  ])('%s is refused, and nothing there is asked', async (_name, url) => {
    const refusal = await engine.refusalOf({ input: { type: 'http', url: url() }, output: outputs });
    expect(refusal).toMatchObject({ code: 'input.refused', field: 'input.url' });
    expect(innerRequests).toEqual([]);
    await expectNothingHappened();
  });

  it('that only sends from one place to the next says so, and nothing of how it is asked', async () => {
    const id = await engine.create({
      input: { type: 'http', url: `${base}/circle` },
      output: [{ type: 'hls' }],
    });
    const { reason } = await engine.until(id, 'the reason', (stream) => stream.reason !== null);
    expect(reason).toMatchObject({ code: 'input.unreachable' });
    expect(JSON.stringify(reason)).not.toContain('streamware.invalid');
    await engine.call('DELETE', `/streams/${id}`);
  });
});

describe('a picture', () => {
  it.each([
    [
      'a list of others',
      () => writeFileSync(folder.file('picture'), '#EXTM3U\nother.png'),
      'file.path_refused',
    ],
    [
      'one that may name files',
      () => writeFileSync(folder.file('picture'), '<svg><image href="/etc/passwd"/></svg>'),
      'file.path_refused',
    ],
    [
      'torn',
      async () =>
        writeFileSync(folder.file('picture'), readFileSync(await fixture('odd.png')).subarray(0, 200)),
      'file.path_refused',
    ],
    [
      'larger than any memory',
      () =>
        runTool('ffmpeg', [
          '-v',
          'error',
          '-y',
          '-f',
          'lavfi',
          '-i',
          'color=red:s=12000x12000',
          '-frames:v',
          '1',
          '-f',
          'image2',
          '-c:v',
          'png',
          folder.file('picture'),
        ]),
      'file.path_refused',
    ],
    [
      'a video',
      async () => copyFileSync(await fixture('ok.mp4'), folder.file('picture')),
      'file.path_refused',
    ],
  ])('that is %s is refused as overlay and as slate', async (_name, make, code) => {
    await make();
    const image = folder.file('picture');
    const overlay = { input: { type: 'test' }, processing: [{ type: 'watermark', image }], output: outputs };
    expect(await engine.refusalOf(overlay)).toMatchObject({ code, field: 'processing.0.image' });
    const slate = { input: { type: 'test' }, slate: { image }, output: outputs };
    expect(await engine.refusalOf(slate)).toMatchObject({ code, field: 'slate.image' });
    await expectNothingHappened();
  });
});

describe('a plugin', () => {
  it('may have files of the media folder read, and no others', async () => {
    const video = await fixture('ok.mp4');
    const picture = await fixture('odd.png');
    symlinkSync(video, `${engine.engine.dataDir}/recordings/link.mp4`);
    const test = { input: { type: 'test' }, output: outputs };
    const wishes: [object, string][] = [
      [{ input: { type: 'file', path: video }, output: outputs }, 'input.path'],
      [{ input: { type: 'file', path: 'link.mp4' }, output: outputs }, 'input.path'],
      [{ ...test, processing: [{ type: 'watermark', image: picture }] }, 'processing.0.image'],
      [{ ...test, slate: { image: picture } }, 'slate.image'],
      [{ ...test, output: [{ type: 'file', path: '/tmp/streamware-plugin.mp4' }] }, 'output.0.path'],
    ];
    for (const [wish, field] of wishes) {
      expect(await engine.refusalOf(wish, plugin)).toMatchObject({ code: 'file.path_refused', field });
    }
    const probe = await engine.call('POST', '/probe', { input: { type: 'file', path: video } }, plugin);
    expect(probe.body).toMatchObject({ code: 'file.path_refused', field: 'input.path' });

    copyFileSync(video, `${engine.engine.dataDir}/recordings/own.mp4`);
    const own = {
      input: { type: 'file', path: 'own.mp4' },
      processing: [smallPicture],
      output: [{ type: 'hls' }],
    };
    const taken = await engine.call('POST', '/streams', own, plugin);
    expect(taken.status).toBe(201);
    await engine.call('DELETE', `/streams/${(taken.body as { id: string }).id}`);
  });
});
