/**
 * What every stream and output measured, second by second for two days and minute by minute for ninety. Counters are
 * kept as what was added within the second, so that a restart never shows as a jump or a negative rate.
 */
import { z } from 'zod';
import type { HealthHistory, HealthPoint } from '../contract/api/streams.ts';
import {
  type OutputState,
  type OutputStatus,
  outputStateSchema,
  type StreamHealth,
  type StreamState,
  streamStateSchema,
} from '../contract/streams.ts';
import type { RetentionJob } from '../store/retention.ts';
import type { SqlValue, Store } from '../store/store.ts';
import { healthRetention } from './healthRetention.ts';
import { healthSql } from './healthSql.ts';

export interface HealthStore {
  /** Written behind: never waits, never fails. Call once a second per stream. */
  append(health: StreamHealth): void;
  /**
   * What a stream measured from `fromMs` (inclusive) to `toMs` (exclusive), epoch ms.
   * @param span.stepMs 1000, 60 000 or 3 600 000; left out: by the length and the age of the span
   * @throws `store.unavailable`
   */
  history(streamId: string, span: HealthSpan): Promise<HealthHistory>;
  readonly retention: RetentionJob;
}

export type HealthStep = 1000 | 60_000 | 3_600_000;

interface HealthSpan {
  fromMs: number;
  toMs: number;
  stepMs?: HealthStep;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** 48 hours. */
export const SECONDS_KEPT_MS = 172_800_000;
/** 90 days. */
export const MINUTES_KEPT_MS = 7_776_000_000;

/** As numbers on the disk, from well to bad: of several in one minute the worst is kept. Append only. */
const healthStates: readonly (StreamState | OutputState)[] = [
  'live',
  'stopped',
  'off',
  'stopping',
  'starting',
  'connecting',
  'paused',
  'slate',
  'retrying',
  'failed',
];

interface Counters {
  droppedFrames: number;
  framesSent: number;
  bytesSent: number;
  reconnects: number;
}

const pointRow = z.object({
  at: z.number(),
  state: z.number(),
  bitrate_kbps: z.number(),
  target_bitrate_kbps: z.number().nullable(),
  fps: z.number(),
  queue_ms: z.number().nullable(),
  dropped_frames: z.number(),
  rtt_ms: z.number().nullable(),
});
const seriesRow = z.object({ id: z.number(), output_id: z.string() });
type PointRow = z.infer<typeof pointRow>;

/** @param nowMs wall clock, epoch ms */
export function createHealthStore(store: Store, nowMs: () => number): HealthStore {
  const counters = new Map<string, Counters>();
  const seriesMinute = new Map<string, number>();

  function append(health: StreamHealth): void {
    const added = health.outputs.map((output) =>
      countSince(counters, `${health.streamId} ${output.id}`, output),
    );
    const at = Math.round(health.at);
    write(health.streamId, '', [at, ...streamValues(health, sum(added))]);
    for (const [index, output] of health.outputs.entries()) {
      write(health.streamId, output.id, [at, ...outputValues(output, added[index] ?? noCounters)]);
    }
  }

  function write(streamId: string, outputId: string, values: readonly SqlValue[]): void {
    // Once a minute: a series is missing after a damaged database was replaced, or when it was aged out.
    const key = `${streamId} ${outputId}`;
    const minute = Math.floor(Number(values[0]) / MINUTE_MS);
    if (seriesMinute.get(key) !== minute) {
      seriesMinute.set(key, minute);
      store.enqueue(healthSql.addSeries, [streamId, outputId], 'event');
    }
    store.enqueue(healthSql.addSecond, [...values, streamId, outputId]);
  }

  return {
    append,
    async history(streamId: string, span: HealthSpan): Promise<HealthHistory> {
      const { fromMs, toMs, stepMs = chooseStep(fromMs, toMs, nowMs()) } = span;
      await store.flush();
      const series = z.array(seriesRow).parse(await store.all(healthSql.listSeries, [streamId]));
      const points = new Map<number, HealthPoint>();
      for (const { id, output_id } of series) {
        const sql = stepMs === 1000 ? healthSql.seconds : healthSql.steps;
        const params = { series: id, from: fromMs, to: toMs, ...(stepMs === 1000 ? {} : { step: stepMs }) };
        addSeries(points, output_id, z.array(pointRow).parse(await store.all(sql, params)));
      }
      return { streamId, stepMs, points: [...points.values()] };
    },
    retention: healthRetention(store, { secondsKeptMs: SECONDS_KEPT_MS, minutesKeptMs: MINUTES_KEPT_MS }),
  };
}

/** Seconds for a quarter of an hour, minutes for a day, else hours; nothing finer than what is still kept. */
export function chooseStep(fromMs: number, toMs: number, nowMs: number): HealthStep {
  const spanMs = toMs - fromMs;
  if (spanMs > 24 * HOUR_MS) return HOUR_MS;
  return spanMs > 15 * MINUTE_MS || fromMs < nowMs - SECONDS_KEPT_MS ? MINUTE_MS : 1000;
}

const noCounters: Counters = { droppedFrames: 0, framesSent: 0, bytesSent: 0, reconnects: 0 };

/** What was added since the last call. A counter that fell began anew: all it has counts. */
function countSince(known: Map<string, Counters>, key: string, now: Counters): Counters {
  const before = known.get(key) ?? noCounters;
  const since = (field: keyof Counters): number =>
    now[field] < before[field] ? now[field] : now[field] - before[field];
  const { droppedFrames, framesSent, bytesSent, reconnects } = now;
  known.set(key, { droppedFrames, framesSent, bytesSent, reconnects });
  return {
    droppedFrames: since('droppedFrames'),
    framesSent: since('framesSent'),
    bytesSent: since('bytesSent'),
    reconnects: since('reconnects'),
  };
}

function sum(counters: readonly Counters[]): Counters {
  return counters.reduce(
    (total, item) => ({
      droppedFrames: total.droppedFrames + item.droppedFrames,
      framesSent: total.framesSent + item.framesSent,
      bytesSent: total.bytesSent + item.bytesSent,
      reconnects: total.reconnects + item.reconnects,
    }),
    noCounters,
  );
}

function streamValues(health: StreamHealth, added: Counters): SqlValue[] {
  const { state, bitrateKbps, targetBitrateKbps, fps, avOffsetMs, speed } = health;
  const counted = [added.droppedFrames, added.framesSent, added.bytesSent, added.reconnects];
  return [
    healthStates.indexOf(state),
    bitrateKbps,
    targetBitrateKbps,
    fps,
    null,
    ...counted,
    null,
    avOffsetMs,
    speed,
  ];
}

function outputValues(output: OutputStatus, added: Counters): SqlValue[] {
  const { state, bitrateKbps, fps, queueMs, rttMs, avOffsetMs } = output;
  const counted = [added.droppedFrames, added.framesSent, added.bytesSent, added.reconnects];
  return [healthStates.indexOf(state), bitrateKbps, null, fps, queueMs, ...counted, rttMs, avOffsetMs, null];
}

/** The series of the stream (no output id) comes first and makes the points; those of its outputs join them. */
function addSeries(points: Map<number, HealthPoint>, outputId: string, rows: readonly PointRow[]): void {
  for (const row of rows) {
    const { at, bitrate_kbps: bitrateKbps, dropped_frames: droppedFrames } = row;
    const state = healthStates[row.state];
    if (outputId === '') {
      const shared = {
        at,
        bitrateKbps,
        droppedFrames,
        fps: row.fps,
        targetBitrateKbps: row.target_bitrate_kbps ?? 0,
      };
      points.set(at, { ...shared, state: streamStateSchema.parse(state), outputs: [] });
    } else {
      const known = { id: outputId, state: outputStateSchema.parse(state), bitrateKbps, droppedFrames };
      points.get(at)?.outputs.push({ ...known, queueMs: row.queue_ms ?? 0, rttMs: row.rtt_ms });
    }
  }
}
