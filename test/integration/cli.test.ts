import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CliHosts, EngineFinder, FoundEngine } from '../../main/cli/ports.ts';
import { endpoints } from '../../main/contract/api/index.ts';
import { StreamwareError } from '../../main/contract/errors.ts';
import { type ApiServer, startApiServer } from '../helpers/apiServer.ts';
import { createCliHarness } from '../helpers/cliHarness.ts';
import { fakeStream } from '../helpers/fakeApiPorts.ts';
import { createFakeClock } from '../helpers/fakeClock.ts';
import { createTempFolder, type TempFolder } from '../helpers/tempFolder.ts';

let server: ApiServer;
let folder: TempFolder;
let engine: FoundEngine | null;
let opened: string[];
let hosts: Partial<CliHosts>;
let finder: EngineFinder;

beforeEach(async () => {
  folder = createTempFolder('cli');
  server = await startApiServer();
  server.fake.streams.set('str_1', fakeStream('str_1', { name: 'Friday\u001b[2J' }));
  writeFileSync(folder.file('api-token'), `${await server.token('admin')}\n`);
  engine = { pid: 12, url: server.url, tokenFile: folder.file('api-token') };
  opened = [];
  finder = { find: async () => engine, startDetached: async () => Promise.reject(new Error('not expected')) };
  hosts = {
    finder: async () => finder,
    openBrowser: async (url) => void opened.push(url),
  };
});
afterEach(async () => {
  await server.close();
  folder.remove();
});

const run = (...args: string[]) => createCliHarness({ hosts, workingDir: folder.path }).run(...args);
const json = async (...args: string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await run(...args, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
};

describe('status', () => {
  it('shows the engine and its streams, in words and as JSON', async () => {
    const { code, stdout } = await run('status');
    expect(code).toBe(0);
    expect(stdout).toContain(`streamware 0.1.0  ${server.url}`);
    expect(stdout).toMatch(/str_1 +Friday.*live +1 live/);
    expect(stdout).not.toContain('\u001b');
    expect(await json('status')).toMatchObject({
      running: true,
      engine: { url: server.url },
      streams: [{ id: 'str_1' }],
    });
  });

  it('shows more streams than fit on a page', async () => {
    for (let index = 0; index < 450; index++)
      server.fake.streams.set(`s${index}`, fakeStream(`s${index}`, { name: 's' }));
    expect(((await json('status')) as { streams: unknown[] }).streams).toHaveLength(451);
  });

  it('says how to start one when none runs', async () => {
    engine = null;
    const { code, stdout } = await run('status', '--data', '/srv/sw');
    expect([code, stdout]).toEqual([3, 'No engine runs on /srv/sw. Start it with: streamware serve\n']);
    expect(JSON.parse((await run('status', '--json')).stdout)).toEqual({ running: false });
    for (const args of [['streams'], ['token', 'list'], ['probe', 'a.mp4']]) {
      const refused = await run(...args);
      expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('streamware serve')]);
    }
  });

  it('waits for one that is just starting', async () => {
    const ready = engine;
    engine = { pid: 12, url: null, tokenFile: folder.file('api-token') };
    let asked = 0;
    finder.find = async () => {
      asked += 1;
      return asked < 3 ? engine : ready;
    };
    expect((await run('status')).code).toBe(0);
  });

  it('says when the engine that was found does not answer', async () => {
    engine = { pid: 12, url: 'http://127.0.0.1:9', tokenFile: folder.file('api-token') };
    const { code, stderr } = await run('status');
    expect([code, stderr]).toEqual([3, expect.stringContaining('does not answer')]);
  });

  it('reaches an engine elsewhere by its address and a token', async () => {
    engine = null;
    const environment = { STREAMWARE_URL: `${server.url}/`, STREAMWARE_TOKEN: await server.token('read') };
    expect((await createCliHarness({ hosts, environment }).run('status')).code).toBe(0);
    const refused = await createCliHarness({
      hosts,
      environment: { ...environment, STREAMWARE_TOKEN: 'wrong' },
    }).run('status');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('not known or was revoked')]);
    expect(
      (await createCliHarness({ hosts, environment: { STREAMWARE_URL: server.url } }).run('status')).code,
    ).toBe(2);
  });
});

