// Outputs added, changed and removed while live: what is refused changes nothing, and what is taken touches nobody else.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Stream } from '../../../main/contract/streams.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { Outsider } from '../../helpers/outsider.ts';
import { descendantsOf } from '../../helpers/processTree.ts';
import { smallPicture } from '../../helpers/testEngine.ts';
import { waitFor } from '../../helpers/waitFor.ts';

let server: NginxRtmp;
let engine: Outsider;
let id = '';
let publishedBefore = 0;

beforeAll(async () => {
  [server, engine] = await Promise.all([startNginxRtmp({ isRecording: false }), Outsider.meet()]);
});

afterAll(async () => {
  await engine.close();
  await server.stop();
});

async function goLive(): Promise<void> {
  publishedBefore = server.published().length;
  id = await engine.create({
    input: { type: 'test' },
    processing: [smallPicture],
    output: [
      { type: 'rtmp', id: 'main', name: 'Main', url: server.url('live', 'key') },
      { type: 'file', id: 'disk', path: 'show.mkv' },
    ],
  });
  await engine.untilLive(id);
}

const endIt = (): Promise<unknown> => engine.call('DELETE', `/streams/${id}`);

const published = (): string[] =>
  server
    .published()
    .slice(publishedBefore)
    .map(({ name }) => name);
const names = ({ outputs }: Stream): string[] => outputs.map((output) => output.id);
const rtmp = (key: string): object => ({ type: 'rtmp', url: `rtmp://127.0.0.1:${server.port}/live`, key });

describe('a change that is refused', () => {
  beforeAll(goLive);
  afterAll(endIt);

  it.each([
    ['the address of another output', () => rtmp('key'), 409, 'output.duplicate'],
    ['the file of another output', () => ({ type: 'file', path: 'show.mkv' }), 409, 'output.duplicate'],
    ['an id that is taken', () => ({ type: 'hls', id: 'disk' }), 400, 'request.invalid'],
    ['an id that is none', () => ({ type: 'hls', id: 'a/b' }), 400, 'request.invalid'],
    [
      'more than the service takes',
      () => ({ type: 'rtmp', service: 'twitch', key: 'k', rendition: { bitrateKbps: 50_000 } }),
      422,
      'output.limits_exceeded',
    ],
    [
      'an encoder that does not work',
      () => ({ ...rtmp('other'), rendition: { codec: 'av1', width: 64, height: 64 } }),
      422,
      'destination.codec_unsupported',
    ],
    ['a file outside', () => ({ type: 'file', path: '../outside.mkv' }), 400, 'file.path_refused'],
  ])('(%s) leaves everything as it was, also for the next start', async (_name, output, status, code) => {
    const before = await engine.stream(id);
    const answer = await engine.call('POST', `/streams/${id}/outputs`, output());
    expect(answer).toMatchObject({ status, body: { code } });
    const after = await engine.stream(id);
    expect(after.config).toEqual(before.config);
    expect(names(after)).toEqual(['main', 'disk']);
    expect(after.outputs.map(({ state }) => state)).toEqual(['live', 'live']);
    expect(published()).toEqual(['key']);
  });

  it.each([
    ['an address that is none', { url: 'http://server/live' }, 'request.invalid'],
    ['a field of another kind of output', { passphrase: 'long enough to be one' }, 'request.invalid'],
    ['a size that no encoder makes', { rendition: { codec: 'hevc' } }, 'destination.codec_unsupported'],
  ])('(%s) leaves the output on its connection', async (_name, patch, code) => {
    const answer = await engine.call('PATCH', `/streams/${id}/outputs/main`, patch);
    expect(answer.body).toMatchObject({ code });
    const after = await engine.stream(id);
    expect(after.outputs[0]).toMatchObject({ id: 'main', state: 'live' });
    expect(published()).toEqual(['key']);
  });
});

describe('a stream', () => {
  beforeEach(goLive);
  afterEach(endIt);

  it('keeps its last output, without which it could not be started again', async () => {
    expect((await engine.call('DELETE', `/streams/${id}/outputs/disk`)).status).toBe(204);
    expect(await engine.call('DELETE', `/streams/${id}/outputs/main`)).toMatchObject({
      body: { code: 'stream.no_outputs' },
    });
    expect((await engine.stream(id)).outputs).toMatchObject([{ id: 'main', state: 'live' }]);
  });

  it('has a hundred outputs at most', async () => {
    const many = Array.from({ length: 98 }, (_, index) => ({ type: 'hls', id: `h${index}`, enabled: false }));
    for (const output of many) await engine.call('POST', `/streams/${id}/outputs`, output);
    expect(await engine.call('POST', `/streams/${id}/outputs`, { type: 'hls' })).toMatchObject({
      status: 400,
      body: { field: 'output' },
    });
    expect((await engine.stream(id)).outputs).toHaveLength(100);
  });
});

