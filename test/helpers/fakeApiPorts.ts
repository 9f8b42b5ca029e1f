/** The engine as the API sees it, in memory: streams that are only records, so that guard, tokens, routes and events can be tried alone. */

import type { ApiPorts, AuditRecord, Caller } from '../../main/api/ports.ts';
import type { EngineInfo } from '../../main/contract/api/engine.ts';
import {
  healthExample,
  outputExample,
  streamExample,
  timelineEventExample,
} from '../../main/contract/api/examples.ts';
import { endpoints } from '../../main/contract/api/index.ts';
import { StreamwareError } from '../../main/contract/errors.ts';
import type { EngineEvent } from '../../main/contract/events.ts';
import type { OutputStatus, Stream, StreamConfig } from '../../main/contract/streams.ts';
import { Emitter } from '../../main/lib/emitter.ts';

export interface FakeApiPorts {
  readonly ports: ApiPorts;
  readonly streams: Map<string, Stream>;
  /** Every call that changes something: its name, its arguments, who asked. */
  readonly calls: { name: string; args: unknown[]; caller: Caller }[];
  readonly audit: AuditRecord[];
  emit(event: EngineEvent): void;
  /** Number of listeners for events that were not ended. */
  readonly listeners: number;
}

export const engineFacts: Omit<EngineInfo, 'url' | 'mediaUrl'> = {
  name: 'streamware',
  version: '0.1.0',
  pid: 4711,
  startedAt: 1_746_208_000_000,
  dataDir: '/home/ola/streamware',
  ingestUrl: 'rtmp://127.0.0.1:1935/live',
  node: '24.0.0',
  platform: 'linux-x64',
  ffmpeg: { path: '/usr/bin/ffmpeg', version: '5.1.9' },
  encoders: ['libx264'],
  store: { state: 'ok', lostRecords: 0 },
  load: { cpuPercent: 12, rssBytes: 90_000_000, eventLoopDelayP99Ms: 2, liveStreams: 1 },
};

interface FakeOptions {
  /** Resolves HLS paths; nothing is there by default. */
  readonly resolveHls?: (path: string) => Promise<string | null>;
}

export function createFakeApiPorts({ resolveHls = async () => null }: FakeOptions = {}): FakeApiPorts {
  const events = new Emitter<{ event: EngineEvent }>();
  const state = {
    streams: new Map<string, Stream>(),
    calls: [] as FakeApiPorts['calls'],
    audit: [] as AuditRecord[],
    listeners: 0,
  };
  const note = (name: string, args: unknown[], caller: Caller): void =>
    void state.calls.push({ name, args, caller });
  const get = (streamId: string): Stream => {
    const stream = state.streams.get(streamId);
    if (!stream) throw new StreamwareError('stream.not_found');
    return stream;
  };
  const ports: ApiPorts = {
    streams: streamsPort(state.streams, note, get),
    outputs: outputsPort(note, get),
    live: livePort(note, get),
    observation: {
      health: async (streamId) => ({ ...healthExample, streamId: get(streamId).id }),
      healthHistory: async (streamId) => ({ streamId: get(streamId).id, stepMs: 1000, points: [] }),
      timeline: async (streamId) => ({
        items: [{ ...timelineEventExample, streamId: get(streamId).id }],
        nextCursor: null,
      }),
      onEvent: (listener) => {
        state.listeners += 1;
        const off = events.on('event', listener);
        return () => {
          state.listeners -= 1;
          off();
        };
      },
    },
    ...libraryPorts(note),
    hls: { resolve: resolveHls },
    audit: { record: (record) => void state.audit.push(record) },
  };
  return {
    ports,
    streams: state.streams,
    calls: state.calls,
    audit: state.audit,
    emit: (event) => events.emit('event', event),
    get listeners() {
      return state.listeners;
    },
  };
}

type Note = (name: string, args: unknown[], caller: Caller) => void;
type Get = (streamId: string) => Stream;

