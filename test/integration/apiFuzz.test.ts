// Every endpoint of a real engine, asked in hundreds of ways nobody should: from the schema of its own row, with one place spoilt.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from '../../main/contract/api/index.ts';
import { commonErrors, type Endpoint } from '../../main/contract/endpoint.ts';
import { type Problem, problemSchema } from '../../main/contract/errors.ts';
import type { Stream, StreamConfigInput } from '../../main/contract/streams.ts';
import { hostileTexts, spoilt, valuesOf } from '../helpers/hostileValues.ts';
import { Outsider } from '../helpers/outsider.ts';
import { smallPicture } from '../helpers/testEngine.ts';

const SEED = 20_250_502;
const REQUESTS_PER_ENDPOINT = 60;
/** As many as it takes for none to meet its rate limit. */
const TOKENS = 12;

const idleConfig: StreamConfigInput = {
  name: 'Idle',
  input: { type: 'test' },
  output: [
    { type: 'rtmp', id: 'first', url: 'rtmp://127.0.0.1:9/live', key: 'SECRETx7' },
    { type: 'hls', id: 'second' },
  ],
};

let engine: Outsider;
let database: Database.Database;
const tokens: string[] = [];
/** By what may be done to them: asked and steered; changed; started and stopped; removed. */
const streams = { live: '', changed: '', spare: '', removed: '' };

beforeAll(async () => {
  engine = await Outsider.meet({ onStopRequested: () => undefined });
  database = new Database(join(engine.engine.dataDir, 'streamware.sqlite'), { readonly: true });
  for (let count = 0; count < TOKENS; count++) {
    const { body } = await engine.call('POST', '/tokens', { name: `fuzz ${count}`, scope: 'admin' });
    tokens.push((body as { token: string }).token);
  }
  const text = { type: 'text', text: 'Hello' } as const;
  streams.live = await engine.create({
    name: 'Live',
    input: { type: 'test' },
    processing: [smallPicture, text],
    output: [{ type: 'hls', id: 'first' }],
  });
  streams.changed = await engine.create({ ...idleConfig, start: false });
  streams.spare = await engine.create({
    ...idleConfig,
    output: [{ type: 'hls', id: 'first' }],
    start: false,
  });
  await engine.untilLive(streams.live);
});
afterAll(async () => {
  database.close();
  await engine.close();
});

/** The stream that requests to an endpoint are about. */
const streamOf: Readonly<Record<string, keyof typeof streams>> = {
  updateStream: 'changed',
  createOutput: 'changed',
  updateOutput: 'changed',
  deleteOutput: 'changed',
  startStream: 'spare',
  stopStream: 'spare',
  deleteStream: 'removed',
};

/** Where the row's own example names what is not there. */
const acceptable: Readonly<Record<string, unknown>> = { probeInput: { input: { type: 'test' } } };
/** Whatever size and rate the schema allows, it would be encoded here. */
const notFromSchema: readonly string[] = ['updateStreamQuality'];

interface FuzzedRequest {
  readonly ids: readonly string[] | null;
  readonly query: unknown;
  readonly rawQuery: string;
  readonly body: unknown;
}

const wrongIds = fc.array(
  fc.oneof(
    fc.constantFrom('..', '.', '%2e%2e', '%2f', 'a%2fb', '%zz', '%00', '%c0%ae', 'none', 'x'.repeat(65)),
    fc.constantFrom(...hostileTexts.map(percentEncoded)),
  ),
  { minLength: 2, maxLength: 2 },
);
const wrongQueries = fc.constantFrom(
  '&limit=1&limit=2',
  '&limit=1e308&limit=',
  '&cursor=W10',
  '&cursor=W251bGwsbnVsbF0',
  '&cursor=WzFlMzA4LCIiXQ',
  '&from=1e308&to=-0',
  '&from=&to=',
  '&streamId[]=x',
  '&__proto__[x]=1',
  '&=',
  '&%zz',
);

function mostly<Usual, Other>(usual: Usual, other: fc.Arbitrary<Other>): fc.Arbitrary<Usual | Other> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
}

