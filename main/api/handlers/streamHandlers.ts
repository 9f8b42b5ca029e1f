/** Streams, outputs, broadcasts, destinations: from the parsed call to the port, nothing in between. */
import type { Clock } from '../../lib/clock.ts';
import type { ApiPorts } from '../ports.ts';
import type { Call, CallContext, HandlersOf } from './handler.ts';

const DEFAULT_SPAN_MS = 10 * 60_000;

type StreamIds =
  | 'createStream'
  | 'listStreams'
  | 'getStream'
  | 'updateStream'
  | 'deleteStream'
  | 'startStream'
  | 'stopStream'
  | 'getStreamHealth'
  | 'getStreamHealthHistory'
  | 'listStreamTimeline';

export function streamHandlers({ streams, observation }: ApiPorts, clock: Clock): HandlersOf<StreamIds> {
  return {
    createStream: ({ body: { start, ...config } }: Call<'createStream'>, { caller }: CallContext) =>
      streams.create(config, { start }, caller),
    listStreams: ({ query }: Call<'listStreams'>) => streams.list(query),
    getStream: ({ params }: Call<'getStream'>) => streams.get(params.streamId),
    updateStream: ({ params, body }: Call<'updateStream'>, { caller }: CallContext) =>
      streams.rename(params.streamId, body.name, caller),
    deleteStream: ({ params }: Call<'deleteStream'>, { caller }: CallContext) =>
      streams.delete(params.streamId, caller).then(() => undefined),
    startStream: ({ params }: Call<'startStream'>, { caller }: CallContext) =>
      streams.start(params.streamId, caller),
    stopStream: ({ params }: Call<'stopStream'>, { caller }: CallContext) =>
      streams.stop(params.streamId, caller),
    getStreamHealth: ({ params }: Call<'getStreamHealth'>) => observation.health(params.streamId),
    getStreamHealthHistory: ({ params, query }: Call<'getStreamHealthHistory'>) => {
      const toMs = query.to ?? clock.nowMs();
      return observation.healthHistory(params.streamId, {
        fromMs: query.from ?? toMs - DEFAULT_SPAN_MS,
        toMs,
      });
    },
    listStreamTimeline: ({ params, query }: Call<'listStreamTimeline'>) =>
      observation.timeline(params.streamId, query),
  };
}

type LiveIds =
  | 'updateStreamQuality'
  | 'updateStreamText'
  | 'createMarker'
  | 'createClip'
  | 'createOutput'
  | 'updateOutput'
  | 'deleteOutput'
  | 'retryOutput';

export function liveHandlers({ live, outputs }: ApiPorts): HandlersOf<LiveIds> {
  return {
    updateStreamQuality: ({ params, body }: Call<'updateStreamQuality'>, { caller }: CallContext) =>
      live.adjustQuality(params.streamId, body, caller),
    updateStreamText: async (
      { params: { streamId, index }, body: { text } }: Call<'updateStreamText'>,
      { caller }: CallContext,
    ) => {
      await live.setText(streamId, index, text, caller);
      return { index, text };
    },
    createMarker: ({ params, body }: Call<'createMarker'>, { caller }: CallContext) =>
      live.addMarker(params.streamId, body.label, caller),
    createClip: ({ params, body }: Call<'createClip'>, { caller }: CallContext) =>
      live.saveReplay(params.streamId, body.seconds, caller),
    createOutput: ({ params, body }: Call<'createOutput'>, { caller }: CallContext) =>
      outputs.addOutput(params.streamId, body, caller),
    updateOutput: ({ params, body }: Call<'updateOutput'>, { caller }: CallContext) =>
      outputs.updateOutput(params.streamId, params.outputId, body, caller),
    deleteOutput: ({ params }: Call<'deleteOutput'>, { caller }: CallContext) =>
      outputs.removeOutput(params.streamId, params.outputId, caller).then(() => undefined),
    retryOutput: ({ params }: Call<'retryOutput'>, { caller }: CallContext) =>
      outputs.retryOutput(params.streamId, params.outputId, caller),
  };
}

type LibraryIds =
  | 'listBroadcasts'
  | 'getBroadcast'
  | 'listBroadcastTimeline'
  | 'listDestinations'
  | 'checkDestination'
  | 'probeInput';

export function libraryHandlers({ broadcasts, destinations, probe }: ApiPorts): HandlersOf<LibraryIds> {
  return {
    listBroadcasts: ({ query }: Call<'listBroadcasts'>) => broadcasts.list(query),
    getBroadcast: ({ params }: Call<'getBroadcast'>) => broadcasts.get(params.broadcastId),
    listBroadcastTimeline: ({ params, query }: Call<'listBroadcastTimeline'>) =>
      broadcasts.timeline(params.broadcastId, query),
    listDestinations: () => ({ items: [...destinations.list()] }),
    checkDestination: ({ body }: Call<'checkDestination'>, { caller }: CallContext) =>
      destinations.check(body.output, body.program, caller),
    probeInput: ({ body }: Call<'probeInput'>, { caller }: CallContext) => probe.probe(body.input, caller),
  };
}