function streamsPort(streams: Map<string, Stream>, note: Note, get: Get): ApiPorts['streams'] {
  const change = (streamId: string, fields: Partial<Stream>): Stream => {
    const stream = { ...get(streamId), ...fields };
    streams.set(streamId, stream);
    return stream;
  };
  return {
    async create(config, options, caller) {
      note('create', [config, options], caller);
      const stream = fakeStream(`str_${streams.size + 1}`, config, options.start);
      streams.set(stream.id, stream);
      return stream;
    },
    async list({ cursor, limit, state }) {
      const all = [...streams.values()].filter((stream) => state === undefined || stream.state === state);
      const from = cursor === undefined ? 0 : Number(cursor);
      const next = from + limit;
      return { items: all.slice(from, next), nextCursor: next < all.length ? String(next) : null };
    },
    get: async (streamId) => get(streamId),
    async rename(streamId, name, caller) {
      note('rename', [streamId, name], caller);
      return change(streamId, { name });
    },
    async start(streamId, caller) {
      note('start', [streamId], caller);
      return change(streamId, { order: 'live', state: 'starting' });
    },
    async stop(streamId, caller) {
      note('stop', [streamId], caller);
      return change(streamId, { order: 'stopped', state: 'stopped' });
    },
    async delete(streamId, caller) {
      note('delete', [get(streamId).id], caller);
      streams.delete(streamId);
    },
  };
}

export function fakeStream(id: string, config: Pick<StreamConfig, 'name'>, isLive = true): Stream {
  return {
    ...streamExample,
    id,
    name: config.name,
    order: isLive ? 'live' : 'stopped',
    state: isLive ? 'live' : 'stopped',
  };
}

function outputsPort(note: Note, get: Get): ApiPorts['outputs'] {
  const known = (streamId: string, outputId: string): OutputStatus => {
    const output = get(streamId).outputs.find(({ id }) => id === outputId);
    if (!output) throw new StreamwareError('output.not_found');
    return output;
  };
  return {
    async addOutput(streamId, output, caller) {
      note('addOutput', [get(streamId).id, output], caller);
      return { ...outputExample, kind: output.type };
    },
    async updateOutput(streamId, outputId, patch, caller) {
      note('updateOutput', [streamId, outputId, patch], caller);
      return known(streamId, outputId);
    },
    async removeOutput(streamId, outputId, caller) {
      note('removeOutput', [streamId, known(streamId, outputId).id], caller);
    },
    async retryOutput(streamId, outputId, caller) {
      note('retryOutput', [streamId, outputId], caller);
      return known(streamId, outputId);
    },
  };
}

function livePort(note: Note, get: Get): ApiPorts['live'] {
  return {
    async adjustQuality(streamId, request, caller) {
      note('adjustQuality', [streamId, request], caller);
      return get(streamId);
    },
    async setText(streamId, index, text, caller) {
      note('setText', [get(streamId).id, index, text], caller);
    },
    async addMarker(streamId, label, caller) {
      note('addMarker', [get(streamId).id, label], caller);
      return { ...timelineEventExample, streamId, message: label };
    },
    async saveReplay(streamId, seconds, caller) {
      note('saveReplay', [get(streamId).id, seconds], caller);
      return {
        id: 'clip_1',
        streamId,
        path: '/clips/1.mp4',
        durationSeconds: seconds,
        bytes: 1000,
        createdAt: 1,
      };
    },
  };
}

function libraryPorts(note: Note): Pick<ApiPorts, 'broadcasts' | 'destinations' | 'probe' | 'engine'> {
  const broadcast = endpoints.getBroadcast.example.response as Awaited<
    ReturnType<ApiPorts['broadcasts']['get']>
  >;
  return {
    broadcasts: {
      list: async () => ({ items: [broadcast], nextCursor: null }),
      async get(broadcastId) {
        if (broadcastId !== broadcast.id) throw new StreamwareError('broadcast.not_found');
        return broadcast;
      },
      timeline: async () => ({ items: [timelineEventExample], nextCursor: null }),
    },
    destinations: {
      list: () => [],
      check: async () =>
        endpoints.checkDestination.example.response as Awaited<ReturnType<ApiPorts['destinations']['check']>>,
    },
    probe: {
      probe: async () =>
        endpoints.probeInput.example.response as Awaited<ReturnType<ApiPorts['probe']['probe']>>,
    },
    engine: {
      liveness: () => ({ status: 'ok', name: 'streamware', version: '0.1.0' }),
      info: async () => engineFacts,
      doctor: async () => [{ id: 'ffmpeg', status: 'ok', message: 'ffmpeg 5.1.9', cure: null }],
      stop: async (caller) => note('stopEngine', [], caller),
    },
  };
}
