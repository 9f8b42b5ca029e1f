/** Every endpoint of the engine, by id. The one list that routes, clients and documents are made from. */
import type { Endpoint } from '../endpoint.ts';
import * as broadcasts from './broadcasts.ts';
import * as destinations from './destinations.ts';
import * as engine from './engine.ts';
import * as outputs from './outputs.ts';
import * as probe from './probe.ts';
import * as replay from './replay.ts';
import * as streams from './streams.ts';
import * as tokens from './tokens.ts';

export const endpoints = {
  createStream: streams.createStream,
  listStreams: streams.listStreams,
  getStream: streams.getStream,
  updateStream: streams.updateStream,
  deleteStream: streams.deleteStream,
  startStream: streams.startStream,
  stopStream: streams.stopStream,
  updateStreamQuality: streams.updateStreamQuality,
  updateStreamText: streams.updateStreamText,
  createMarker: streams.createMarker,
  createClip: replay.createClip,
  getStreamHealth: streams.getStreamHealth,
  getStreamHealthHistory: streams.getStreamHealthHistory,
  listStreamTimeline: streams.listStreamTimeline,
  createOutput: outputs.createOutput,
  updateOutput: outputs.updateOutput,
  deleteOutput: outputs.deleteOutput,
  retryOutput: outputs.retryOutput,
  listBroadcasts: broadcasts.listBroadcasts,
  getBroadcast: broadcasts.getBroadcast,
  listBroadcastTimeline: broadcasts.listBroadcastTimeline,
  listDestinations: destinations.listDestinations,
  checkDestination: destinations.checkDestination,
  probeInput: probe.probeInput,
  listTokens: tokens.listTokens,
  createToken: tokens.createToken,
  deleteToken: tokens.deleteToken,
  getSession: tokens.getSession,
  createSession: tokens.createSession,
  deleteSession: tokens.deleteSession,
  getEngine: engine.getEngine,
  getDoctorReport: engine.getDoctorReport,
  createStudioLink: engine.createStudioLink,
  stopEngine: engine.stopEngine,
  getHealth: engine.getHealth,
  getMetrics: engine.getMetrics,
} as const satisfies Record<string, Endpoint>;

export type Endpoints = typeof endpoints;
export type EndpointId = keyof Endpoints;

/** The groups of the reference page, in reading order. */
export const endpointGroups: readonly { name: string; ids: readonly EndpointId[] }[] = [
  { name: 'Streams', ids: [...idsOf(streams), 'createClip'] },
  { name: 'Outputs', ids: idsOf(outputs) },
  { name: 'Broadcasts', ids: idsOf(broadcasts) },
  { name: 'Destinations and inputs', ids: [...idsOf(destinations), 'probeInput'] },
  { name: 'Tokens and sessions', ids: idsOf(tokens) },
  { name: 'Engine', ids: idsOf(engine) },
];

function idsOf(module: object): EndpointId[] {
  return (Object.keys(endpoints) as EndpointId[]).filter((id) => id in module);
}
