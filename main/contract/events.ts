/**
 * What the WebSocket at /v1/streams carries: one JSON object per message, told apart by `type`.
 * A connection that says nothing gets `streamChanged`, `streamDeleted`, `outputChanged` and `health` of all streams.
 */
import { z } from 'zod';
import { problemSchema } from './errors.ts';
import { outputStatusSchema, streamHealthSchema, streamSchema, timelineEventSchema } from './streams.ts';

export const EVENTS_PATH = '/v1/streams';
/** Subprotocol the server answers with; offer it beside `bearer.<token>`. */
export const EVENTS_PROTOCOL = 'streamware.v1';
export const MAX_CLIENT_MESSAGE_BYTES = 64 * 1024;
export const MAX_SUBSCRIPTIONS = 100;

const at = z.number().describe('When it happened, UTC epoch ms.');
const streamId = z.string();

export const engineLoadSchema = z.object({
  cpuPercent: z.number().describe('Of one core, of the engine process itself.'),
  rssBytes: z.int(),
  eventLoopDelayP99Ms: z.number(),
  liveStreams: z.int(),
});

const streamEvents = [
  z
    .object({ type: z.literal('streamChanged'), at, streamId, stream: streamSchema })
    .describe(
      'Order, state, outputs or configuration of a stream changed. Also sent for every stream after subscribing.',
    ),
  z.object({ type: z.literal('streamDeleted'), at, streamId }).describe('The stream was removed.'),
  z
    .object({
      type: z.literal('outputChanged'),
      at,
      streamId,
      outputId: z.string(),
      output: outputStatusSchema,
    })
    .describe('Order, state or reason of one output changed.'),
  z
    .object({ type: z.literal('health'), at, streamId, health: streamHealthSchema })
    .describe('Once a second for every stream that runs. Skipped for a reader that does not keep up.'),
  z
    .object({ type: z.literal('timelineEvent'), at, streamId, event: timelineEventSchema })
    .describe('Something worth remembering happened; the same that the timeline keeps.'),
] as const;
const engineEvent = z
  .object({ type: z.literal('engine'), at, load: engineLoadSchema })
  .describe('Load of the engine, once a second.');

/** What a caller can subscribe to. */
export const engineEventSchema = z.discriminatedUnion('type', [...streamEvents, engineEvent]);
export type EngineEvent = z.infer<typeof engineEventSchema>;
export type EngineEventType = EngineEvent['type'];
export const eventTypes: readonly EngineEventType[] = engineEventSchema.options.map(
  (option) => option.shape.type.value,
);

/** Everything the server may send. */
export const serverMessageSchema = z.discriminatedUnion('type', [
  ...streamEvents,
  engineEvent,
  z
    .object({ type: z.literal('subscribed'), at, subscriptions: z.array(z.string()) })
    .describe('Answer to subscribe and unsubscribe: the ids of all subscriptions of this connection.'),
  z.object({ type: z.literal('pong'), at }).describe('Answer to ping.'),
  z
    .object({ type: z.literal('error'), at, problem: problemSchema })
    .describe('The last message from the client could not be used. Ten of them close the connection.'),
]);
export type ServerMessage = z.infer<typeof serverMessageSchema>;

export const clientMessageSchema = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('subscribe'),
      id: z
        .string()
        .min(1)
        .max(64)
        .default('default')
        .describe('Subscribing again under the same id replaces the earlier one.'),
      types: z.array(z.enum(eventTypes)).min(1).max(20).optional().describe('Left out: the usual four.'),
      streamIds: z.array(z.string().max(64)).min(1).max(1000).optional().describe('Left out: all streams.'),
      everyMs: z
        .int()
        .min(1000)
        .max(60_000)
        .default(1000)
        .describe('The least distance between two "health" (of one stream) or "engine" messages.'),
    })
    .describe('The first one, without an id, takes the place of the default subscription.'),
  z.strictObject({ type: z.literal('unsubscribe'), id: z.string().min(1).max(64).default('default') }),
  z.strictObject({ type: z.literal('ping') }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

/** Types of a connection or subscription that names none. */
export const defaultEventTypes: readonly EngineEventType[] = [
  'streamChanged',
  'streamDeleted',
  'outputChanged',
  'health',
];