describe('an engine elsewhere', () => {
  const statusOf = async (STREAMWARE_URL: string, STREAMWARE_TOKEN: string) =>
    createCliHarness({ hosts, environment: { STREAMWARE_URL, STREAMWARE_TOKEN } }).run('status');

  it.each([
    ['studio.local:7420', 'sw_x'],
    ['ftp://127.0.0.1', 'sw_x'],
    ['http://', 'sw_x'],
    ['http://127.0.0.1:7420', 'two words'],
    ['http://127.0.0.1:7420', 'żółw'],
    ['http://127.0.0.1:7420', ' \n'],
  ])(
    '%s with the token %j is refused as wrong settings, not as an engine that is away',
    async (url, token) => {
      const { code, stdout, stderr } = await statusOf(url, token);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/STREAMWARE_(URL|TOKEN)/);
    },
  );

  it('takes a token with the line break of its file', async () => {
    expect((await statusOf(`${server.url}/`, `${await server.token('read')}\n`)).code).toBe(0);
  });

  it('that is something else is said to be so, also when it ends in the middle of its answer', async () => {
    const page = createServer((request, response) => {
      if (request.headers.authorization?.endsWith('short')) {
        response.writeHead(200, { 'Content-Length': 100 }).write('{"a":');
        response.destroy();
      } else response.end('<html>');
    }).listen(0, '127.0.0.1');
    await once(page, 'listening');
    const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    expect(await statusOf(url, 'sw_x')).toMatchObject({
      code: 1,
      stderr: `streamware status: What answers at ${url} is no streamware engine.\n`,
    });
    expect(await statusOf(url, 'short')).toMatchObject({
      code: 3,
      stderr: `streamware status: The engine at ${url} does not answer.\n`,
    });
    page.close();
  });

  it('that is frozen is not waited for without end', async () => {
    const clock = createFakeClock();
    const frozen = createServer(() => void clock.advance(60_000)).listen(0, '127.0.0.1');
    await once(frozen, 'listening');
    const url = `http://127.0.0.1:${(frozen.address() as AddressInfo).port}`;
    const environment = { STREAMWARE_URL: url, STREAMWARE_TOKEN: 'sw_x' };
    const { code, stderr } = await createCliHarness({ hosts, environment, clock }).run('streams');
    expect([code, stderr]).toEqual([3, `streamware streams: The engine at ${url} does not answer.\n`]);
    frozen.closeAllConnections();
    frozen.close();
  });
});

describe('streams', () => {
  it('are created from a file', async () => {
    writeFileSync(
      folder.file('show.json'),
      JSON.stringify({ name: 'New', input: { type: 'test' }, outputs: [{ type: 'hls' }] }),
    );
    expect(await json('streams', 'create', 'show.json', '--no-start')).toMatchObject({
      name: 'New',
      state: 'stopped',
    });
    expect(server.fake.calls.at(-1)).toMatchObject({
      name: 'create',
      args: [{ name: 'New' }, { start: false }],
      caller: { scopes: ['read', 'control', 'admin'] },
    });
    writeFileSync(folder.file('bad.json'), '{"input":{"type":"x"},"output":[]}');
    expect((await run('streams', 'create', 'bad.json')).code).toBe(2);
  });

  it.each([
    [['list'], null, { items: [{ id: 'str_1' }] }],
    [['show', 'str_1'], null, { id: 'str_1' }],
    [['stop', 'str_1'], 'stop', { state: 'stopped' }],
    [['start', 'str_1'], 'start', { order: 'live' }],
    [['quality', 'str_1', '--bitrate', '3000'], 'adjustQuality', { id: 'str_1' }],
    [['quality', 'str_1'], 'adjustQuality', { id: 'str_1' }],
    [['retry', 'str_1', 'out_7c0a4k2m9x'], 'retryOutput', { id: 'out_7c0a4k2m9x' }],
    [['mark', 'str_1', 'Goal!'], 'addMarker', { message: 'Goal!' }],
    [['clip', 'str_1', '--seconds', '20'], 'saveReplay', { durationSeconds: 20 }],
    [['delete', 'str_1'], 'delete', { deleted: 'str_1' }],
  ])('%j', async (args, call, answer) => {
    expect(await json('streams', ...args)).toMatchObject(answer);
    expect(server.fake.calls.at(-1)?.name ?? null).toBe(call);
  });

  it('pass on the refusal of the engine', async () => {
    const { code, stdout, stderr } = await run('streams', 'show', 'str_none');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('There is no stream with this id');
    expect(JSON.parse((await run('streams', 'show', 'str_none', '--json')).stderr)).toMatchObject({
      code: 'stream.not_found',
    });
    expect((await run('streams', 'show', '../tokens')).code).toBe(1);
  });
});

describe('token', () => {
  it('is created, listed and revoked', async () => {
    const made = await run(
      'token',
      'create',
      '--scope',
      'control',
      '--name',
      'Deck',
      '--plugin',
      'deck',
      '--expires-in-days',
      '7',
    );
    expect(made.stdout).toMatch(/^sw_\S+\n$/);
    const text = made.stdout.trim();
    const token = server.tokens.verify(text);
    expect(token).toMatchObject({
      name: 'Deck',
      scope: 'control',
      plugin: 'deck',
      expiresAt: expect.any(Number),
    });
    const list = await run('token', 'list');
    expect(list.stdout).toMatch(new RegExp(`${token?.id} +Deck +control +plugin deck`));
    expect(list.stdout).not.toContain(text);
    expect(await json('token', 'revoke', token?.id ?? '')).toEqual({ revoked: token?.id });
    expect(server.tokens.verify(text)).toBeNull();
  });
});

