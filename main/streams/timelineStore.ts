/** What happened in a broadcast, event by event, kept for years. It writes what it is told; what is worth telling is decided elsewhere. */
import { z } from 'zod';
import type { Page, PageQuery } from '../contract/endpoint.ts';
import { type TimelineEvent, timelineEventSchema } from '../contract/streams.ts';
import type { Clock } from '../lib/clock.ts';
import { toPlain } from '../lib/plainValue.ts';
import type { Redactor } from '../lib/redactor.ts';
import type { RetentionJob } from '../store/retention.ts';
import type { Store } from '../store/store.ts';
import { readCursor, toPage } from './pageCursor.ts';

/** Whose events: of a stream over all its broadcasts, or of one broadcast. */
type TimelineOwner = { readonly streamId: string } | { readonly broadcastId: string };

export interface TimelineStore {
  /** Written behind: never waits, never fails. @returns the event with its number, scrubbed of secrets */
  append(event: Omit<TimelineEvent, 'id'>): TimelineEvent;
  /** Newest first, of one stream or of one broadcast. @throws `store.unavailable`, `request.invalid` for a strange cursor */
  list(of: TimelineOwner, query: PageQuery): Promise<Page<TimelineEvent>>;
  readonly retention: RetentionJob;
}

/** Five years. */
export const TIMELINE_KEPT_MS = 157_680_000_000;
const REMOVED_PER_STEP = 1000;

const columns = 'id, broadcast_id, stream_id, output_id, at, kind, severity, message, data';

/** The statements; exported so that a test can ask SQLite how it would run them. */
export const timelineSql = {
  append: `INSERT OR IGNORE INTO timeline_events (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  newestId: 'SELECT max(id) AS id FROM timeline_events',
  listOfStream: `SELECT ${columns} FROM timeline_events WHERE stream_id = ? AND id < ? ORDER BY id DESC LIMIT ?`,
  listOfBroadcast: `SELECT ${columns} FROM timeline_events WHERE broadcast_id = ? AND id < ? ORDER BY id DESC LIMIT ?`,
  removeOld: `DELETE FROM timeline_events WHERE id IN
    (SELECT id FROM timeline_events WHERE at < ? ORDER BY at LIMIT ${REMOVED_PER_STEP})`,
} as const;

const eventRow = z
  .object({
    id: z.number(),
    broadcast_id: z.string(),
    stream_id: z.string(),
    output_id: z.string().nullable(),
    at: z.number(),
    kind: z.string(),
    severity: timelineEventSchema.shape.severity,
    message: z.string(),
    data: z
      .string()
      .transform((text): unknown => JSON.parse(text))
      .pipe(timelineEventSchema.shape.data),
  })
  .transform(
    ({ broadcast_id, stream_id, output_id, ...rest }): TimelineEvent => ({
      ...rest,
      broadcastId: broadcast_id,
      streamId: stream_id,
      outputId: output_id,
    }),
  );
const newestIdRow = z.object({ id: z.number().nullable() });

export interface TimelineStoreOptions {
  store: Store;
  redactor: Redactor;
  clock: Clock;
  /** How long events are kept. Default five years. */
  keptMs?: number;
}

/** @returns also when the database is away: numbering goes by the clock then */
export async function createTimelineStore(options: TimelineStoreOptions): Promise<TimelineStore> {
  const { store, redactor, clock, keptMs = TIMELINE_KEPT_MS } = options;
  let lastId = await newestId(store);
  const scrub = (text: string): string => redactor.scrub(text);

  return {
    append(event: Omit<TimelineEvent, 'id'>): TimelineEvent {
      // Numbered here, so that an event has its number before it is on the disk: by time, and always upwards.
      lastId = Math.max(lastId + 1, clock.nowMs() * 1000);
      const data = toPlain(event.data, scrub) as TimelineEvent['data'];
      const numbered: TimelineEvent = { ...event, id: lastId, message: scrub(event.message), data };
      store.enqueue(timelineSql.append, toParams(numbered), 'event');
      return numbered;
    },
    async list(of: TimelineOwner, query: PageQuery): Promise<Page<TimelineEvent>> {
      const [before] = readCursor(query.cursor, 1) ?? [Number.MAX_SAFE_INTEGER];
      await store.flush();
      const [sql, id] =
        'streamId' in of
          ? [timelineSql.listOfStream, of.streamId]
          : [timelineSql.listOfBroadcast, of.broadcastId];
      const rows = await store.all(sql, [id, Number(before), query.limit + 1]);
      return toPage(z.array(eventRow).parse(rows), query, (event) => [event.id]);
    },
    retention: {
      name: 'timeline',
      async step(nowMs: number): Promise<boolean> {
        const { changes } = await store.run(timelineSql.removeOld, [nowMs - keptMs]);
        return changes === REMOVED_PER_STEP;
      },
    },
  };
}

async function newestId(store: Store): Promise<number> {
  try {
    return newestIdRow.parse(await store.get(timelineSql.newestId)).id ?? 0;
  } catch {
    // Away just now. Numbers begin at the clock's, which is above all that were given before.
    return 0;
  }
}

function toParams(event: TimelineEvent): (string | number | null)[] {
  const { id, broadcastId, streamId, outputId, at, kind, severity, message, data } = event;
  return [id, broadcastId, streamId, outputId, Math.round(at), kind, severity, message, JSON.stringify(data)];
}
