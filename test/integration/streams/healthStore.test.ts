import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { healthExample } from '../../../main/contract/api/examples.ts';
import { healthHistorySchema } from '../../../main/contract/api/streams.ts';
import type { OutputStatus, StreamHealth } from '../../../main/contract/streams.ts';
import type { Store } from '../../../main/store/store.ts';
import { healthSql } from '../../../main/streams/healthSql.ts';
import {
  createHealthStore,
  type HealthStore,
  MINUTES_KEPT_MS,
  SECONDS_KEPT_MS,
} from '../../../main/streams/healthStore.ts';
import { createStoreBench, type StoreBench } from '../../helpers/storeBench.ts';

const HOUR_MS = 3_600_000;
const start = Date.UTC(2025, 0, 2, 3, 0, 0);
const outputSample = healthExample.outputs[0] as OutputStatus;

let bench: StoreBench;
let store: Store;
let health: HealthStore;
let nowMs = start;
beforeEach(async () => {
  bench = createStoreBench();
  store = await bench.open();
  nowMs = start;
  health = createHealthStore(store, () => nowMs);
});
afterEach(() => bench.close());

function sample(
  second: number,
  outputs: Partial<OutputStatus>[] = [],
  change: Partial<StreamHealth> = {},
): StreamHealth {
  return {
    ...healthExample,
    streamId: 'str_1',
    at: start + second * 1000,
    state: 'live',
    bitrateKbps: 4000,
    targetBitrateKbps: 4500,
    fps: 30,
    outputs: outputs.map((output, index) => ({
      ...outputSample,
      id: `out_${index}`,
      state: 'live',
      droppedFrames: 0,
      reconnects: 0,
      framesSent: 0,
      bytesSent: 0,
      queueMs: 10,
      rttMs: null,
      ...output,
    })),
    ...change,
  };
}

async function seconds(fromSecond = 0, toSecond = 1e6): Promise<Awaited<ReturnType<HealthStore['history']>>> {
  return health.history('str_1', {
    fromMs: start + fromSecond * 1000,
    toMs: start + toSecond * 1000,
    stepMs: 1000,
  });
}

describe('measurements', () => {
  it('come back second by second, with their outputs', async () => {
    health.append(
      sample(0, [
        { bitrateKbps: 3900, queueMs: 40, rttMs: 18 },
        { state: 'retrying', bitrateKbps: 0 },
      ]),
    );
    health.append(sample(1, [{}], { state: 'slate', bitrateKbps: 500 }));
    health.append({ ...sample(0), streamId: 'str_2' });
    const history = healthHistorySchema.parse(await seconds());
    expect(history).toMatchObject({ streamId: 'str_1', stepMs: 1000 });
    expect(history.points).toEqual([
      {
        at: start,
        state: 'live',
        bitrateKbps: 4000,
        targetBitrateKbps: 4500,
        fps: 30,
        droppedFrames: 0,
        outputs: [
          { id: 'out_0', state: 'live', bitrateKbps: 3900, queueMs: 40, droppedFrames: 0, rttMs: 18 },
          { id: 'out_1', state: 'retrying', bitrateKbps: 0, queueMs: 10, droppedFrames: 0, rttMs: null },
        ],
      },
      expect.objectContaining({ at: start + 1000, state: 'slate', bitrateKbps: 500 }),
    ]);
  });

  it('are of the span that was asked for: its begin is in it, its end is not', async () => {
    for (let second = 0; second < 10; second++) health.append(sample(second));
    expect((await seconds(3, 6)).points.map(({ at }) => (at - start) / 1000)).toEqual([3, 4, 5]);
  });

  it('show a gap as a gap', async () => {
    for (const second of [0, 1, 60, 61]) health.append(sample(second));
    expect((await seconds()).points).toHaveLength(4);
  });

  it('count what was dropped within the second; a restart is no jump and nothing negative', async () => {
    const counts = [40, 40, 55, 20, 20, 0, 5];
    for (const [second, droppedFrames] of counts.entries())
      health.append(sample(second, [{ droppedFrames }]));
    const { points } = await seconds();
    expect(points.map(({ droppedFrames }) => droppedFrames)).toEqual([40, 0, 15, 20, 0, 0, 5]);
    expect(points.map(({ outputs }) => outputs[0]?.droppedFrames)).toEqual([40, 0, 15, 20, 0, 0, 5]);
  });

  it('do not jump when an output is removed', async () => {
    health.append(sample(0, [{ droppedFrames: 100 }, { droppedFrames: 200 }]));
    health.append(sample(1, [{ droppedFrames: 100 }]));
    expect((await seconds()).points.map(({ droppedFrames }) => droppedFrames)).toEqual([300, 0]);
  });

  it('that come twice count once', async () => {
    health.append(sample(0));
    health.append(sample(0));
    expect((await seconds()).points).toHaveLength(1);
  });
});

