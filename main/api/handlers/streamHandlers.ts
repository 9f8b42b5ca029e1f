/** Streams, outputs, broadcasts, destinations: from the parsed call to the port, nothing in between. */
import type { Clock } from '../../lib/clock.ts';
import type { ApiPorts } from '../ports.ts';
import type { HandlersOf } from './handler.ts';

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
    createStream: ({ body: { start, ...config } }, { caller }) => streams.create(config, { start }, caller),
    listStreams: ({ query }) => streams.list(query),
    getStream: ({ params }) => streams.get(params.streamId),
    updateStream: ({ params, body }, { caller }) => streams.rename(params.streamId, body.name, caller),
    deleteStream: ({ params }, { caller }) => streams.delete(params.streamId, caller).then(() => undefined),
    startStream: ({ params }, { caller }) => streams.start(params.streamId, caller),
    stopStream: ({ params }, { caller }) => streams.stop(params.streamId, caller),
    getStreamHealth: ({ params }) => observation.health(params.streamId),
    getStreamHealthHistory: ({ params, query }) => {
      const toMs = query.to ?? clock.nowMs();
      return observation.healthHistory(params.streamId, {
        fromMs: query.from ?? toMs - DEFAULT_SPAN_MS,
        toMs,
      });
    },
    listStreamTimeline: ({ params, query }) => observation.timeline(params.streamId, query),
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
    updateStreamQuality: ({ params, body }, { caller }) => live.adjustQuality(params.streamId, body, caller),
    updateStreamText: async ({ params: { streamId, index }, body: { text } }, { caller }) => {
      await live.setText(streamId, index, text, caller);
      return { index, text };
    },
    createMarker: ({ params, body }, { caller }) => live.addMarker(params.streamId, body.label, caller),
    createClip: ({ params, body }, { caller }) => live.saveReplay(params.streamId, body.seconds, caller),
    createOutput: ({ params, body }, { caller }) => outputs.addOutput(params.streamId, body, caller),
    updateOutput: ({ params, body }, { caller }) =>
      outputs.updateOutput(params.streamId, params.outputId, body, caller),
    deleteOutput: ({ params }, { caller }) =>
      outputs.removeOutput(params.streamId, params.outputId, caller).then(() => undefined),
    retryOutput: ({ params }, { caller }) => outputs.retryOutput(params.streamId, params.outputId, caller),
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
    listBroadcasts: ({ query }) => broadcasts.list(query),
    getBroadcast: ({ params }) => broadcasts.get(params.broadcastId),
    listBroadcastTimeline: ({ params, query }) => broadcasts.timeline(params.broadcastId, query),
    listDestinations: () => ({ items: [...destinations.list()] }),
    checkDestination: ({ body }, { caller }) => destinations.check(body.output, body.program, caller),
    probeInput: ({ body }, { caller }) => probe.probe(body.input, caller),
  };
}
