import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TimelineEvent } from '../../../main/contract/streams.ts';
import { Redactor } from '../../../main/lib/redactor.ts';
import type { Store } from '../../../main/store/store.ts';
import {
  createTimelineStore,
  TIMELINE_KEPT_MS,
  type TimelineStore,
  timelineSql,
} from '../../../main/streams/timelineStore.ts';
import { createFakeClock, type FakeClock } from '../../helpers/fakeClock.ts';
import { createStoreBench, type StoreBench } from '../../helpers/storeBench.ts';

let bench: StoreBench;
let clock: FakeClock;
let store: Store;
let redactor: Redactor;
let timeline: TimelineStore;
beforeEach(async () => {
  clock = createFakeClock();
  bench = createStoreBench();
  redactor = new Redactor();
  store = await bench.open();
  timeline = await createTimelineStore({ store, redactor, clock });
});
afterEach(() => bench.close());

function event(change: Partial<TimelineEvent> = {}): Omit<TimelineEvent, 'id'> {
  return {
    broadcastId: 'brd_1',
    streamId: 'str_1',
    outputId: null,
    at: clock.nowMs(),
    kind: 'outputLive',
    severity: 'info',
    message: 'Twitch is live.',
    data: {},
    ...change,
  };
}

describe('the timeline', () => {
  it('keeps events as they were told, and shows them at once', async () => {
    const told = timeline.append(
      event({ outputId: 'out_1', data: { attempt: 2, reason: null, list: ['a'] } }),
    );
    expect((await timeline.list({ streamId: 'str_1' }, { limit: 10 })).items).toEqual([told]);
    expect((await timeline.list({ broadcastId: 'brd_1' }, { limit: 10 })).items).toEqual([told]);
    expect((await timeline.list({ broadcastId: 'brd_2' }, { limit: 10 })).items).toEqual([]);
  });

  it('gives numbers that only rise, also when the clock goes back and after a restart', async () => {
    const numbers = [timeline.append(event()).id, timeline.append(event()).id];
    clock.jumpWallClock(-3_600_000);
    numbers.push(timeline.append(event()).id);
    await store.close();
    store = await bench.open();
    timeline = await createTimelineStore({ store, redactor, clock });
    numbers.push(timeline.append(event()).id);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect((await timeline.list({ streamId: 'str_1' }, { limit: 10 })).items).toHaveLength(4);
  });

  it('is paged newest first; what happens meanwhile neither shifts nor repeats anything', async () => {
    const told = Array.from({ length: 23 }, (_, n) => timeline.append(event({ message: `event ${n}` })).id);
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await timeline.list({ streamId: 'str_1' }, { limit: 5, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
      timeline.append(event({ message: 'meanwhile' }));
    } while (cursor !== undefined);
    expect(seen).toEqual(told.reverse());
  });

  it('holds no secret, wherever it stood', async () => {
    redactor.add('SECRETx7');
    const told = timeline.append(
      event({
        message: 'rtmp://h/live/SECRETy8 refused SECRETx7',
        data: { url: 'rtmp://u:SECRETz9@h/a', deep: { SECRETx7: ['SECRETx7'] } },
      }),
    );
    const { items } = await timeline.list({ streamId: 'str_1' }, { limit: 10 });
    expect(items).toEqual([told]);
    expect(JSON.stringify(items)).not.toMatch(/SECRET/);
  });

  it('refuses a cursor that is none', async () => {
    await expect(timeline.list({ streamId: 'str_1' }, { limit: 5, cursor: 'rubbish' })).rejects.toMatchObject(
      {
        code: 'request.invalid',
        field: 'cursor',
      },
    );
  });

  it('numbers by the clock when the database is away, and catches up', async () => {
    await store.close();
    const away = await createTimelineStore({ store, redactor, clock });
    expect(away.append(event()).id).toBe(clock.nowMs() * 1000);
  });
});

describe('old events', () => {
  it('are removed in steps of bounded size, young ones are not', async () => {
    for (let n = 0; n < 2500; n++) timeline.append(event({ at: clock.nowMs() - TIMELINE_KEPT_MS - 1 - n }));
    const young = timeline.append(event({ at: clock.nowMs() - TIMELINE_KEPT_MS + 1 }));
    await store.flush();
    const steps = [];
    do steps.push(await timeline.retention.step(clock.nowMs()));
    while (steps.at(-1));
    expect(steps).toEqual([true, true, false]);
    expect((await timeline.list({ streamId: 'str_1' }, { limit: 10 })).items).toEqual([young]);
  });
});

it('uses an index for every hot query and sorts nothing', async () => {
  const cases: [keyof typeof timelineSql, (string | number)[], RegExp][] = [
    [
      'listOfStream',
      ['s', 9, 10],
      /SEARCH timeline_events USING INDEX timeline_events_by_stream \(stream_id=\? AND id<\?\)/,
    ],
    [
      'listOfBroadcast',
      ['b', 9, 10],
      /SEARCH timeline_events USING INDEX timeline_events_by_broadcast \(broadcast_id=\? AND id<\?\)/,
    ],
    ['removeOld', [9], /USING COVERING INDEX timeline_events_by_time/],
    ['newestId', [], /SEARCH timeline_events/],
  ];
  for (const [name, params, expected] of cases) {
    const plan = JSON.stringify(await store.all(`EXPLAIN QUERY PLAN ${timelineSql[name]}`, params));
    expect(plan).toMatch(expected);
    expect(plan).not.toMatch(/TEMP B-TREE|SCAN timeline_events"/);
  }
});
