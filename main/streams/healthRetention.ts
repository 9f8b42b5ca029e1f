import { z } from 'zod';
import type { RetentionJob } from '../store/retention.ts';
import type { Store } from '../store/store.ts';
import { healthSql } from './healthSql.ts';

const MINUTE_MS = 60_000;
/** At most this many seconds of one series in one step: 3600 rows. */
const SECONDS_SPAN_MS = 3_600_000;
/** At most this many minutes of one series in one step: 2880 rows. */
const MINUTES_SPAN_MS = 172_800_000;

const oldestRow = z.object({ id: z.number(), oldest: z.number().nullable() });

/**
 * Turns seconds into minutes when they are old enough, and drops minutes that are. Whole minutes only, in one
 * transaction per step, so that a sum over both never counts anything twice or misses it.
 */
export function healthRetention(
  store: Store,
  kept: { secondsKeptMs: number; minutesKeptMs: number },
): RetentionJob {
  async function ageSeconds(nowMs: number): Promise<boolean> {
    const span = await oldestSpan(
      store,
      healthSql.oldestSeconds,
      nowMs - kept.secondsKeptMs,
      SECONDS_SPAN_MS,
    );
    if (!span) return false;
    await store.batch([
      { sql: healthSql.rollUp, params: span },
      { sql: healthSql.removeSeconds, params: span },
    ]);
    return true;
  }

  async function ageMinutes(nowMs: number): Promise<boolean> {
    const span = await oldestSpan(
      store,
      healthSql.oldestMinutes,
      nowMs - kept.minutesKeptMs,
      MINUTES_SPAN_MS,
    );
    if (span) await store.run(healthSql.removeMinutes, span);
    else await store.run(healthSql.removeEmptySeries);
    return span !== null;
  }

  return {
    name: 'health',
    step: async (nowMs: number): Promise<boolean> => (await ageSeconds(nowMs)) || (await ageMinutes(nowMs)),
  };
}

interface Span {
  series: number;
  from: number;
  to: number;
}

/** The oldest stretch of any series that lies before `beforeMs`, in whole minutes. */
async function oldestSpan(
  store: Store,
  sql: string,
  beforeMs: number,
  longestMs: number,
): Promise<(Span & Record<string, number>) | null> {
  const limitMs = Math.floor(beforeMs / MINUTE_MS) * MINUTE_MS;
  for (const { id, oldest } of z.array(oldestRow).parse(await store.all(sql))) {
    if (oldest === null || oldest >= limitMs) continue;
    const from = Math.floor(oldest / MINUTE_MS) * MINUTE_MS;
    return { series: id, from, to: Math.min(from + longestMs, limitMs) };
  }
  return null;
}
