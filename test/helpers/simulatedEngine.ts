/**
 * The engine as the studio page sees it, in memory: streams that start and stop at once, outputs in whatever state a
 * test puts them, health and timeline events when a test says so. No media; the API around it is the real one.
 */
import type { ApiPorts } from '../../main/api/ports.ts';
import type { Destination } from '../../main/contract/api/destinations.ts';
import { healthExample, outputExample, streamExample } from '../../main/contract/api/examples.ts';
import { StreamwareError } from '../../main/contract/errors.ts';
import type {
  OutputStatus,
  Stream,
  StreamConfig,
  StreamHealth,
  TimelineEvent,
} from '../../main/contract/streams.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { createFakeApiPorts, type FakeApiPorts } from './fakeApiPorts.ts';

export interface SimulatedEngine extends FakeApiPorts {
  /** Adds a stream, or replaces it, and tells everybody. */
  putStream(stream: Stream): Stream;
  /** Changes a stream and tells everybody. */
  changeStream(streamId: string, fields: Partial<Stream>): Stream;
  /** Changes an output and tells everybody. */
  changeOutput(streamId: string, outputId: string, fields: Partial<OutputStatus>): void;
  /** One second's measurements of a stream, with its outputs as they are. */
  measure(streamId: string, fields?: Partial<StreamHealth>): void;
  happen(event: Partial<TimelineEvent> & Pick<TimelineEvent, 'streamId' | 'kind'>): void;
  /** The next call of this name is refused. */
  refuseNext(name: 'create' | 'addOutput' | 'adjustQuality', error: StreamwareError): void;
  /** Arguments of the calls of this name so far. */
  callsOf(name: string): unknown[][];
}

export const catalogue: readonly Destination[] = [
  destination('youtube', 'YouTube', 'rtmps', [
    'rtmps://a.rtmps.youtube.com/live2',
    'rtmps://b.rtmps.youtube.com/live2?backup=1',
  ]),
  destination('twitch', 'Twitch', 'rtmp', ['rtmp://live.twitch.tv/app']),
];

export function createSimulatedEngine(): SimulatedEngine {
  const fake = createFakeApiPorts();
  const timeline: TimelineEvent[] = [];
  const refusals = new Map<string, StreamwareError>();
  const get = (streamId: string): Stream => {
    const stream = fake.streams.get(streamId);
    if (!stream) throw new StreamwareError('stream.not_found');
    return stream;
  };
  const assertAllowed = (name: string): void => {
    const error = refusals.get(name);
    refusals.delete(name);
    if (error) throw error;
  };
  const at = (): number => systemClock.nowMs();
  const engine: Omit<SimulatedEngine, keyof FakeApiPorts> = {
    putStream(stream) {
      fake.streams.set(stream.id, stream);
      fake.emit({ type: 'streamChanged', at: at(), streamId: stream.id, stream });
      return stream;
    },
    changeStream: (streamId, fields) => engine.putStream({ ...get(streamId), ...fields }),
    changeOutput(streamId, outputId, fields) {
      const stream = get(streamId);
      const outputs = stream.outputs.map((one) => (one.id === outputId ? { ...one, ...fields } : one));
      fake.streams.set(streamId, { ...stream, outputs });
      const output = outputs.find(({ id }) => id === outputId);
      if (output) fake.emit({ type: 'outputChanged', at: at(), streamId, outputId, output });
    },
    measure(streamId, fields = {}) {
      const { order, state, outputs } = get(streamId);
      const health = { ...healthExample, streamId, at: at(), order, state, outputs, ...fields };
      fake.emit({ type: 'health', at: health.at, streamId, health });
    },
    happen(fields) {
      const event: TimelineEvent = {
        id: timeline.length + 1,
        broadcastId: 'brd_1',
        outputId: null,
        at: at(),
        severity: 'info',
        message: fields.kind,
        data: {},
        ...fields,
      };
      timeline.unshift(event);
      fake.emit({ type: 'timelineEvent', at: event.at, streamId: event.streamId, event });
    },
    refuseNext: (name, error) => void refusals.set(name, error),
    callsOf: (name) => fake.calls.filter((call) => call.name === name).map(({ args }) => args),
  };
  const ports: ApiPorts = {
    ...fake.ports,
    streams: streamsPort(fake, engine, assertAllowed),
    outputs: outputsPort(fake, engine, get, assertAllowed),
    live: {
      ...fake.ports.live,
      async adjustQuality(streamId, request, caller) {
        assertAllowed('adjustQuality');
        return fake.ports.live.adjustQuality(streamId, request, caller);
      },
    },
    destinations: { ...fake.ports.destinations, list: () => catalogue, check: checkPort(fake) },
    observation: {
      ...fake.ports.observation,
      timeline: async (streamId) => ({
        items: timeline.filter((event) => event.streamId === streamId),
        nextCursor: null,
      }),
    },
  };
  const { streams, calls, audit, emit } = fake;
  return {
    ...engine,
    ports,
    streams,
    calls,
    audit,
    emit,
    get listeners() {
      return fake.listeners;
    },
  };
}

