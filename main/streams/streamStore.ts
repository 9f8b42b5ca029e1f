/**
 * What is wanted and what was broadcast, on the disk. What is wanted is committed before it is acted on; its secrets are
 * sealed. It holds no state machine and decides nothing: StreamService does.
 */
import { z } from 'zod';
import type { Broadcast } from '../contract/api/broadcasts.ts';
import type { Page, PageQuery } from '../contract/endpoint.ts';
import { type Problem, StreamwareError, toStreamwareError } from '../contract/errors.ts';
import {
  type OutputOrder,
  outputOrderSchema,
  type StreamConfig,
  type StreamOrder,
  streamOrderSchema,
} from '../contract/streams.ts';
import { createId } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import type { SealedBox } from '../lib/sealedBox.ts';
import type { Statement, Store } from '../store/store.ts';
import { readCursor, toPage } from './pageCursor.ts';
import { sealConfig, unsealConfig } from './secretFields.ts';

/** A stream as it is wanted. */
export interface DesiredStream {
  readonly id: string;
  readonly config: StreamConfig;
  readonly order: StreamOrder;
  /** By output id; one that is not listed follows `enabled` of its configuration. */
  readonly outputOrders: Readonly<Record<string, OutputOrder>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A stream that is kept but cannot be used: its secrets do not open, or its configuration does not fit this version. */
interface UnreadableStream {
  readonly id: string;
  readonly name: string;
  readonly problem: Problem;
}

interface BroadcastRecord extends Broadcast {
  readonly summary: Readonly<Record<string, unknown>>;
}

export interface StreamStore {
  /** Resolves when it is committed and would survive a power cut. @throws `store.unavailable`: nothing was changed */
  saveDesired(stream: DesiredStream): Promise<void>;
  /**
   * Keeps that a stream is to be stopped, as soon as the database can be written: nobody is held on air because it cannot.
   * What is saved later counts, also when it is written first.
   */
  saveStopBehind(stream: DesiredStream): void;
  /** The oldest first. One that cannot be read does not keep the others from being listed. @throws `store.unavailable` */
  listDesired(): Promise<{ streams: DesiredStream[]; unreadable: UnreadableStream[] }>;
  /** Its broadcasts, their timelines and measurements stay. @throws `store.unavailable` */
  deleteStream(streamId: string): Promise<void>;
  /** Written behind: a broadcast begins also while the database is away. */
  beginBroadcast(broadcast: { streamId: string; name: string; startedAt: number }): Broadcast;
  /** Written behind. The first end counts. */
  endBroadcast(broadcastId: string, end: BroadcastEnd): void;
  /** One that was refused before anything was on air never was. Written behind. */
  forgetBroadcast(broadcastId: string): void;
  /** @throws `broadcast.not_found`, `store.unavailable` */
  getBroadcast(broadcastId: string): Promise<BroadcastRecord>;
  /** Newest first. @throws `store.unavailable` */
  listBroadcasts(query: PageQuery & { streamId?: string | undefined }): Promise<Page<BroadcastRecord>>;
  /** Broadcasts without an end: after a crash, those to be resumed or ended. @throws `store.unavailable` */
  listOnAir(): Promise<BroadcastRecord[]>;
}

export interface BroadcastEnd {
  endedAt: number;
  /** stopped, sourceEnded, duration, failed, engineLost. */
  reason: string;
  summary?: Readonly<Record<string, unknown>>;
}

const broadcastColumns = 'id, stream_id, name, started_at, ended_at, end_reason, summary';
const NEWEST_FIRST = 'ORDER BY started_at DESC, id DESC LIMIT @limit';

/** The statements; exported so that a test can ask SQLite how it would run them. */
export const streamSql = {
  saveStream: `INSERT INTO streams (id, name, config, stream_order, created_at, updated_at)
    VALUES (@id, @name, @config, @order, @createdAt, @updatedAt)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, config = excluded.config,
      stream_order = excluded.stream_order, updated_at = excluded.updated_at`,
  stopStream: `UPDATE streams SET stream_order = 'stopped', updated_at = @at WHERE id = @id AND updated_at < @at`,
  deleteOutputs: 'DELETE FROM outputs WHERE stream_id = ?',
  saveOutput: 'INSERT INTO outputs (stream_id, id, output_order) VALUES (?, ?, ?)',
  listStreams:
    'SELECT id, name, config, stream_order, created_at, updated_at FROM streams ORDER BY created_at, id',
  listOutputs: 'SELECT stream_id, id, output_order FROM outputs',
  deleteStream: 'DELETE FROM streams WHERE id = ?',
  beginBroadcast: `INSERT OR IGNORE INTO broadcasts (id, stream_id, name, started_at) VALUES (?, ?, ?, ?)`,
  endBroadcast: `UPDATE broadcasts SET ended_at = ?, end_reason = ?, summary = ? WHERE id = ? AND ended_at IS NULL`,
  forgetBroadcast: 'DELETE FROM broadcasts WHERE id = ?',
  forgetEvents: 'DELETE FROM timeline_events WHERE broadcast_id = ?',
  getBroadcast: `SELECT ${broadcastColumns} FROM broadcasts WHERE id = ?`,
  listOnAir: `SELECT ${broadcastColumns} FROM broadcasts WHERE ended_at IS NULL ORDER BY started_at`,
  listBroadcasts: `SELECT ${broadcastColumns} FROM broadcasts
    WHERE (started_at, id) < (@at, @id) ${NEWEST_FIRST}`,
  listBroadcastsOfStream: `SELECT ${broadcastColumns} FROM broadcasts
    WHERE stream_id = @streamId AND (started_at, id) < (@at, @id) ${NEWEST_FIRST}`,
} as const;

const json = z.string().transform((text): unknown => JSON.parse(text));
const streamRow = z.object({
  id: z.string(),
  name: z.string(),
  config: json,
  stream_order: streamOrderSchema,
  created_at: z.number(),
  updated_at: z.number(),
});
const outputRow = z.object({ stream_id: z.string(), id: z.string(), output_order: outputOrderSchema });
const broadcastRow = z
  .object({
    id: z.string(),
    stream_id: z.string(),
    name: z.string(),
    started_at: z.number(),
    ended_at: z.number().nullable(),
    end_reason: z.string().nullable(),
    summary: json.pipe(z.record(z.string(), z.unknown())),
  })
  .transform(
    (row): BroadcastRecord => ({
      id: row.id,
      streamId: row.stream_id,
      name: row.name,
      startedAt: row.started_at,
      endedAt: row.ended_at,
      endReason: row.end_reason,
      summary: row.summary,
    }),
  );

export function createStreamStore(store: Store, box: SealedBox, logger: Logger): StreamStore {
  return new SqliteStreamStore(store, box, logger);
}

class SqliteStreamStore implements StreamStore {
  readonly #store: Store;
  readonly #box: SealedBox;
  /** What was saved or read: saved again when a damaged database is replaced by a new one. */
  readonly #known = new Map<string, DesiredStream>();
  readonly #onAir = new Map<string, Broadcast>();

