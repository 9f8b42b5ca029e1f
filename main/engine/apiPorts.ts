/** Lets the API reach the services, each through the small interface that it asks for. Only translation: no decisions. */
import type { ApiPorts, AuditRecord, Caller, EnginePort, HlsPort, ProbePort } from '../api/ports.ts';
import type { Logger } from '../lib/logger.ts';
import { listDestinations } from '../streams/destinationCatalogue.ts';
import { checkDestination } from '../streams/destinationCheck.ts';
import type { FileAccess } from '../streams/readAccess.ts';
import type { StreamService } from '../streams/streamService.ts';
import type { StreamStore } from '../streams/streamStore.ts';
import type { TimelineStore } from '../streams/timelineStore.ts';

export interface ApiPortParts {
  readonly streams: StreamService;
  readonly streamStore: StreamStore;
  readonly timeline: TimelineStore;
  readonly probe: ProbePort;
  readonly engine: EnginePort;
  readonly hls: HlsPort;
  readonly logger: Logger;
}

export function createApiPorts(parts: ApiPortParts): ApiPorts {
  const { streams, streamStore, timeline, probe, engine, hls, logger } = parts;
  return {
    streams: {
      create: (config, options, caller) => streams.create(config, options, accessOf(caller)),
      list: async (query) => streams.list(query),
      get: async (id) => streams.get(id),
      rename: (id, name) => streams.rename(id, name),
      start: (id) => streams.start(id),
      stop: (id) => streams.stop(id),
      delete: (id) => streams.delete(id),
    },
    outputs: {
      addOutput: (id, output, caller) => streams.addOutput(id, output, accessOf(caller)),
      updateOutput: (id, outputId, patch, caller) =>
        streams.updateOutput(id, outputId, patch, accessOf(caller)),
      removeOutput: (id, outputId) => streams.removeOutput(id, outputId),
      retryOutput: async (id, outputId) => streams.retryOutput(id, outputId),
    },
    live: {
      adjustQuality: (id, request) => streams.adjustQuality(id, request),
      setText: (id, index, text) => streams.setText(id, index, text),
      addMarker: async (id, label) => streams.addMarker(id, label),
      saveReplay: (id, seconds) => streams.saveReplay(id, seconds),
    },
    observation: {
      health: async (id) => streams.health(id),
      healthHistory: (id, span) => streams.healthHistory(id, span),
      timeline: (id, query) => streams.timeline(id, query),
      onEvent: (listener) => streams.onEvent(listener),
    },
    broadcasts: {
      list: (query) => streamStore.listBroadcasts(query),
      get: (id) => streamStore.getBroadcast(id),
      timeline: async (broadcastId, query) => {
        await streamStore.getBroadcast(broadcastId);
        return await timeline.list({ broadcastId }, query);
      },
    },
    destinations: {
      list: () => listDestinations(),
      check: async (output, program) => checkDestination(output, program),
    },
    probe,
    engine,
    hls,
    audit: { record: (record) => logAudit(logger, record) },
  };
}

/** Absolute paths are for those who own the engine anyway. */
function accessOf(caller: Caller): FileAccess {
  return { mayUseAnyFolder: caller.scopes.includes('admin') };
}

/** Until there is an audit trail of its own, what concerns access stands in the log. */
function logAudit(logger: Logger, { action, ip, tokenId, detail }: AuditRecord): void {
  logger.warn('access', { action, ip, tokenId, detail });
}