describe('a change that is taken', () => {
  beforeEach(goLive);
  afterEach(endIt);

  it('of name and priority needs no new connection, nor does an empty one', async () => {
    const added = await engine.call('POST', `/streams/${id}/outputs`, rtmp('named'));
    const outputId = (added.body as { id: string }).id;
    await engine.untilLive(id);
    await engine.call('PATCH', `/streams/${id}/outputs/${outputId}`, { name: 'Ünï <b>🎥</b>', priority: 90 });
    await engine.call('PATCH', `/streams/${id}/outputs/${outputId}`, {});
    expect((await engine.stream(id)).outputs[2]).toMatchObject({
      name: 'Ünï <b>🎥</b>',
      priority: 90,
      state: 'live',
      reconnects: 0,
    });
    expect(published()).toEqual(['key', 'named']);
  });

  it('of key, switch or size keeps the place in the list, and the others on air', async () => {
    const others = (await engine.stream(id)).outputs[1]?.liveSince;
    await engine.call('PATCH', `/streams/${id}/outputs/main`, {
      key: 'other',
      url: `rtmp://127.0.0.1:${server.port}/live`,
    });
    await engine.untilLive(id);
    await engine.call('PATCH', `/streams/${id}/outputs/main`, { enabled: false });
    await engine.call('PATCH', `/streams/${id}/outputs/main`, {
      enabled: true,
      rendition: { width: 160, height: 90 },
    });
    const after = await engine.untilLive(id);
    expect(names(after)).toEqual(['main', 'disk']);
    expect(after.outputs[1]).toMatchObject({ liveSince: others, reconnects: 0, droppedFrames: 0 });
    expect(published()).toEqual(['key', 'other', 'other']);
  });

  it('again and again leaves no process and no file of what is gone', async () => {
    const kinds = [
      (index: number) => rtmp(`again${index}`),
      (index: number) => ({ type: 'file', path: `again/${index}.mkv` }),
      (index: number) => ({ type: 'hls', path: `/live/again/${index}.m3u8` }),
    ];
    const children = descendantsOf(process.pid).length;
    for (let index = 0; index < 30; index += 1) {
      const added = await engine.call('POST', `/streams/${id}/outputs`, kinds[index % 3]?.(index));
      await engine.call('DELETE', `/streams/${id}/outputs/${(added.body as { id: string }).id}`);
    }
    await waitFor(() => descendantsOf(process.pid).length === children, { what: 'the muxers to be gone' });
    expect(engine.files('media/hls').filter((name) => name.includes('again'))).toEqual([]);
    expect((await engine.stream(id)).outputs).toMatchObject([
      { state: 'live', reconnects: 0, droppedFrames: 0 },
      { state: 'live', reconnects: 0, droppedFrames: 0 },
    ]);
  });
});

describe('two streams', () => {
  it('that write one playlist: the second says so, and the first goes on', async () => {
    const config = {
      input: { type: 'test' as const },
      processing: [smallPicture],
      output: [{ type: 'hls' as const, path: '/live/same.m3u8' }],
    };
    const first = await engine.create(config);
    await engine.untilLive(first);
    const second = await engine.create(config);
    const { outputs } = await engine.until(
      second,
      'the refusal',
      (stream) => stream.outputs[0]?.reason != null,
    );
    expect(outputs[0]).toMatchObject({ state: 'failed', reason: { code: 'output.duplicate' } });
    expect((await engine.stream(first)).outputs[0]).toMatchObject({ state: 'live' });
    for (const one of [first, second]) await engine.call('DELETE', `/streams/${one}`);
  });

  it('that record under one name write two files', async () => {
    const config = {
      input: { type: 'test' as const },
      processing: [smallPicture],
      output: [{ type: 'file' as const, path: 'twice.mkv' }],
    };
    const [first, second] = await Promise.all([engine.create(config), engine.create(config)]);
    const files = [await engine.untilLive(first), await engine.untilLive(second)].flatMap(
      ({ outputs }) => outputs[0]?.files ?? [],
    );
    expect(new Set(files).size).toBe(2);
    for (const one of [first, second]) await engine.call('DELETE', `/streams/${one}`);
  });
});

describe('the address of a playlist', () => {
  beforeEach(goLive);
  afterEach(endIt);

  it('can be opened, whatever the name is made of', async () => {
    const path = '/live/ünï 🎥/%2e%2e show.m3u8';
    await engine.call('POST', `/streams/${id}/outputs`, { type: 'hls', id: 'odd', path });
    const url = (await engine.stream(id)).outputs.find((output) => output.id === 'odd')?.playbackUrl ?? '';
    const list = await waitFor(
      async () => {
        const answer = await fetch(url);
        return answer.ok ? await answer.text() : null;
      },
      { what: 'the playlist' },
    );
    const segment = list.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
    expect((await fetch(new URL(segment, url))).status).toBe(200);
  });
});