  constructor(store: Store, box: SealedBox, logger: Logger) {
    this.#store = store;
    this.#box = box;
    store.events.on('replaced', () => {
      this.#saveAgain().catch((error: unknown) =>
        logger.error('streams could not be saved again', { error }),
      );
    });
  }

  async saveDesired(stream: DesiredStream): Promise<void> {
    await this.#store.batch(this.#saveStatements(stream), { durable: true });
    this.#known.set(stream.id, stream);
  }

  saveStopBehind(stream: DesiredStream): void {
    this.#known.set(stream.id, stream);
    this.#store.enqueue(streamSql.stopStream, { id: stream.id, at: stream.updatedAt }, 'event');
  }

  async listDesired(): Promise<{ streams: DesiredStream[]; unreadable: UnreadableStream[] }> {
    const [streamRows, outputRows] = await Promise.all([
      this.#store.all(streamSql.listStreams),
      this.#store.all(streamSql.listOutputs),
    ]);
    const outputs = z.array(outputRow).parse(outputRows);
    const streams: DesiredStream[] = [];
    const unreadable: UnreadableStream[] = [];
    for (const row of z.array(streamRow).parse(streamRows)) {
      try {
        const own = outputs.filter(({ stream_id }) => stream_id === row.id);
        streams.push(this.#toDesired(row, own));
      } catch (error) {
        unreadable.push({ id: row.id, name: row.name, problem: toStreamwareError(error).toProblem() });
      }
    }
    for (const stream of streams) this.#known.set(stream.id, stream);
    return { streams, unreadable };
  }

  async deleteStream(streamId: string): Promise<void> {
    await this.#store.batch([{ sql: streamSql.deleteStream, params: [streamId] }], { durable: true });
    this.#known.delete(streamId);
  }

  beginBroadcast({
    streamId,
    name,
    startedAt,
  }: {
    streamId: string;
    name: string;
    startedAt: number;
  }): Broadcast {
    const broadcast = { id: createId('brd'), streamId, name, startedAt, endedAt: null, endReason: null };
    this.#onAir.set(broadcast.id, broadcast);
    this.#writeBegin(broadcast);
    return broadcast;
  }

  endBroadcast(broadcastId: string, end: BroadcastEnd): void {
    this.#onAir.delete(broadcastId);
    const params = [end.endedAt, end.reason, JSON.stringify(end.summary ?? {}), broadcastId];
    this.#store.enqueue(streamSql.endBroadcast, params, 'event');
    void this.#store.flush();
  }

  forgetBroadcast(broadcastId: string): void {
    this.#onAir.delete(broadcastId);
    this.#store.enqueue(streamSql.forgetBroadcast, [broadcastId], 'event');
    this.#store.enqueue(streamSql.forgetEvents, [broadcastId], 'event');
    void this.#store.flush();
  }

  async getBroadcast(broadcastId: string): Promise<BroadcastRecord> {
    await this.#store.flush();
    const row = await this.#store.get(streamSql.getBroadcast, [broadcastId]);
    if (row === undefined) throw new StreamwareError('broadcast.not_found');
    return broadcastRow.parse(row);
  }

  async listBroadcasts(query: PageQuery & { streamId?: string | undefined }): Promise<Page<BroadcastRecord>> {
    const [at, id] = readCursor(query.cursor, 2) ?? [Number.MAX_SAFE_INTEGER, ''];
    await this.#store.flush();
    const page = { at: Number(at), id: String(id), limit: query.limit + 1 };
    const rows =
      query.streamId === undefined
        ? await this.#store.all(streamSql.listBroadcasts, page)
        : await this.#store.all(streamSql.listBroadcastsOfStream, { ...page, streamId: query.streamId });
    return toPage(z.array(broadcastRow).parse(rows), query, (item) => [item.startedAt, item.id]);
  }

  async listOnAir(): Promise<BroadcastRecord[]> {
    await this.#store.flush();
    const broadcasts = z.array(broadcastRow).parse(await this.#store.all(streamSql.listOnAir));
    for (const broadcast of broadcasts) this.#onAir.set(broadcast.id, broadcast);
    return broadcasts;
  }

  #toDesired(row: z.infer<typeof streamRow>, outputs: readonly z.infer<typeof outputRow>[]): DesiredStream {
    return {
      id: row.id,
      config: unsealConfig(row.config, this.#box, purposeOf(row.id)),
      order: row.stream_order,
      outputOrders: Object.fromEntries(outputs.map(({ id, output_order }) => [id, output_order])),
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    };
  }

  #saveStatements(stream: DesiredStream): Statement[] {
    const { id, config, order, outputOrders, createdAt, updatedAt } = stream;
    const sealed = JSON.stringify(sealConfig(config, this.#box, purposeOf(id)));
    const params = { id, name: config.name, config: sealed, order, createdAt, updatedAt };
    const outputs = Object.entries(outputOrders).map(([outputId, outputOrder]) => ({
      sql: streamSql.saveOutput,
      params: [id, outputId, outputOrder],
    }));
    return [
      { sql: streamSql.saveStream, params },
      { sql: streamSql.deleteOutputs, params: [id] },
      ...outputs,
    ];
  }

  #writeBegin({ id, streamId, name, startedAt }: Broadcast): void {
    this.#store.enqueue(streamSql.beginBroadcast, [id, streamId, name, startedAt], 'event');
    void this.#store.flush();
  }

  async #saveAgain(): Promise<void> {
    for (const broadcast of this.#onAir.values()) this.#writeBegin(broadcast);
    for (const stream of this.#known.values()) await this.saveDesired(stream);
  }
}

/** Binds sealed secrets to their stream: copied to another row they do not open. */
function purposeOf(streamId: string): string {
  return `stream/${streamId}`;
}
