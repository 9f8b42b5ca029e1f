// What people paste into address and key: the server gets exactly that, or the field is named and nothing begins.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { Outsider } from '../../helpers/outsider.ts';
import { smallPicture } from '../../helpers/testEngine.ts';

let server: NginxRtmp;
let engine: Outsider;

beforeAll(async () => {
  [server, engine] = await Promise.all([startNginxRtmp({ isRecording: false }), Outsider.meet()]);
});

afterAll(async () => {
  await engine.close();
  await server.stop();
});

const received = (): string[] =>
  server.published().map(({ app, name, args }) => `${app} ${name}${args === '' ? '' : `?${args}`}`);

async function sendTo(output: unknown[]): Promise<string[]> {
  const before = received().length;
  const config = { input: { type: 'test' as const }, processing: [smallPicture], output: output as [] };
  const id = await engine.create(config);
  await engine.untilLive(id);
  await engine.call('DELETE', `/streams/${id}`);
  return received().slice(before);
}

const oddKeys = [
  ...['ab?x=1&y=2', 'ab&c=d', 'a%2Fb', 'a%b', 'a;b', 'a#b', "a'b", 'a|b[c]', 'a$(id)', 'a`id`', 'a/b'],
  ...['ключ-🎥', 'a b', 'a\u00a0b', 'back\\slash', '"quoted"', '<b>'],
];

describe('a stream key', () => {
  it('reaches the server as it was typed, whatever is in it, to many destinations at once', async () => {
    const url = server.url('live', '').replace(/\/$/, '');
    const sent = await sendTo(oddKeys.map((key) => ({ type: 'rtmp', url, key })));
    expect(sent.sort()).toEqual(oddKeys.map((key) => `live ${key}`).sort());
  });

  it('is kept through a change of the output and through the next start of the engine', async () => {
    const keys = oddKeys.map((key, index) => `${index}${key}`);
    const url = `rtmp://127.0.0.1:${server.port}/live`;
    const first = await Outsider.meet();
    const id = await first.create({
      input: { type: 'test' },
      processing: [smallPicture],
      output: keys.map((key, index) => ({ type: 'rtmp', id: `o${index}`, url, key })),
      start: false,
    });
    await first.call('PATCH', `/streams/${id}/outputs/o0`, { name: 'renamed', priority: 70 });
    await first.engine.stop();
    const before = received().length;
    const second = await Outsider.meet({ dataDir: first.engine.dataDir });
    await second.call('POST', `/streams/${id}/start`);
    await second.untilLive(id);
    await second.close();
    await first.close();
    expect(received().slice(before).sort()).toEqual(keys.map((key) => `live ${key}`).sort());
  });

  it.each([
    ['blanks and invisible characters around it', { key: ' \u200bkey1\ufeff\n' }, 'live key1'],
    ['a slash behind the server', { url: 'rtmp://SERVER/live/', key: 'key2' }, 'live key2'],
    ['a slash before it', { key: '/key3' }, 'live key3'],
    ['the whole address in the server field', { url: 'rtmp://SERVER/live/key4', key: '' }, 'live key4'],
    ['the whole address in the key field', { url: undefined, key: 'rtmp://SERVER/live/key5' }, 'live key5'],
    ['both', { key: 'rtmp://SERVER/live/key6' }, 'live key6'],
    ['blanks and capitals in the address', { url: ' RTMP://SERVER/live ', key: 'key7' }, 'live key7'],
  ])('is found with %s', async (_name, typed, expected) => {
    const filled = { url: 'rtmp://SERVER/live', ...typed };
    const [url, key] = [filled.url, filled.key].map((text) =>
      text?.replace('SERVER', `127.0.0.1:${server.port}`),
    );
    expect(await sendTo([{ type: 'rtmp', url, key }])).toEqual([expected]);
  });
});

describe('an address that cannot be used', () => {
  const good = { type: 'rtmp', url: 'rtmp://server/live', key: 'k' };

  it.each([
    ['of another protocol', { ...good, url: 'http://server/live' }, 'output.0.url'],
    ['without a protocol', { ...good, url: 'server/live' }, 'output.0.url'],
    ['that is a file', { ...good, url: 'file:/tmp/x' }, 'output.0.url'],
    ['without a server', { ...good, url: 'rtmp://' }, 'output.0.url'],
    ['with a blank in the server', { ...good, url: 'rtmp://a b/live' }, 'output.0.url'],
    ['without an application', { ...good, url: 'rtmp://server' }, 'output.0.url'],
    ['with a port that is none', { ...good, url: 'rtmp://server:99999/live' }, 'output.0.url'],
    ['without a key', { ...good, key: '' }, 'output.0.key'],
    ['with a key of parameters alone', { ...good, key: '?token=1' }, 'output.0.key'],
    ['with a line break in the key', { ...good, key: 'a\nb' }, 'output.0.key'],
    ['without encryption that was asked for', { ...good, type: 'rtmps' }, 'output.0.url'],
    [
      'with a backup without it',
      { ...good, type: 'rtmps', url: 'rtmps://server/live', backupUrl: 'rtmp://b/live' },
      'output.0.backupUrl',
    ],
    ['of SRT without a port', { type: 'srt', url: 'srt://server' }, 'output.0.url'],
    [
      'of SRT with more behind it',
      { type: 'srt', url: 'srt://server:9000|[f=flv]file:/tmp/x' },
      'output.0.url',
    ],
    ['of an upload by file', { type: 'hls-push', url: 'file:///tmp/x' }, 'output.0.url'],
  ])('%s names its field, and nothing begins', async (_name, output, field) => {
    const refusal = await engine.refusalOf({ input: { type: 'test' }, output: [output] });
    expect(refusal).toMatchObject({ code: 'request.invalid', status: 400, field });
    expect((await engine.call('GET', '/streams')).body).toMatchObject({ items: [] });
  });

  it.each([
    ['rtmp', 'rtmp://x y z'],
    ['rtmp', "rtmp://server/a'\nfile '/etc/passwd"],
    ['rtsp', 'rtsp://'],
    ['srt', 'srt://server'],
    ['http', 'http://'],
    ['http', 'file:///etc/passwd'],
  ])('as an input of type %s (%j) names its field', async (type, url) => {
    const refusal = await engine.refusalOf({ input: { type, url }, output: [{ type: 'hls' }] });
    expect(refusal).toMatchObject({ code: 'request.invalid', field: 'input.url' });
  });
});
