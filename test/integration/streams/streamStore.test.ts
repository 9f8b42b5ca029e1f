import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { streamConfigSchema } from '../../../main/contract/streams.ts';
import { nullLogger } from '../../../main/lib/logger.ts';
import { SealedBox } from '../../../main/lib/sealedBox.ts';
import type { Store } from '../../../main/store/store.ts';
import {
  createStreamStore,
  type DesiredStream,
  type StreamStore,
  streamSql,
} from '../../../main/streams/streamStore.ts';
import { startOtherProgram } from '../../helpers/otherSqliteProgram.ts';
import { createStoreBench, type StoreBench } from '../../helpers/storeBench.ts';
import { waitFor } from '../../helpers/waitFor.ts';

const key = randomBytes(32);
let bench: StoreBench;
let store: Store;
let streams: StreamStore;
beforeEach(async () => {
  bench = createStoreBench();
  await reopen();
});
afterEach(() => bench.close());

async function reopen(box = new SealedBox(key)): Promise<void> {
  store = await bench.open();
  streams = createStreamStore(store, box, nullLogger);
}

function desired(id: string, change: Partial<DesiredStream> = {}): DesiredStream {
  const config = streamConfigSchema.parse({
    name: `Show ${id}`,
    input: { type: 'ingest', key: 'SECRETx7&tok=SECRETy8' },
    output: [
      { id: 'a', type: 'rtmp', url: 'rtmp://user:SECRETz9@h/live/SECRETx7', key: 'SECRETy8' },
      { id: 'b', type: 'srt', url: 'srt://h:9?passphrase=SECRETz9', passphrase: 'SECRETx7-SECRETy8' },
    ],
  });
  return {
    id,
    config,
    order: 'live',
    outputOrders: { a: 'on', b: 'off' },
    createdAt: 1000,
    updatedAt: 1000,
    ...change,
  };
}

describe('wanted streams', () => {
  it('are there again after a restart, exactly as they were wanted', async () => {
    const first = desired('str_1');
    const second = desired('str_2', { order: 'stopped', createdAt: 2000, outputOrders: {} });
    await streams.saveDesired(second);
    await streams.saveDesired(first);
    await store.close();
    await reopen();
    expect(await streams.listDesired()).toEqual({ streams: [first, second], unreadable: [] });
  });

  it('change whole: order, outputs and configuration together', async () => {
    await streams.saveDesired(desired('str_1'));
    const changed = desired('str_1', { order: 'stopped', outputOrders: { b: 'on' }, updatedAt: 5000 });
    await streams.saveDesired(changed);
    expect((await streams.listDesired()).streams).toEqual([changed]);
  });

  it('are gone when they are deleted; their broadcasts stay', async () => {
    await streams.saveDesired(desired('str_1'));
    const { id } = streams.beginBroadcast({ streamId: 'str_1', name: 'Show', startedAt: 1 });
    await streams.deleteStream('str_1');
    expect((await streams.listDesired()).streams).toEqual([]);
    expect(await store.all('SELECT * FROM outputs')).toEqual([]);
    expect((await streams.getBroadcast(id)).streamId).toBe('str_1');
  });

  it('leave no secret in any file of the database', async () => {
    for (let round = 0; round < 5; round++) await streams.saveDesired(desired('str_1', { updatedAt: round }));
    await streams.deleteStream('str_1');
    await streams.saveDesired(desired('str_2'));
    const files = readdirSync(bench.folder.path).filter((name) => name.startsWith('streamware.sqlite'));
    expect(files).toContain('streamware.sqlite-wal');
    for (const name of files)
      expect(readFileSync(join(bench.folder.path, name)).includes('SECRET')).toBe(false);
    await store.close();
    expect(readFileSync(bench.path).includes('SECRET')).toBe(false);
  });

  it('that cannot be opened do not hide the others, and say why', async () => {
    await streams.saveDesired(desired('str_1'));
    await store.close();
    await reopen(new SealedBox(randomBytes(32)));
    const open = desired('str_2', {
      config: streamConfigSchema.parse({ input: { type: 'test' }, output: [{ type: 'hls' }] }),
      outputOrders: {},
    });
    await streams.saveDesired(open);
    const { streams: readable, unreadable } = await streams.listDesired();
    expect(readable).toEqual([open]);
    expect(unreadable).toMatchObject([
      { id: 'str_1', name: 'Show str_1', problem: { code: 'secret.wrong_key', field: 'input.key' } },
    ]);
  });

  it('do not open when their row was copied to another stream', async () => {
    await streams.saveDesired(desired('str_1'));
    await store.run(
      "INSERT INTO streams SELECT 'str_9', name, config, stream_order, 9000, 9000 FROM streams",
    );
    expect((await streams.listDesired()).unreadable).toMatchObject([
      { id: 'str_9', problem: { code: 'secret.damaged' } },
    ]);
  });

  it('are refused, and nothing changed, while the database is locked', async () => {
    await streams.saveDesired(desired('str_1'));
    const other = await startOtherProgram(bench.path, 'lock');
    await expect(streams.saveDesired(desired('str_2'))).rejects.toMatchObject({
      code: 'store.unavailable',
      retryable: true,
    });
    await other.stop();
    expect((await streams.listDesired()).streams.map(({ id }) => id)).toEqual(['str_1']);
  });

  it('are saved again when a damaged database was replaced while it was open', async () => {
    const first = desired('str_1');
    await streams.saveDesired(first);
    const onAir = streams.beginBroadcast({ streamId: 'str_1', name: 'Show', startedAt: 5 });
    await store.flush();
    await store.run('CREATE TABLE ballast (text TEXT)');
    for (let n = 0; n < 500; n++) store.enqueue('INSERT INTO ballast VALUES (?)', ['x'.repeat(4000)]);
    await store.flush();
    await store.close();
    await reopen();
    await streams.listDesired();
    await streams.listOnAir();
    writeFileSync(bench.path, Buffer.alloc(2_000_000, 0xff));
    const replaced = store.events.once('replaced');
    await waitFor(async () => (await store.all('SELECT * FROM ballast').catch(() => null)) === null, {
      what: 'the damage to be met',
    });
    await replaced;
    await waitFor(async () => (await streams.listDesired()).streams.length > 0, {
      what: 'the stream to be there again',
    });
    expect((await streams.listDesired()).streams).toEqual([first]);
    expect((await streams.listOnAir()).map(({ id }) => id)).toEqual([onAir.id]);
  });
});