/** A stream with these outputs. */
export function simulatedStream(id: string, name: string, outputs: readonly OutputStatus[]): Stream {
  return { ...streamExample, id, name, reason: null, notices: [], config: {}, outputs: [...outputs] };
}

/** An output that is live. */
export function simulatedOutput(id: string, name: string, fields: Partial<OutputStatus> = {}): OutputStatus {
  return { ...outputExample, id, name, ...fields };
}

/** The fields of an output that is off. */
export const offFields = {
  state: 'off',
  bitrateKbps: 0,
  fps: 0,
  liveSince: null,
} as const satisfies Partial<OutputStatus>;

type Commands = Pick<SimulatedEngine, 'putStream' | 'changeStream'>;
type AssertAllowed = (name: string) => void;

function streamsPort(
  fake: FakeApiPorts,
  engine: Commands,
  assertAllowed: AssertAllowed,
): ApiPorts['streams'] {
  return {
    ...fake.ports.streams,
    async create(config, options, caller) {
      fake.calls.push({ name: 'create', args: [config, options], caller });
      assertAllowed('create');
      const id = `str_new${fake.streams.size + 1}`;
      return engine.putStream({
        ...simulatedStream(id, config.name, config.output.map(outputOf)),
        startedAt: systemClock.nowMs(),
        config,
      });
    },
    async start(streamId, caller) {
      const { outputs } = await fake.ports.streams.start(streamId, caller);
      return engine.changeStream(streamId, {
        state: 'live',
        startedAt: systemClock.nowMs(),
        outputs: outputs.map((output) => ({ ...output, state: output.order === 'on' ? 'live' : 'off' })),
      });
    },
    async stop(streamId, caller) {
      const { outputs } = await fake.ports.streams.stop(streamId, caller);
      return engine.changeStream(streamId, {
        startedAt: null,
        outputs: outputs.map((output) => ({ ...output, ...offFields })),
      });
    },
    async delete(streamId, caller) {
      await fake.ports.streams.delete(streamId, caller);
      fake.emit({ type: 'streamDeleted', at: systemClock.nowMs(), streamId });
    },
  };
}

function outputsPort(
  fake: FakeApiPorts,
  engine: Commands,
  get: (streamId: string) => Stream,
  assertAllowed: AssertAllowed,
): ApiPorts['outputs'] {
  return {
    ...fake.ports.outputs,
    async addOutput(streamId, config, caller) {
      fake.calls.push({ name: 'addOutput', args: [streamId, config], caller });
      assertAllowed('addOutput');
      const { outputs } = get(streamId);
      const output = outputOf(config, outputs.length);
      engine.changeStream(streamId, { outputs: [...outputs, output] });
      return output;
    },
    async updateOutput(streamId, outputId, patch, caller) {
      const output = await fake.ports.outputs.updateOutput(streamId, outputId, patch, caller);
      const isOn = patch.enabled ?? output.order === 'on';
      const changed: OutputStatus = isOn
        ? { ...output, order: 'on', state: 'live' }
        : { ...output, ...offFields, order: 'off' };
      const outputs = get(streamId).outputs.map((one) => (one.id === outputId ? changed : one));
      engine.changeStream(streamId, { outputs });
      return changed;
    },
    async removeOutput(streamId, outputId, caller) {
      await fake.ports.outputs.removeOutput(streamId, outputId, caller);
      engine.changeStream(streamId, { outputs: get(streamId).outputs.filter(({ id }) => id !== outputId) });
    },
  };
}

/** Nothing is wrong with any destination. */
function checkPort(fake: FakeApiPorts): ApiPorts['destinations']['check'] {
  return async (output, program, caller) => ({
    ...(await fake.ports.destinations.check(output, program, caller)),
    ok: true,
    problems: [],
  });
}

function outputOf(config: StreamConfig['output'][number], index: number): OutputStatus {
  const target = 'url' in config && config.url !== undefined ? config.url : config.type;
  return simulatedOutput(`out_new${index}`, config.name ?? config.type, {
    kind: config.type,
    target,
    // There is no playlist anywhere.
    ...(config.type === 'hls' ? { state: 'connecting', playbackUrl: '/live/simulated/index.m3u8' } : {}),
  });
}

function destination(
  id: string,
  name: string,
  kind: Destination['kind'],
  urls: readonly string[],
): Destination {
  return {
    id,
    name,
    kind,
    servers: urls.map((url, index) => ({ name: `Server ${index + 1}`, url, isBackup: index > 0 })),
    limits: {
      videoCodecs: ['h264'],
      maxVideoBitrateKbps: null,
      maxAudioBitrateKbps: null,
      maxFps: null,
      maxHeight: null,
      keyFrameIntervalSeconds: 2,
    },
    keyUrl: `https://example.com/${id}`,
  };
}
