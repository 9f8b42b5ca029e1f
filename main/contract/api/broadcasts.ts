/** Broadcasts: what was on air from one start to its stop, kept for ever, with its timeline. */
import { z } from 'zod';
import { API_PREFIX, defineEndpoint, idSchema, pageOf, pageQuery } from '../endpoint.ts';
import { timelineEventSchema } from '../streams.ts';
import { timelineEventExample } from './examples.ts';

const broadcastParams = z.strictObject({ broadcastId: idSchema });
const broadcastPath = `${API_PREFIX}/broadcasts/{broadcastId}`;

export const broadcastSchema = z.object({
  id: z.string(),
  streamId: z.string(),
  name: z.string(),
  startedAt: z.number(),
  endedAt: z.number().nullable().describe('Null while it is on air.'),
  endReason: z
    .string()
    .nullable()
    .describe('Why it ended: stopped, sourceEnded, duration, failed, engineLost.'),
});
export type Broadcast = z.infer<typeof broadcastSchema>;

const broadcastExample: Broadcast = {
  id: 'brd_9x7c0a4k2m',
  streamId: 'str_4k2m9x7c0a',
  name: 'Friday show',
  startedAt: timelineEventExample.at - 60_000,
  endedAt: null,
  endReason: null,
};

export const listBroadcasts = defineEndpoint({
  id: 'listBroadcasts',
  method: 'GET',
  path: `${API_PREFIX}/broadcasts`,
  scope: 'read',
  query: z.strictObject({ ...pageQuery, streamId: idSchema.optional() }),
  response: pageOf(broadcastSchema),
  errors: ['store.unavailable'],
  summary: 'List broadcasts, newest first',
  example: { response: { items: [broadcastExample], nextCursor: null } },
});

export const getBroadcast = defineEndpoint({
  id: 'getBroadcast',
  method: 'GET',
  path: broadcastPath,
  scope: 'read',
  params: broadcastParams,
  response: broadcastSchema,
  errors: ['broadcast.not_found', 'store.unavailable'],
  summary: 'Get one broadcast',
  example: { response: broadcastExample },
});

export const listBroadcastTimeline = defineEndpoint({
  id: 'listBroadcastTimeline',
  method: 'GET',
  path: `${broadcastPath}/timeline`,
  scope: 'read',
  params: broadcastParams,
  query: z.strictObject(pageQuery),
  response: pageOf(timelineEventSchema),
  errors: ['broadcast.not_found', 'store.unavailable'],
  summary: 'List what happened in a broadcast, newest first',
  example: { response: { items: [timelineEventExample], nextCursor: null } },
});