describe('broadcasts', () => {
  it('begin and end, and the first end counts', async () => {
    const { id } = streams.beginBroadcast({ streamId: 'str_1', name: 'Show', startedAt: 1000 });
    expect((await streams.listOnAir()).map((broadcast) => broadcast.id)).toEqual([id]);
    streams.endBroadcast(id, { endedAt: 2000, reason: 'stopped', summary: { frames: 25 } });
    streams.endBroadcast(id, { endedAt: 9000, reason: 'failed' });
    expect(await streams.getBroadcast(id)).toEqual({
      id,
      streamId: 'str_1',
      name: 'Show',
      startedAt: 1000,
      endedAt: 2000,
      endReason: 'stopped',
      summary: { frames: 25 },
    });
    expect(await streams.listOnAir()).toEqual([]);
    await expect(streams.getBroadcast('brd_none')).rejects.toMatchObject({ code: 'broadcast.not_found' });
  });

  it('are listed page by page, newest first, and a new one shifts nothing', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 25; n++) {
      // Several at the same moment: the id decides.
      ids.push(
        streams.beginBroadcast({
          streamId: n % 5 === 0 ? 'str_2' : 'str_1',
          name: 'Show',
          startedAt: Math.floor(n / 3),
        }).id,
      );
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await streams.listBroadcasts({ limit: 4, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
      streams.beginBroadcast({ streamId: 'str_1', name: 'New', startedAt: 1_000_000 + seen.length });
    } while (cursor !== undefined);
    expect([...seen].sort()).toEqual([...ids].sort());
    expect(new Set(seen).size).toBe(25);
    const ofStream = await streams.listBroadcasts({ limit: 100, streamId: 'str_2' });
    expect(ofStream.items).toHaveLength(5);
    expect(ofStream.nextCursor).toBeNull();
  });
});

it('uses an index for every hot query and sorts nothing', async () => {
  const cases: [keyof typeof streamSql, unknown, RegExp][] = [
    ['getBroadcast', ['b'], /SEARCH broadcasts USING INDEX sqlite_autoindex_broadcasts_1/],
    ['listOnAir', [], /USING INDEX broadcasts_on_air/],
    ['listBroadcasts', { at: 1, id: 'b', limit: 10 }, /SEARCH broadcasts USING INDEX broadcasts_by_start/],
    [
      'listBroadcastsOfStream',
      { streamId: 's', at: 1, id: 'b', limit: 10 },
      /SEARCH broadcasts USING INDEX broadcasts_by_stream/,
    ],
  ];
  for (const [name, params, expected] of cases) {
    const plan = JSON.stringify(await store.all(`EXPLAIN QUERY PLAN ${streamSql[name]}`, params as never));
    expect(plan).toMatch(expected);
    expect(plan).not.toMatch(/TEMP B-TREE|SCAN broadcasts"/);
  }
});