describe('minutes and hours', () => {
  it('average what can be averaged, add what was counted, and keep the worst', async () => {
    for (let second = 0; second < 120; second++) {
      const isBad = second === 30;
      health.append(
        sample(
          second,
          [{ droppedFrames: second, queueMs: isBad ? 900 : 10, state: isBad ? 'retrying' : 'live' }],
          { bitrateKbps: second < 60 ? 4000 : 2000 },
        ),
      );
    }
    const { points } = await health.history('str_1', {
      fromMs: start,
      toMs: start + 120_000,
      stepMs: 60_000,
    });
    expect(points).toMatchObject([
      {
        at: start,
        bitrateKbps: 4000,
        state: 'live',
        droppedFrames: 59,
        outputs: [{ state: 'retrying', queueMs: 900, droppedFrames: 59 }],
      },
      { at: start + 60_000, bitrateKbps: 2000, droppedFrames: 60, outputs: [{ state: 'live', queueMs: 10 }] },
    ]);
  });
});

describe('ageing', () => {
  async function ageAll(): Promise<number> {
    let steps = 0;
    while (await health.retention.step(nowMs)) steps += 1;
    return steps;
  }

  it('turns seconds into minutes after two days, without losing or doubling anything', async () => {
    for (let second = 0; second < 3 * 3600; second += 2) {
      health.append(sample(second, [{ framesSent: second * 30, droppedFrames: second }]));
      if (second % 600 === 0) await store.flush();
    }
    const before = await health.history('str_1', {
      fromMs: start,
      toMs: start + 6 * HOUR_MS,
      stepMs: HOUR_MS,
    });
    nowMs = start + SECONDS_KEPT_MS + 2 * HOUR_MS + 30_000;
    expect(await ageAll()).toBeGreaterThanOrEqual(4);
    const after = await health.history('str_1', {
      fromMs: start,
      toMs: start + 6 * HOUR_MS,
      stepMs: HOUR_MS,
    });
    expect(after).toEqual(before);
    expect(await store.get('SELECT min(at) AS oldest FROM health_seconds')).toEqual({
      oldest: start + 2 * HOUR_MS,
    });
    expect(await store.get('SELECT count(*) AS count FROM health_minutes')).toEqual({ count: 240 });
    expect((await seconds(0, 7200)).points).toEqual([]);
  });

  it('drops minutes after ninety days, and series that have nothing left', async () => {
    for (let second = 0; second < 600; second++) health.append(sample(second, [{}]));
    await store.flush();
    nowMs = start + MINUTES_KEPT_MS + HOUR_MS;
    await ageAll();
    for (const table of ['health_seconds', 'health_minutes', 'health_series']) {
      expect(await store.get(`SELECT count(*) AS count FROM ${table}`)).toEqual({ count: 0 });
    }
    health.append(sample(MINUTES_KEPT_MS / 1000, [{}]));
    expect((await seconds(0, 1e9)).points).toHaveLength(1);
  });

  it('takes its time: no step moves more than an hour of one series', async () => {
    for (let second = 0; second < 2 * 3600; second++) health.append(sample(second));
    await store.flush();
    nowMs = start + SECONDS_KEPT_MS + 5 * HOUR_MS;
    await health.retention.step(nowMs);
    expect(await store.get('SELECT count(*) AS count FROM health_seconds')).toEqual({ count: 3600 });
  });
});

it('goes by the key in every hot query', async () => {
  const cases: [keyof typeof healthSql, unknown, RegExp][] = [
    ['listSeries', ['s'], /SEARCH health_series USING COVERING INDEX/],
    ['addSecond', [...new Array(13).fill(0), 's', ''], /SEARCH health_series USING COVERING INDEX/],
    [
      'seconds',
      { series: 1, from: 0, to: 9 },
      /SEARCH health_seconds USING PRIMARY KEY \(series_id=\? AND at>\? AND at<\?\)/,
    ],
    [
      'steps',
      { series: 1, from: 0, to: 9, step: 60_000 },
      /SEARCH health_minutes USING PRIMARY KEY \(series_id=\? AND at>\? AND at<\?\)/,
    ],
    ['oldestSeconds', [], /SEARCH health_seconds USING PRIMARY KEY \(series_id=\?\)/],
    ['rollUp', { series: 1, from: 0, to: 9 }, /SEARCH health_seconds USING PRIMARY KEY/],
    [
      'removeSeconds',
      { series: 1, from: 0, to: 9 },
      /SEARCH health_seconds USING PRIMARY KEY \(series_id=\? AND at>\? AND at<\?\)/,
    ],
  ];
  for (const [name, params, expected] of cases) {
    const plan = JSON.stringify(await store.all(`EXPLAIN QUERY PLAN ${healthSql[name]}`, params as never));
    expect(plan).toMatch(expected);
    expect(plan).not.toMatch(/SCAN health_(seconds|minutes)"/);
  }
});
