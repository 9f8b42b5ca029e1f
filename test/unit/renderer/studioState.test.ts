import { describe, expect, it } from 'vitest';
import {
  healthExample,
  outputExample,
  streamExample,
  timelineEventExample,
} from '../../../main/contract/api/examples.ts';
import type { Stream, StreamHealth, TimelineEvent } from '../../../main/contract/streams.ts';
import {
  initialState,
  reduce,
  type StudioEvent,
  type StudioState,
} from '../../../renderer/client/studioState.ts';

const stream = (id: string, fields: Partial<Stream> = {}): Stream => ({ ...streamExample, id, ...fields });
const health = (at: number, kbps: number, fields: Partial<StreamHealth> = {}): StreamHealth => ({
  ...healthExample,
  streamId: 'a',
  at,
  bitrateKbps: kbps,
  ...fields,
});
const event = (id: number, message = ''): TimelineEvent => ({
  ...timelineEventExample,
  id,
  message,
  streamId: 'a',
});
const changed = (one: Stream): StudioEvent => ({
  type: 'streamChanged',
  at: 0,
  streamId: one.id,
  stream: one,
});
const measured = (one: StreamHealth): StudioEvent => ({
  type: 'health',
  at: one.at,
  streamId: one.streamId,
  health: one,
});
const stateAfter = (...events: StudioEvent[]): StudioState => events.reduce(reduce, initialState);

describe('the studio state', () => {
  it('puts a new stream first and changes a known one where it is', () => {
    const state = stateAfter(
      changed(stream('a')),
      changed(stream('b')),
      changed(stream('a', { name: 'Renamed' })),
    );
    expect(state.streams.map(({ id, name }) => [id, name])).toEqual([
      ['b', streamExample.name],
      ['a', 'Renamed'],
    ]);
  });

  it('changes one output and no other', () => {
    const outputs = [outputExample, { ...outputExample, id: 'other', name: 'Other' }];
    const output = { ...outputExample, id: 'other', name: 'Other', state: 'retrying' as const };
    const state = stateAfter(changed(stream('a', { outputs })), {
      type: 'outputChanged',
      at: 0,
      streamId: 'a',
      outputId: 'other',
      output,
    });
    expect(state.streams[0]?.outputs).toEqual([outputExample, output]);
  });

  it('takes states and outputs from the measurements', () => {
    const outputs = [{ ...outputExample, bitrateKbps: 1 }];
    const state = stateAfter(changed(stream('a')), measured(health(1, 5, { state: 'slate', outputs })));
    expect(state.streams[0]).toMatchObject({ state: 'slate', outputs });
    expect(state.health.get('a')?.bitrateKbps).toBe(5);
  });

  it('keeps the bitrates of two minutes, in order, each moment once', () => {
    const state = stateAfter(changed(stream('a')), measured(health(1000, 1)), measured(health(200_000, 3)), {
      type: 'bitratesLoaded',
      streamId: 'a',
      points: [
        { at: 199_000, kbps: 2 },
        { at: 200_000, kbps: 3 },
        { at: 50_000, kbps: 9 },
      ],
    });
    expect(state.bitrates.get('a')).toEqual([
      { at: 199_000, kbps: 2 },
      { at: 200_000, kbps: 3 },
    ]);
  });

  it.each(['stopped', 'failed'] as const)('forgets the measurements of a stream that is %s', (last) => {
    const state = stateAfter(
      changed(stream('a')),
      measured(health(1, 5)),
      changed(stream('a', { state: last })),
    );
    expect([state.health.has('a'), state.bitrates.has('a')]).toEqual([false, false]);
  });

  it('shows each event of the timeline once, newest first, whichever way it came', () => {
    const live: StudioEvent = { type: 'timelineEvent', at: 0, streamId: 'a', event: event(3) };
    const state = stateAfter(live, {
      type: 'timelineLoaded',
      streamId: 'a',
      events: [event(2), event(3), event(1)],
    });
    expect(state.timelines.get('a')?.map(({ id }) => id)).toEqual([3, 2, 1]);
  });

  it('keeps the newest 200 events', () => {
    const events = Array.from({ length: 250 }, (_, index) => event(index + 1));
    const kept = stateAfter({ type: 'timelineLoaded', streamId: 'a', events }).timelines.get('a');
    expect([kept?.length, kept?.[0]?.id]).toEqual([200, 250]);
  });

  it('forgets everything about a stream that was removed', () => {
    const state = stateAfter(
      changed(stream('a')),
      measured(health(1, 5)),
      { type: 'timelineLoaded', streamId: 'a', events: [event(1)] },
      { type: 'streamDeleted', at: 0, streamId: 'a' },
    );
    expect(state).toEqual(initialState);
  });

  it('drops streams that were removed while nobody looked', () => {
    const state = stateAfter(changed(stream('a')), changed(stream('b')), {
      type: 'streamsLoaded',
      streams: [stream('b')],
    });
    expect(state.streams.map(({ id }) => id)).toEqual(['b']);
    expect([initialState.isLoaded, state.isLoaded]).toEqual([false, true]);
  });
});
