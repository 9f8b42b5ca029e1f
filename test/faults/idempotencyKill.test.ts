// A POST whose answer got lost because the engine was killed is sent again.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { API_PREFIX } from '../../main/contract/endpoint.ts';
import { type ServedEngine, startServedEngine } from '../helpers/servedEngine.ts';
import { createTempFolder, type TempFolder } from '../helpers/tempFolder.ts';

let folder: TempFolder;
let engine: ServedEngine;
let silent: Server;

beforeEach(async () => {
  folder = createTempFolder('idempotency');
  engine = await startServedEngine({ dataDir: folder.path });
  // Takes connections and never says a word.
  silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterEach(async () => {
  await engine.stop();
  silent.close();
  folder.remove();
});

async function killAndStartAgain(): Promise<void> {
  await engine.kill9();
  engine = await startServedEngine({ dataDir: folder.path });
}

function post(path: string, key: string, body: unknown): Promise<Response> {
  return fetch(`${engine.url}${API_PREFIX}${path}`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${engine.token}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': key,
    },
    body: JSON.stringify(body),
  });
}

async function facts(answer: Response): Promise<[number, string | null, string]> {
  return [answer.status, answer.headers.get('idempotency-replayed'), await answer.text()];
}

it('what was answered is answered again, word for word: a stream, a token, a refusal', async () => {
  const config = { name: 'Show', input: { type: 'test' }, output: [{ type: 'hls' }] };
  const requests = [
    ['/streams', 'stream', config, 201],
    ['/tokens', 'token', { name: 'Second deck', scope: 'read' }, 201],
    ['/streams/str_none/start', 'refusal', {}, 404],
  ] as const;
  const first = [];
  for (const [path, key, body] of requests) first.push(await facts(await post(path, key, body)));
  expect(first.map(([status, replayed]) => [status, replayed])).toEqual(
    requests.map(([, , , status]) => [status, null]),
  );

  await killAndStartAgain();
  for (const [index, [path, key, body, status]] of requests.entries()) {
    expect(await facts(await post(path, key, body))).toEqual([status, 'true', first[index]?.[2]]);
  }
  const other = await post('/streams', 'stream', { ...config, name: 'Other' });
  expect(other.status).toBe(422);
  const list = await fetch(`${engine.url}${API_PREFIX}/streams`, {
    headers: { Authorization: `Bearer ${engine.token}` },
  });
  expect(((await list.json()) as { items: unknown[] }).items).toHaveLength(1);

  const { token: shownOnce } = JSON.parse(first[1]?.[2] ?? '') as { token: string };
  await engine.stop();
  expect(readFileSync(folder.file('streamware.sqlite')).includes(shownOnce)).toBe(false);
});

it('what was being carried out is not carried out a second time', async () => {
  const { port } = silent.address() as AddressInfo;
  const body = { input: { type: 'rtmp', url: `rtmp://127.0.0.1:${port}/live/x` } };
  const isAsked = once(silent, 'connection');
  const lost = post('/probe', 'look', body).catch(() => 'lost');
  await isAsked;
  await killAndStartAgain();
  expect(await lost).toBe('lost');

  let asked = 0;
  silent.on('connection', () => {
    asked += 1;
  });
  for (const _ of [1, 2]) {
    const answer = await post('/probe', 'look', body);
    expect([answer.status, await answer.json()]).toEqual([
      409,
      expect.objectContaining({
        code: 'request.idempotency_unknown',
        detail: 'It was being carried out when the engine stopped.',
      }),
    ]);
    expect(answer.headers.get('idempotency-replayed')).toBeNull();
  }
  expect(asked).toBe(0);
});
