import { describe, expect, it } from 'vitest';
import { Subscriptions } from '../../../../main/api/events/subscriptions.ts';
import {
  healthExample,
  outputExample,
  streamExample,
  timelineEventExample,
} from '../../../../main/contract/api/examples.ts';
import {
  clientMessageSchema,
  type EngineEvent,
  MAX_SUBSCRIPTIONS,
} from '../../../../main/contract/events.ts';

const subscribe = (message: object) => {
  const parsed = clientMessageSchema.parse({ type: 'subscribe', ...message });
  if (parsed.type !== 'subscribe') throw new Error('not a subscription');
  return parsed;
};
const health = (streamId: string): EngineEvent => ({
  type: 'health',
  at: 0,
  streamId,
  health: healthExample,
});
const changed = (streamId: string): EngineEvent => ({
  type: 'streamChanged',
  at: 0,
  streamId,
  stream: streamExample,
});
const timeline: EngineEvent = { type: 'timelineEvent', at: 0, streamId: 'a', event: timelineEventExample };
const output: EngineEvent = {
  type: 'outputChanged',
  at: 0,
  streamId: 'a',
  outputId: 'o',
  output: outputExample,
};

describe('Subscriptions', () => {
  it('hear changes and health of all streams by default', () => {
    const subscriptions = new Subscriptions();
    const taken = [
      changed('a'),
      output,
      health('b'),
      { type: 'streamDeleted', at: 0, streamId: 'b' } as const,
    ].map((event) => subscriptions.take(event, 0));
    expect(taken).toEqual([true, true, true, true]);
    expect(subscriptions.take(timeline, 0)).toBe(false);
  });

  it('replace the default by the first that has no id', () => {
    const subscriptions = new Subscriptions();
    subscriptions.subscribe(subscribe({ types: ['timelineEvent'], streamIds: ['a'] }));
    expect(subscriptions.take(timeline, 0)).toBe(true);
    expect(subscriptions.take({ ...timeline, streamId: 'b' }, 0)).toBe(false);
    expect(subscriptions.take(changed('a'), 0)).toBe(false);
    expect(subscriptions.ids).toEqual(['default']);
  });

  it('pace measurements per stream, on the beat, and nothing else', () => {
    const subscriptions = new Subscriptions();
    subscriptions.subscribe(subscribe({ types: ['health', 'streamChanged'], everyMs: 3000 }));
    const sent = (event: EngineEvent, times: number[]): number[] =>
      times.filter((time) => subscriptions.take(event, time));
    expect(sent(health('a'), [0, 990, 2010, 2985, 4000, 5020, 5990])).toEqual([0, 2985, 5990]);
    expect(sent(health('b'), [4000])).toEqual([4000]);
    expect(sent(changed('a'), [6000, 6001, 6002])).toEqual([6000, 6001, 6002]);
  });

  it('send every beat of a second, early or late', () => {
    const subscriptions = new Subscriptions();
    const times = [0, 998, 2003, 2995, 4010];
    expect(times.filter((time) => subscriptions.take(health('a'), time))).toEqual(times);
  });

  it('take the shortest pace of several that match', () => {
    const subscriptions = new Subscriptions();
    subscriptions.subscribe(subscribe({ types: ['health'], everyMs: 10_000 }));
    subscriptions.subscribe(subscribe({ id: 'close', types: ['health'], streamIds: ['a'], everyMs: 2000 }));
    expect([0, 2000, 4000].filter((time) => subscriptions.take(health('a'), time))).toEqual([0, 2000, 4000]);
    expect([0, 2000, 4000].filter((time) => subscriptions.take(health('b'), time))).toEqual([0]);
    subscriptions.unsubscribe('close');
    subscriptions.unsubscribe('default');
    expect(subscriptions.take(health('a'), 99_000)).toBe(false);
  });

  it('are bounded', () => {
    const subscriptions = new Subscriptions();
    const accepted = Array.from({ length: 1000 }, (_, index) =>
      subscriptions.subscribe(subscribe({ id: `s${index}` })),
    );
    expect(accepted.filter(Boolean)).toHaveLength(MAX_SUBSCRIPTIONS - 1);
    expect(subscriptions.subscribe(subscribe({ id: 's0', types: ['engine'] }))).toBe(true);
  });
});
