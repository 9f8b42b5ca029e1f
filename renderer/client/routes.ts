import type { EndpointId } from '../../main/contract/api/index.ts';
import type { HttpMethod } from '../../main/contract/endpoint.ts';

/**
 * Where the endpoints are that this page calls. The rows of the contract say the same and more, but reaching them at run
 * time would bring every schema into the first bundle; a test compares the two.
 */
export const routes = {
  getEngine: ['GET', '/api/v1/engine'],
  createSession: ['POST', '/api/v1/session'],
  listDestinations: ['GET', '/api/v1/destinations'],
  checkDestination: ['POST', '/api/v1/destinations/check'],
  listStreams: ['GET', '/api/v1/streams'],
  createStream: ['POST', '/api/v1/streams'],
  startStream: ['POST', '/api/v1/streams/{streamId}/start'],
  stopStream: ['POST', '/api/v1/streams/{streamId}/stop'],
  deleteStream: ['DELETE', '/api/v1/streams/{streamId}'],
  updateStreamQuality: ['PUT', '/api/v1/streams/{streamId}/quality'],
  getStreamHealthHistory: ['GET', '/api/v1/streams/{streamId}/health/history'],
  listStreamTimeline: ['GET', '/api/v1/streams/{streamId}/timeline'],
  createClip: ['POST', '/api/v1/streams/{streamId}/replay'],
  createOutput: ['POST', '/api/v1/streams/{streamId}/outputs'],
  updateOutput: ['PATCH', '/api/v1/streams/{streamId}/outputs/{outputId}'],
  deleteOutput: ['DELETE', '/api/v1/streams/{streamId}/outputs/{outputId}'],
  retryOutput: ['POST', '/api/v1/streams/{streamId}/outputs/{outputId}/retry'],
} as const satisfies Partial<Record<EndpointId, readonly [HttpMethod, string]>>;

export type RouteId = keyof typeof routes;
