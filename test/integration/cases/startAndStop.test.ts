// Starting, stopping and deleting in any order and at any moment: answered soon, done as ordered, and nothing left behind.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type FaultyPeer, startMutePeer } from '../../helpers/faultyPeers.ts';
import { Outsider } from '../../helpers/outsider.ts';
import { descendantsOf } from '../../helpers/processTree.ts';
import { smallPicture } from '../../helpers/testEngine.ts';
import { waitFor } from '../../helpers/waitFor.ts';

let engine: Outsider;
let mute: FaultyPeer;
let idleProcesses = 0;

beforeAll(async () => {
  [engine, mute] = await Promise.all([Outsider.meet(), startMutePeer()]);
  idleProcesses = descendantsOf(process.pid).length;
});

// One test that fails is one failure: what it left would be found by all that follow.
afterEach(async () => {
  const { items } = (await engine.call('GET', '/streams')).body as { items: { id: string }[] };
  for (const { id } of items) await engine.call('DELETE', `/streams/${id}`);
});

afterAll(async () => {
  await engine.close();
  await mute.stop();
});

const everything = [
  { type: 'file', path: 'all.mkv' },
  { type: 'hls' },
  { type: 'rtmp', url: 'rtmp://127.0.0.1:1/live/k' },
];
const showing = { input: { type: 'test' as const }, processing: [smallPicture], output: everything as [] };

async function expectNothingLeft(): Promise<void> {
  await waitFor(() => descendantsOf(process.pid).length <= idleProcesses, {
    what: 'every process to be gone',
  });
  await waitFor(() => engine.files('cache/recordings').length === 0, {
    what: 'every recording to be finished',
  });
  await waitFor(() => engine.files('media/hls').length === 0, { what: 'every playlist to be gone' });
  const encoders = join(engine.engine.dataDir, 'cache/encoders');
  await waitFor(() => !existsSync(encoders) || readdirSync(encoders).length === 0, {
    what: 'work folders to be gone',
  });
}

/** What was on air, if only the slate, is recorded; an empty file is nobody's recording. */
function expectSomethingIn(recordings: readonly string[]): void {
  for (const name of recordings) {
    expect(statSync(join(engine.engine.dataDir, 'recordings', name)).size, name).toBeGreaterThan(0);
  }
}

describe('an input that never answers', () => {
  const silent = (): object => ({ type: 'rtmp', url: `rtmp://127.0.0.1:${mute.port}/live/silent` });

  it('keeps nobody waiting: not who starts, changes, stops or deletes the stream', async () => {
    const created = await engine.call('POST', '/streams', { ...showing, input: silent() });
    expect(created).toMatchObject({ status: 201, body: { order: 'live' } });
    // On a machine that is busy the slate may be up before this is answered.
    expect(['starting', 'slate']).toContain((created.body as { state: string }).state);
    const id = (created.body as { id: string }).id;
    const quality = await engine.call('PUT', `/streams/${id}/quality`, { bitrateKbps: 300 });
    expect(quality).toMatchObject({ status: 200, body: { order: 'live' } });
    const added = await engine.call('POST', `/streams/${id}/outputs`, { type: 'file', path: 'late.mkv' });
    expect(added.status).toBe(201);
    // All of this while it still waits for the first answer of the server.
    expect((await engine.stream(id)).reason).toBeNull();
    expect(await engine.call('POST', `/streams/${id}/stop`)).toMatchObject({
      status: 200,
      body: { state: 'stopped' },
    });
    expect((await engine.call('DELETE', `/streams/${id}`)).status).toBe(204);
    await expectNothingLeft();
    expectSomethingIn(engine.files('recordings'));
  });

  it('can be deleted while it is started', async () => {
    const id = await engine.create({ ...showing, input: silent() as { type: 'test' }, start: false });
    const [started, deleted] = await Promise.all([
      engine.call('POST', `/streams/${id}/start`),
      engine.call('DELETE', `/streams/${id}`),
    ]);
    expect(deleted.status).toBe(204);
    expect([202, 404]).toContain(started.status);
    expect((await engine.call('GET', `/streams/${id}`)).status).toBe(404);
    await expectNothingLeft();
  });
});

describe('orders that come all at once', () => {
  it('are carried out one after the other, and the last one counts', async () => {
    const id = await engine.create({ ...showing, start: false });
    const orders = ['start', 'stop', 'start', 'stop', 'start'];
    const answers = await Promise.all(orders.map((order) => engine.call('POST', `/streams/${id}/${order}`)));
    expect(answers.map(({ status }) => status)).toEqual([202, 200, 202, 200, 202]);
    await engine.until(id, 'the stream to be live', ({ state }) => state === 'live');
    const qualities = [{ bitrateKbps: 400 }, { bitrateKbps: 300 }, { width: 160, height: 90 }];
    const changes = await Promise.all(
      qualities.map((one) => engine.call('PUT', `/streams/${id}/quality`, one)),
    );
    expect(changes.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await engine.stream(id)).config).toMatchObject({
      processing: [{ width: 160, height: 90, bitrateKbps: 300 }],
    });
    const last = await Promise.all([
      engine.call('DELETE', `/streams/${id}`),
      engine.call('POST', `/streams/${id}/start`),
      engine.call('POST', `/streams/${id}/outputs`, { type: 'file', path: 'too-late.mkv' }),
      engine.call('DELETE', `/streams/${id}`),
    ]);
    expect(last.map(({ status }) => status)).toEqual([204, 404, 404, 404]);
    await expectNothingLeft();
    expect(engine.files('recordings').filter((name) => name.includes('too-late'))).toEqual([]);
  });

  it('leave no file of a stream that never showed anything', async () => {
    const before = engine.files('recordings');
    for (let round = 0; round < 10; round += 1) {
      const id = await engine.create(showing);
      await engine.call('DELETE', `/streams/${id}`);
    }
    await expectNothingLeft();
    const made = engine.files('recordings').filter((name) => !before.includes(name));
    expect(made.length).toBeLessThanOrEqual(10);
    expectSomethingIn(made);
  });
});

describe('a stream that is refused on its way', () => {
  it('was never there', async () => {
    const names: string[] = [];
    engine.engine.streams.onEvent(({ type }) => void names.push(type));
    const refusal = await engine.refusalOf({
      ...showing,
      name: 'Refused',
      processing: [{ type: 'transcode', encoder: 'h264_nowhere' }],
      output: [{ type: 'file', path: 'never.mkv' }, { type: 'hls' }],
    });
    expect(refusal.code).toBe('encoder.none_works');
    expect((await engine.call('GET', '/streams')).body).toMatchObject({ items: [] });
    expect((await engine.call('GET', '/broadcasts')).body).not.toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ name: 'Refused' })]),
    });
    expect(engine.files('recordings').filter((name) => name.includes('never'))).toEqual([]);
    expect(names.at(-1)).toBe('streamDeleted');
    await expectNothingLeft();
  });
});