function requestsOf(row: Endpoint): FuzzedRequest[] {
  const example = acceptable[row.id] ?? row.example.body;
  const good = fc.oneof(
    ...(example === undefined ? [] : [fc.constant(example)]),
    ...(notFromSchema.includes(row.id) ? [] : [valuesOf(row.body)]),
  );
  const mostlySpoilt = (value: unknown): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 1, arbitrary: fc.constant(value) }, { weight: 3, arbitrary: spoilt(value) });
  const request = fc.record({
    ids: mostly(null, wrongIds),
    query: mostly({}, valuesOf(row.query).chain(mostlySpoilt)),
    rawQuery: mostly('', wrongQueries),
    body: row.method === 'GET' ? fc.constant(undefined) : good.chain(mostlySpoilt),
  });
  return fc.sample(request, { numRuns: REQUESTS_PER_ENDPOINT, seed: SEED });
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function addressOf(row: Endpoint, { ids, query, rawQuery }: FuzzedRequest): string {
  const known: Record<string, string> = {
    streamId: streams[streamOf[row.id] ?? 'live'],
    outputId: 'first',
    index: '0',
    broadcastId: 'brd_none',
    tokenId: 'tok_none',
  };
  const wrong = [...(ids ?? [])];
  const path = row.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => wrong.shift() ?? known[name] ?? '');
  const pairs = Object.entries(typeof query === 'object' && query !== null ? query : {}).map(
    ([name, value]) =>
      `${percentEncoded(name)}=${percentEncoded(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  return `${engine.engine.url}${path}?${pairs.join('&')}${rawQuery}`;
}

/** What is only to be looked at is never started, so that nothing goes out to a server that a value happens to name. */
function bodyOf(row: Endpoint, body: unknown): string | undefined {
  if (row.method === 'GET') return undefined;
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  return JSON.stringify(row.id === 'createStream' && isObject ? { ...body, start: false } : body);
}

interface FuzzedAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

let turn = 0;
async function ask(row: Endpoint, request: FuzzedRequest): Promise<FuzzedAnswer> {
  const body = bodyOf(row, request.body);
  const response = await fetch(addressOf(row, request), {
    method: row.method,
    headers: {
      authorization: `Bearer ${tokens[turn++ % TOKENS]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, text: await response.text() };
}

/** What a refusal must leave as it was. */
function kept(): unknown {
  const rows = database.prepare('SELECT name, config, stream_order FROM streams ORDER BY id').all();
  const made = database.prepare('SELECT count(*) AS tokens FROM tokens').get();
  const folders = ['.', 'recordings', 'clips'].map((name) => join(engine.engine.dataDir, name));
  const files = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder))
    .filter((name) => !name.startsWith('streamware.sqlite'));
  return { rows, made, files: files.sort() };
}

const serverSide = new Set(['input.unreachable', 'input.timeout', 'engine.stopping']);

