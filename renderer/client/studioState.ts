/** What the studio knows, as one immutable value. Every event makes a new one from the old; nothing else changes it. */
import type { EngineInfo } from '../../main/contract/api/engine.ts';
import type { ServerMessage } from '../../main/contract/events.ts';
import type { OutputStatus, Stream, StreamHealth, TimelineEvent } from '../../main/contract/streams.ts';

/** `refused`: the engine is there and wants this page to sign in. */
export type Connection = 'connecting' | 'online' | 'offline' | 'refused';

export interface BitratePoint {
  readonly at: number;
  readonly kbps: number;
}

export interface StudioState {
  readonly connection: Connection;
  readonly engine: EngineInfo | null;
  /** Whether the streams are known; before that, none is not the same as nothing. */
  readonly isLoaded: boolean;
  /** Newest first. */
  readonly streams: readonly Stream[];
  /** Last measurements of the streams that run. */
  readonly health: ReadonlyMap<string, StreamHealth>;
  /** Bitrate of the last two minutes per stream, oldest first. */
  readonly bitrates: ReadonlyMap<string, readonly BitratePoint[]>;
  /** Newest first. */
  readonly timelines: ReadonlyMap<string, readonly TimelineEvent[]>;
}

type LiveEvent = Extract<
  ServerMessage,
  { type: 'streamChanged' | 'streamDeleted' | 'outputChanged' | 'health' | 'timelineEvent' }
>;
export type StudioEvent =
  | LiveEvent
  | { readonly type: 'connectionChanged'; readonly connection: Connection }
  | { readonly type: 'engineLoaded'; readonly engine: EngineInfo }
  | { readonly type: 'streamsLoaded'; readonly streams: readonly Stream[] }
  | { readonly type: 'bitratesLoaded'; readonly streamId: string; readonly points: readonly BitratePoint[] }
  | { readonly type: 'timelineLoaded'; readonly streamId: string; readonly events: readonly TimelineEvent[] };

export const initialState: StudioState = {
  connection: 'connecting',
  engine: null,
  isLoaded: false,
  streams: [],
  health: new Map(),
  bitrates: new Map(),
  timelines: new Map(),
};

export const HISTORY_MS = 120_000;
const TIMELINE_LENGTH = 200;

export function reduce(state: StudioState, event: StudioEvent): StudioState {
  switch (event.type) {
    case 'connectionChanged':
      return { ...state, connection: event.connection };
    case 'engineLoaded':
      return { ...state, engine: event.engine };
    case 'streamsLoaded':
      return { ...withStreams(state, event.streams), isLoaded: true };
    case 'streamChanged':
      return withStream(state, event.stream);
    case 'streamDeleted':
      return withStreams(
        state,
        state.streams.filter(({ id }) => id !== event.streamId),
      );
    case 'outputChanged':
      return changeStream(state, event.streamId, (stream) => withOutput(stream, event.output));
    case 'health':
      return withHealth(state, event.health);
    case 'bitratesLoaded':
      return withBitrates(state, event.streamId, event.points);
    case 'timelineLoaded':
      return withTimeline(state, event.streamId, event.events);
    case 'timelineEvent':
      return withTimeline(state, event.streamId, [event.event]);
  }
}

/** Forgets everything about streams that are no longer there. */
function withStreams(state: StudioState, streams: readonly Stream[]): StudioState {
  const ids = new Set(streams.map(({ id }) => id));
  const kept = <Value>(values: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> =>
    new Map([...values].filter(([id]) => ids.has(id)));
  const next = {
    ...state,
    streams,
    health: kept(state.health),
    bitrates: kept(state.bitrates),
    timelines: kept(state.timelines),
  };
  return streams.reduce(withoutOldMeasurements, next);
}

function withStream(state: StudioState, stream: Stream): StudioState {
  const isKnown = state.streams.some(({ id }) => id === stream.id);
  const streams = isKnown
    ? state.streams.map((known) => (known.id === stream.id ? stream : known))
    : [stream, ...state.streams];
  return withoutOldMeasurements({ ...state, streams }, stream);
}

/** A stream that ended has no bitrate any more; the last one it had would be a lie. */
function withoutOldMeasurements(state: StudioState, stream: Stream): StudioState {
  if (stream.state !== 'stopped' && stream.state !== 'failed') return state;
  if (!state.health.has(stream.id) && !state.bitrates.has(stream.id)) return state;
  return { ...state, health: without(state.health, stream.id), bitrates: without(state.bitrates, stream.id) };
}

function changeStream(state: StudioState, streamId: string, change: (stream: Stream) => Stream): StudioState {
  return {
    ...state,
    streams: state.streams.map((stream) => (stream.id === streamId ? change(stream) : stream)),
  };
}

function withOutput(stream: Stream, output: OutputStatus): Stream {
  return { ...stream, outputs: stream.outputs.map((known) => (known.id === output.id ? output : known)) };
}

function withHealth(state: StudioState, health: StreamHealth): StudioState {
  const { streamId } = health;
  const changed = changeStream(state, streamId, (stream) => ({
    ...stream,
    order: health.order,
    state: health.state,
    outputs: health.outputs,
  }));
  const measured = { ...changed, health: new Map(state.health).set(streamId, health) };
  return withBitrates(measured, streamId, [{ at: health.at, kbps: health.bitrateKbps }]);
}

function withBitrates(state: StudioState, streamId: string, points: readonly BitratePoint[]): StudioState {
  const byTime = new Map(
    [...(state.bitrates.get(streamId) ?? []), ...points].map((point) => [point.at, point]),
  );
  const sorted = [...byTime.values()].sort((one, other) => one.at - other.at);
  const newest = sorted.at(-1)?.at ?? 0;
  const recent = sorted.filter(({ at }) => at > newest - HISTORY_MS);
  return { ...state, bitrates: new Map(state.bitrates).set(streamId, recent) };
}

/** The same event may come by both ways, over the socket and with the loaded page. */
function withTimeline(state: StudioState, streamId: string, events: readonly TimelineEvent[]): StudioState {
  const byId = new Map(
    [...(state.timelines.get(streamId) ?? []), ...events].map((event) => [event.id, event]),
  );
  const sorted = [...byId.values()].sort((one, other) => other.id - one.id).slice(0, TIMELINE_LENGTH);
  return { ...state, timelines: new Map(state.timelines).set(streamId, sorted) };
}

function without<Value>(values: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  const rest = new Map(values);
  rest.delete(key);
  return rest;
}
