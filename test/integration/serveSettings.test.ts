// Settings of an operator on real engines, started by the command and by the entry for supervisors.
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { API_PREFIX } from '../../main/contract/endpoint.ts';
import { rawGet } from '../helpers/apiServer.ts';
import {
  failToServe,
  type ServedEngine,
  type ServedOptions,
  startServedEngine,
} from '../helpers/servedEngine.ts';
import { createTempFolder, type TempFolder } from '../helpers/tempFolder.ts';

const PAGE = 'https://dash.example';
let folder: TempFolder;
let engine: ServedEngine | null = null;

beforeEach(() => {
  folder = createTempFolder('settings');
});
afterEach(async () => {
  await engine?.stop();
  engine = null;
  folder.remove();
});

async function start(options: Omit<ServedOptions, 'dataDir'>): Promise<ServedEngine> {
  engine = await startServedEngine({ dataDir: folder.file('data'), ...options });
  return engine;
}

const byVariables = {
  entry: 'headless',
  environment: {
    STREAMWARE_ALLOWED_HOSTS: 'studio.local,box.lan',
    STREAMWARE_ALLOWED_ORIGINS: `http://localhost:5173,${PAGE}`,
    STREAMWARE_RATE_LIMIT: '60',
    STREAMWARE_METRICS_WITHOUT_TOKEN: '1',
  },
} as const;
const byFlags = {
  entry: 'serve',
  args: [
    ['--allowed-host', 'studio.local'],
    ['--allowed-host', 'box.lan'],
    ['--allowed-origin', 'http://localhost:5173'],
    ['--allowed-origin', PAGE],
    ['--rate-limit', '60'],
    ['--metrics-without-token'],
  ].flat(),
  // The flags win.
  environment: { STREAMWARE_ALLOWED_HOSTS: 'evil.example', STREAMWARE_RATE_LIMIT: '100000' },
} as const;

describe.each([
  ['by flags of the command', byFlags],
  ['by variables of the entry for supervisors', byVariables],
])('an engine that is set %s', (_how, options) => {
  it('takes those names and pages and no others, and serves so many requests', async () => {
    const { url, port, token } = await start(options);
    const statusAs = async (headers: Record<string, string>): Promise<number> =>
      (await rawGet(port, '/health', headers)).status;
    expect(await statusAs({ Host: 'studio.local' })).toBe(200);
    expect(await statusAs({ Host: `box.lan:${port}` })).toBe(200);
    expect(await statusAs({ Host: 'evil.example' })).toBe(421);
    expect(await statusAs({ Origin: 'https://evil.example' })).toBe(403);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);

    const streams = `${url}${API_PREFIX}/streams`;
    const question = { Origin: PAGE, 'Access-Control-Request-Method': 'GET' };
    expect((await fetch(streams, { method: 'OPTIONS', headers: question })).status).toBe(204);
    const answer = await fetch(streams, { headers: { Origin: PAGE, Authorization: `Bearer ${token}` } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, PAGE]);
    expect(answer.headers.get('ratelimit-limit')).toBe('20');
  });
});

it('an engine that nothing was said about keeps to this machine, its own page and its token', async () => {
  const { url, port } = await start({});
  expect((await rawGet(port, '/health', { Host: 'studio.local' })).status).toBe(421);
  expect((await rawGet(port, '/health', { Origin: PAGE })).status).toBe(403);
  expect((await fetch(`${url}/metrics`)).status).toBe(401);
});

describe('a value that cannot be used', () => {
  it.each<[NonNullable<ServedOptions['entry']>, string, string]>([
    ['headless', 'STREAMWARE_PORT', '74,20'],
    ['headless', 'STREAMWARE_ALLOWED_ORIGINS', '*'],
    ['serve', 'STREAMWARE_RATE_LIMIT', 'none'],
  ])('ends %s at once when it stands in %s', async (entry, variable, text) => {
    const dataDir = folder.file('data');
    const { code, output } = await failToServe({ entry, dataDir, environment: { [variable]: text } });
    expect(code).toBe(2);
    expect(output).toMatch(
      new RegExp(`^streamware( serve)?: ${variable} (must|cannot) .*".+".*(Give|Name) `),
    );
    expect(existsSync(dataDir)).toBe(false);
  });
});

it('takes publishers from the networks it is told to, and from no other', async () => {
  const ingestPortOf = async ({ url, token }: ServedEngine): Promise<number> => {
    const answer = await fetch(`${url}${API_PREFIX}/engine`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    return Number(new URL(((await answer.json()) as { ingestUrl: string }).ingestUrl).port);
  };
  // The loopback has more addresses than the one that is listened on by default.
  const elsewhere = '127.0.0.2';
  const alone = await start({ entry: 'headless' });
  await expect(connectTo(elsewhere, await ingestPortOf(alone))).rejects.toThrow('ECONNREFUSED');
  await alone.stop();
  const open = await start({ entry: 'headless', environment: { STREAMWARE_INGEST_HOST: '0.0.0.0' } });
  await connectTo(elsewhere, await ingestPortOf(open));
});

function connectTo(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
