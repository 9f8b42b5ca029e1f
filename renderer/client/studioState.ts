import type { OutputStatus, Stream, StreamHealth, TimelineEvent } from '../../main/contract/streams.ts';

/** What the studio knows, as one immutable value. Every event makes a new one from the old. */
export interface StudioState {
  connection: 'connecting' | 'online' | 'offline' | 'refused';
  streams: readonly Stream[];
  health: ReadonlyMap<string, StreamHealth>;
  /** Bitrate of the last two minutes per stream, one value a second. */
  bitrateHistory: ReadonlyMap<string, readonly number[]>;
  timeline: ReadonlyMap<string, readonly TimelineEvent[]>;
}

export type StudioEvent =
  | { type: 'connection'; connection: StudioState['connection'] }
  | { type: 'streams'; streams: readonly Stream[] }
  | { type: 'streamChanged'; stream: Stream }
  | { type: 'streamDeleted'; streamId: string }
  | { type: 'outputChanged'; streamId: string; output: OutputStatus }
  | { type: 'health'; health: StreamHealth }
  | { type: 'timeline'; streamId: string; events: readonly TimelineEvent[] }
  | { type: 'timelineEvent'; event: TimelineEvent };

export const initialState: StudioState = {
  connection: 'connecting',
  streams: [],
  health: new Map(),
  bitrateHistory: new Map(),
  timeline: new Map(),
};

const HISTORY_SECONDS = 120;
const TIMELINE_LENGTH = 200;

export function reduce(state: StudioState, event: StudioEvent): StudioState {
  switch (event.type) {
    case 'connection':
      return { ...state, connection: event.connection };
    case 'streams':
      return { ...state, streams: event.streams };
    case 'streamChanged':
      return { ...state, streams: upsert(state.streams, event.stream) };
    case 'streamDeleted':
      return { ...state, streams: state.streams.filter((stream) => stream.id !== event.streamId) };
    case 'outputChanged':
      return {
        ...state,
        streams: state.streams.map((stream) =>
          stream.id === event.streamId ? withOutput(stream, event.output) : stream,
        ),
      };
    case 'health':
      return withHealth(state, event.health);
    case 'timeline':
      return { ...state, timeline: new Map(state.timeline).set(event.streamId, event.events) };
    case 'timelineEvent': {
      const known = state.timeline.get(event.event.streamId) ?? [];
      const events = [...known, event.event].slice(-TIMELINE_LENGTH);
      return { ...state, timeline: new Map(state.timeline).set(event.event.streamId, events) };
    }
  }
}

function upsert(streams: readonly Stream[], stream: Stream): readonly Stream[] {
  return streams.some((known) => known.id === stream.id)
    ? streams.map((known) => (known.id === stream.id ? stream : known))
    : [stream, ...streams];
}

function withOutput(stream: Stream, output: OutputStatus): Stream {
  return { ...stream, outputs: stream.outputs.map((known) => (known.id === output.id ? output : known)) };
}

function withHealth(state: StudioState, health: StreamHealth): StudioState {
  const history = [...(state.bitrateHistory.get(health.streamId) ?? []), health.bitrateKbps].slice(
    -HISTORY_SECONDS,
  );
  return {
    ...state,
    health: new Map(state.health).set(health.streamId, health),
    bitrateHistory: new Map(state.bitrateHistory).set(health.streamId, history),
    streams: state.streams.map((stream) =>
      stream.id === health.streamId
        ? { ...stream, state: health.state, order: health.order, outputs: health.outputs }
        : stream,
    ),
  };
}
