import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nullLogger } from '../../main/lib/logger.ts';
import { createProber } from '../../main/media/ffmpeg/probe.ts';
import { openNetworkGate } from '../../main/media/inputs/networkGate.ts';
import { probeInput } from '../../main/media/inputs/probeInput.ts';
import { startPeer } from '../helpers/childProcess.ts';
import { createEncoderRig, type EncoderRig } from '../helpers/encoderRig.ts';
import type { FixtureName } from '../helpers/fixtureRecipes.ts';
import { fixture } from '../helpers/fixtures.ts';
import { freePort } from '../helpers/freePort.ts';
import { commandLineOf, descendantsOf } from '../helpers/processTree.ts';
import { waitFor } from '../helpers/waitFor.ts';

let rig: EncoderRig;
let web: Server;
/** Stands for a service of this machine that no playlist may reach. */
let secret: Server;
let silent: TcpServer;
const asked: string[] = [];
const stolen: string[] = [];
let film: Buffer;

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
const listen = (server: Server | TcpServer): Promise<void> =>
  new Promise((resolve) => void server.listen(0, '127.0.0.1', resolve));

/** What the web server has, by path. */
function page(request: IncomingMessage): {
  status: number;
  headers?: Record<string, string>;
  body: Buffer | string;
} {
  const path = new URL(request.url ?? '', 'http://x').pathname;
  const playlist = (line: string): string =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n${line}\n#EXT-X-ENDLIST\n`;
  switch (path) {
    case '/film.ts':
    case '/live/part.ts':
      return { status: 200, body: film };
    case '/live/index.m3u8':
      return { status: 200, body: playlist('part.ts') };
    case '/ssrf.m3u8':
      return { status: 200, body: playlist(`http://127.0.0.1:${portOf(secret)}/ssrf.ts`) };
    case '/ssrf-redirect.m3u8':
      return { status: 200, body: playlist('to-secret.ts') };
    case '/to-secret.ts':
    case '/redirect':
      return { status: 302, headers: { Location: `http://127.0.0.1:${portOf(secret)}/x.ts` }, body: '' };
    case '/files.m3u8':
      return { status: 200, body: playlist('file:///etc/passwd') };
    case '/list.ts':
      return { status: 200, body: 'ffconcat version 1.0\nfile http://127.0.0.1/x\n' };
    case '/locked.ts':
      return request.headers.authorization === `Basic ${Buffer.from('cam:SECRETz9').toString('base64')}`
        ? { status: 200, body: film }
        : { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="x"' }, body: '' };
    default:
      return { status: 404, body: '' };
  }
}

beforeAll(async () => {
  rig = await createEncoderRig();
  film = readFileSync(await fixture('secret/s.ts'));
  web = createServer((request, response) => {
    asked.push(request.url ?? '');
    const { status, headers, body } = page(request);
    response.writeHead(status, headers).end(body);
  });
  secret = createServer((request, response) => {
    stolen.push(request.url ?? '');
    response.end(film);
  });
  silent = createTcpServer(() => undefined);
  await Promise.all([listen(web), listen(secret), listen(silent)]);
});

afterAll(async () => {
  web.closeAllConnections();
  secret.closeAllConnections();
  for (const server of [web, secret, silent]) server.close();
  await rig.close();
});

const webUrl = (path: string, login = ''): string => `http://${login}127.0.0.1:${portOf(web)}${path}`;

describe('files', () => {
  it.each<[FixtureName, object]>([
    [
      'ok.mp4',
      { video: { codec: 'h264', width: 640, height: 360, fps: 25 }, audio: { codec: 'aac', channels: 1 } },
    ],
    ['rot90.mp4', { video: { width: 360, height: 640, rotationDegrees: 270 } }],
    ['noaudio.mp4', { audio: null }],
    ['audioonly.m4a', { video: null }],
    ['vfr441mono.mp4', { video: { hasVariableFps: true }, audio: { sampleRateHz: 44_100 } }],
    ['hevc.mp4', { video: { codec: 'hevc' } }],
    ['-v.mp4', { video: { width: 640 } }],
    ['d 100%d/in.mp4', { video: { width: 640 } }],
  ])('%s is read for what it is, with ffprobe and without', async (name, expected) => {
    const path = await fixture(name);
    expect(await rig.probe({ type: 'file', path })).toMatchObject(expected);
    const binary = () => ({ ...rig.binary, ffprobePath: null });
    const withoutFfprobe = createProber({ ...rig.brief, binary, redactor: rig.redactor });
    const source = (await import('../../main/media/inputs/openInput.ts')).openInput(
      { type: 'file', path, loop: false, startSeconds: 0 },
      rig.abilities,
    );
    expect(await withoutFfprobe.probe((await source).source())).toMatchObject(expected);
  });

  it('tells how far key frames are apart when asked', async () => {
    const look = async (name: FixtureName) =>
      (
        await probeInput(
          { type: 'file', path: await fixture(name), loop: false, startSeconds: 0 },
          rig.prober,
          rig.abilities,
          { measuresKeyFrames: true },
        )
      ).video?.keyFrameSeconds;
    expect([await look('ok.mp4'), await look('hugegop.mp4')]).toEqual([2, 59.9]);
  });

  it.each<[FixtureName, string]>([
    ['trojan.mp4', 'input.refused'],
    ['pipe.mp4', 'input.refused'],
    ['empty.mp4', 'input.unreadable'],
    ['random.mp4', 'input.unreadable'],
    ['trunc.mp4', 'input.unreadable'],
  ])('%s is refused: %s', async (name, code) => {
    await expect(rig.probe({ type: 'file', path: await fixture(name) })).rejects.toMatchObject({ code });
  });

  it('a playlist that does not look like one is still not followed', async () => {
    const path = rig.folder.file('disguised.mp4');
    writeFileSync(path, `${' '.repeat(5000)}\n#EXTM3U\n#EXTINF:3,\n${await fixture('secret/s.ts')}\n`);
    await expect(rig.probe({ type: 'file', path })).rejects.toMatchObject({
      code: /^input\.(refused|unreadable)$/,
    });
  });

  it.each([
    ['concat:a|b', 'input.refused'],
    ['subfile,,start,0,end,99,,:/etc/passwd', 'input.refused'],
    ['file:///etc/passwd', 'input.refused'],
    ['data:text/plain,x', 'input.refused'],
    ['http://169.254.169.254/', 'input.refused'],
    ['/dev/zero', 'input.refused'],
    ['/tmp', 'input.refused'],
    ['/etc/passwd', 'input.unreadable'],
    ['/dev/null -i http://127.0.0.1/x', 'input.not_found'],
    ['/nowhere.mp4', 'input.not_found'],
  ])('%s → %s', async (path, code) => {
    await expect(rig.probe({ type: 'file', path })).rejects.toMatchObject({ code });
  });
});

describe('HTTP', () => {
  it('reads a film and a playlist', async () => {
    expect(await rig.probe({ type: 'http', url: webUrl('/film.ts') })).toMatchObject({
      video: { width: 640 },
    });
    expect(await rig.probe({ type: 'http', url: webUrl('/live/index.m3u8') })).toMatchObject({
      formatName: 'hls',
    });
    expect(asked).toContain('/live/part.ts');
  });

  it.each(['/ssrf.m3u8', '/ssrf-redirect.m3u8', '/redirect'])(
    '%s does not reach other services of this machine',
    async (path) => {
      stolen.length = 0;
      await expect(rig.probe({ type: 'http', url: webUrl(path) })).rejects.toMatchObject({
        code: 'input.refused',
        hint: expect.stringContaining('allowPrivateNetwork'),
      });
      expect(stolen).toEqual([]);
    },
  );

  it('reaches them when the user allows it', async () => {
    await rig.probe({ type: 'http', url: webUrl('/ssrf.m3u8'), allowPrivateNetwork: true });
    expect(stolen).toContain('/ssrf.ts');
  });

  it.each(['/files.m3u8', '/list.ts'])('%s opens no files', async (path) => {
    await expect(rig.probe({ type: 'http', url: webUrl(path) })).rejects.toMatchObject({
      code: 'input.refused',
    });
  });

  it('is not led around the gate by the user’s own proxy settings', async () => {
    stolen.length = 0;
    process.env.no_proxy = '*';
    try {
      await expect(rig.probe({ type: 'http', url: webUrl('/ssrf.m3u8') })).rejects.toMatchObject({
        code: 'input.refused',
      });
    } finally {
      delete process.env.no_proxy;
    }
    expect(stolen).toEqual([]);
  });

  it('logs in with the name and password of the address', async () => {
    expect(await rig.probe({ type: 'http', url: webUrl('/locked.ts', 'cam:SECRETz9@') })).toMatchObject({
      formatName: 'mpegts',
    });
    await expect(rig.probe({ type: 'http', url: webUrl('/locked.ts') })).rejects.toMatchObject({
      code: 'input.auth_rejected',
    });
  });

  it.each([
    ['http://169.254.169.254/latest', 'input.refused'],
    ['http://nowhere.invalid/x', 'input.unreachable'],
  ])('%s → %s', async (url, code) => {
    await expect(rig.probe({ type: 'http', url })).rejects.toMatchObject({ code });
  });

  it('the gate asks for its password and forwards nothing but reading', async () => {
    const gate = await openNetworkGate({
      sourceUrl: webUrl('/film.ts'),
      allowPrivateNetwork: false,
      logger: nullLogger,
    });
    const { port, username, password } = new URL(gate.url);
    const ask = async (method: string, login: string): Promise<number> => {
      const { request } = await import('node:http');
      return new Promise((resolve, reject) => {
        const headers = { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` };
        const sent = request(
          { host: '127.0.0.1', port, method, path: webUrl('/film.ts'), headers },
          (reply) => {
            reply.resume();
            resolve(reply.statusCode ?? 0);
          },
        );
        sent.on('error', reject).end();
      });
    };
    expect(await ask('GET', 'a:b')).toBe(407);
    expect(await ask('POST', `${username}:${password}`)).toBe(400);
    expect(await ask('GET', `${username}:${password}`)).toBe(200);
    await gate.close();
  });

  it('connects to the very address that was checked, whatever the name says the next time', async () => {
    let answers = 0;
    const gate = await openNetworkGate({
      sourceUrl: `http://rebinding.example:${portOf(secret)}/x`,
      allowPrivateNetwork: false,
      logger: nullLogger,
      resolve: async () => (answers++ === 0 ? ['169.254.169.254'] : ['127.0.0.1']),
    });
    const { port, username, password } = new URL(gate.url);
    const { request } = await import('node:http');
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = {
        'proxy-authorization': `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      };
      request(
        { host: '127.0.0.1', port, path: `http://rebinding.example:${portOf(secret)}/x`, headers },
        (reply) => {
          reply.resume();
          resolve(reply.statusCode);
        },
      )
        .on('error', reject)
        .end();
    });
    expect([status, gate.refusals]).toEqual([502, 1]);
    await gate.close();
  });
});

describe('other servers', () => {
  it.each([
    ['RTMP', { type: 'rtmp', url: 'rtmp://127.0.0.1:1/live/x' }],
    ['RTSP', { type: 'rtsp', url: 'rtsp://127.0.0.1:1/x' }],
  ])('%s: nobody listens', async (_name, input) => {
    await expect(rig.probe(input)).rejects.toMatchObject({ code: 'input.unreachable' });
  });

  it('reads RTMP from another ffmpeg, its key not in the process list', async () => {
    const port = await freePort();
    const sender = await startPeer({
      command: rig.binary.ffmpegPath,
      args: `-v error -re -i ${await fixture('ok.flv')} -c copy -listen 1 -f flv rtmp://127.0.0.1:${port}/live/SECRETx7`.split(
        ' ',
      ),
    });
    const looking = waitFor(
      () => rig.probe({ type: 'rtmp', url: `rtmp://127.0.0.1:${port}/live/SECRETx7` }),
      { what: 'the sender to listen' },
    );
    const probe = await looking;
    expect(probe).toMatchObject({ video: { codec: 'h264', width: 640 }, audio: { codec: 'aac' } });
    await sender.stop();
  });

  it('keeps passwords out of the process list while it waits for an answer', async () => {
    const url = `rtsp://admin:SECRETz9@127.0.0.1:${portOf(silent)}/cam`;
    const looking = rig.probe({ type: 'rtsp', url });
    const lines = await waitFor(
      () => {
        const found = descendantsOf(process.pid)
          .map(commandLineOf)
          .filter((line) => line.includes('ffprobe'));
        return found.length > 0 && found;
      },
      { what: 'ffprobe to run' },
    );
    expect(lines.join()).not.toContain('SECRET');
    await expect(looking).rejects.toMatchObject({ code: 'input.unreachable' });
  });
});