function assertRefusal(row: Endpoint, { type, text, status }: FuzzedAnswer): void {
  expect(type).toBe('application/problem+json; charset=utf-8');
  const problem: Problem = problemSchema.parse(JSON.parse(text));
  expect(problem.status).toBe(status);
  const elsewhere = ['request.not_found', 'request.method_not_allowed', 'request.too_large'];
  expect([...row.errors, ...commonErrors(row), ...elsewhere]).toContain(problem.code);
  if (status >= 500) expect(serverSide).toContain(problem.code);
  if (problem.code === 'request.invalid') {
    expect(problem.detail).toMatch(/^.{5,400}$/su);
    if (problem.hint.includes('"field"')) expect(problem.field).toMatch(/^.{1,300}$/su);
  }
  expect(problem.hint).toMatch(/\S/);
  // No key, no stack, no place in our source.
  expect(text).not.toMatch(/SECRETx7|\bat \S+ \(|node_modules|\.ts:|ZodError|undefined|\[object/);
}

function assertAnswer(row: Endpoint, { text }: FuzzedAnswer): void {
  if (row.status === 204) expect(text).toBe('');
  else if (row.contentType === 'text/plain') expect(text).toMatch(/^# HELP/);
  else expect(row.response.safeParse(JSON.parse(text)).error).toBeUndefined();
  expect(text).not.toContain('SECRETx7');
}

async function prepare(row: Endpoint): Promise<void> {
  if (row.id === 'deleteStream') streams.removed = await engine.create({ ...idleConfig, start: false });
  if (row.id === 'deleteOutput')
    await engine.call('POST', `/streams/${streams.changed}/outputs`, {
      ...idleConfig.output[0],
      id: 'first',
    });
}

/** Streams that were made on the way go again, and what was asked of the live one is again what this machine can do. */
async function tidy(): Promise<void> {
  const { type: _type, codec: _codec, ...quality } = smallPicture;
  await engine.call('PUT', `/streams/${streams.live}/quality`, quality);
  const { body } = await engine.call('GET', '/streams?limit=200');
  const ids = (body as { items: { id: string }[] }).items.map(({ id }) => id);
  for (const id of ids.filter((one) => !Object.values(streams).includes(one)))
    await engine.call('DELETE', `/streams/${id}`);
}

/** Some have nothing to give here, whatever they are asked. */
const neverDone = ['getBroadcast', 'listBroadcastTimeline', 'deleteToken', 'createSession', 'createClip'];
const stopping = endpoints.stopEngine.id;
const rows = (Object.values(endpoints) as Endpoint[]).filter(({ id }) => id !== stopping);

async function assertHelpful(row: Endpoint): Promise<void> {
  const statuses = new Set<number>();
  for (const request of requestsOf(row)) {
    await prepare(row);
    // Once it was asked to end, everything ends, a little later.
    const isEnding = row.id === stopping && statuses.has(row.status);
    const before = isEnding ? null : kept();
    const answer = await ask(row, request);
    statuses.add(answer.status);
    try {
      if (answer.status < 400) assertAnswer(row, answer);
      else assertRefusal(row, answer);
      if (answer.status >= 400 && !isEnding) expect(kept()).toEqual(before);
    } catch (error) {
      const asked = `${row.method} ${addressOf(row, request)} ${bodyOf(row, request.body)}`.slice(0, 2000);
      throw new Error(`${asked}\n→ ${answer.status} ${answer.text.slice(0, 2000)}`, { cause: error });
    }
  }
  if (row.scope === 'control') await tidy();
  // Otherwise all were refused at the door, and what is behind it was never asked.
  if (!neverDone.includes(row.id)) expect(statuses).toContain(row.status);
  expect(statuses.size).toBeGreaterThan(1);
}

describe('whatever is asked of', () => {
  it.each(rows.map((row) => [row.id, row] as const))('%s gets an answer that helps', async (_id, row) => {
    await assertHelpful(row);
  });

  it.each([
    ['in another encoding', Buffer.from('{"name":"M\u00fcller"}', 'latin1'), /not UTF-8/],
    ['with half of a character', Buffer.from('{"name":"\\ud83d"}'), /half of a character/],
  ])('a stream, a name %s is refused instead of being changed', async (_name, body, words) => {
    const before = kept();
    const answer = await fetch(`${engine.engine.url}/api/v1/streams/${streams.changed}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${tokens[0]}`, 'content-type': 'application/json' },
      body,
    });
    const problem = problemSchema.parse(await answer.json());
    expect([answer.status, problem.detail]).toEqual([400, expect.stringMatching(words)]);
    expect(kept()).toEqual(before);
  });

  it('the engine, its live stream goes on', async () => {
    const sent = (await engine.stream(streams.live)).outputs[0]?.framesSent ?? 0;
    const goesOn = (now: Stream): boolean => now.state === 'live' && (now.outputs[0]?.framesSent ?? 0) > sent;
    await engine.until(streams.live, 'more frames', goesOn);
  });

  it('stopEngine gets an answer that helps, until the end', async () => {
    await assertHelpful(endpoints.stopEngine);
  });
});