describe('probe', () => {
  it('says what is in a file', async () => {
    const { stdout } = await run('probe', 'show.mp4');
    expect(stdout).toContain('video   h264 1920x1080, 25 fps, can be passed through');
    expect(stdout).toContain('audio   none');
    expect(await json('probe', 'show.mp4')).toEqual(endpoints.probeInput.example.response);
  });
});

describe('stop', () => {
  it('waits until the engine is gone, and is content when none runs', async () => {
    let asked = 0;
    const found = engine;
    finder.find = async () => {
      asked += 1;
      return asked <= 3 ? found : null;
    };
    expect(await json('stop')).toEqual({ stopped: true });
    expect(server.fake.calls.at(-1)?.name).toBe('stopEngine');
    expect(asked).toBe(4);
    expect(await json('stop')).toEqual({ stopped: false });
  });
});

describe('open', () => {
  it('gives a link that signs a browser in', async () => {
    const { studioUrl } = (await json('open', '--no-browser')) as { studioUrl: string };
    expect(opened).toEqual([]);
    const answer = await fetch(studioUrl, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([
      303,
      expect.stringContaining('streamware_session_test=sw_'),
    ]);
    const { stdout } = await run('open');
    expect(opened).toEqual([stdout.trim()]);
  });

  it('starts an engine when none runs, on another port when the usual one is taken', async () => {
    const found = engine;
    engine = null;
    const ports: (number | undefined)[] = [];
    finder.startDetached = async (_dataDir, port) => {
      ports.push(port);
      if (port === undefined) throw new StreamwareError('engine.port_in_use');
      engine = found;
      return { url: server.url };
    };
    expect(await json('open', '--no-browser')).toMatchObject({ studioUrl: expect.stringContaining('/?k=') });
    expect(ports).toEqual([undefined, 0]);
  });

  it('takes the one that was faster', async () => {
    const found = engine;
    engine = null;
    finder.startDetached = async () => {
      engine = found;
      throw new StreamwareError('engine.already_running');
    };
    expect((await run('open', '--no-browser')).code).toBe(0);
  });

  it('says why the engine did not start', async () => {
    engine = null;
    finder.startDetached = async () =>
      Promise.reject(new StreamwareError('engine.data_dir_unusable', { detail: '/srv/sw cannot be used.' }));
    const { code, stderr } = await run('open', '--no-browser');
    expect([code, stderr]).toEqual([1, expect.stringContaining('/srv/sw cannot be used.')]);
  });
});

describe('doctor', () => {
  it('asks the running engine', async () => {
    const { code, stdout } = await run('doctor');
    expect([code, stdout]).toEqual([0, 'ok    ffmpeg  ffmpeg 5.1.9\n']);
  });

  it('ends with 1 when something would keep a stream from working, and says what to do', async () => {
    server.fake.ports.engine.doctor = async () => [
      { id: 'ffmpeg', status: 'fail', message: 'ffmpeg was not found', cure: 'Install it.' },
      { id: 'network', status: 'warn', message: 'none', cure: null },
    ];
    const { code, stdout } = await run('doctor');
    expect([code, stdout]).toEqual([
      1,
      'fail  ffmpeg   ffmpeg was not found\n               Install it.\nwarn  network  none\n',
    ]);
  });

  it('starts an engine for the check when none runs, and ends it', async () => {
    const found = engine;
    engine = null;
    const served: (number | undefined)[] = [];
    let isStopped = false;
    hosts.engine = async () => ({
      serve: async ({ port, resumes }) => {
        served.push(port);
        expect(resumes).toBe(false);
        if (port === undefined)
          throw new StreamwareError('engine.port_in_use', { detail: 'Port 7420 is taken.' });
        engine = found;
        return {
          url: server.url,
          dataDir: '/srv/sw',
          createStudioLink: () => ({ url: '' }),
          stopped: Promise.resolve(),
          stop: async () => {
            isStopped = true;
          },
        };
      },
    });
    const { code, stdout } = await run('doctor');
    expect([code, served, isStopped]).toEqual([0, [undefined, 0], true]);
    expect(stdout).toContain('warn  port    Port 7420 is taken.');
  });

  it('shows why an engine cannot start as its finding', async () => {
    engine = null;
    hosts.engine = async () => ({
      serve: async () => Promise.reject(new StreamwareError('store.version_from_future')),
    });
    const { code, stdout } = await run('doctor', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      {
        items: [
          expect.objectContaining({ id: 'engine', status: 'fail', cure: expect.stringContaining('--data') }),
        ],
      },
    ]);
  });
});
