/** Streams: what is broadcast, and the means to steer one while it is live. */
import { z } from 'zod';
import { API_PREFIX, defineEndpoint, idSchema, noContent, pageOf, pageQuery } from '../endpoint.ts';
import { nameSchema } from '../names.ts';
import {
  acceptOutputs,
  outputStateSchema,
  qualityRequestSchema,
  streamConfigShape,
  streamHealthSchema,
  streamSchema,
  streamStateSchema,
  timelineEventSchema,
} from '../streams.ts';
import { healthExample, streamExample, timelineEventExample } from './examples.ts';

export const streamParams = z.strictObject({ streamId: idSchema });
const streamPath = `${API_PREFIX}/streams/{streamId}`;

/** A stream's configuration, and whether to start it at once. */
export const createStreamSchema = z.preprocess(
  acceptOutputs,
  z.strictObject({
    ...streamConfigShape,
    start: z.boolean().default(true).describe('False: only create it.'),
  }),
);

const healthPointSchema = z.object({
  at: z.number(),
  state: streamStateSchema,
  bitrateKbps: z.number(),
  targetBitrateKbps: z.number(),
  fps: z.number(),
  droppedFrames: z.int().describe('Within this step, over all outputs.'),
  outputs: z.array(
    z.object({
      id: z.string(),
      state: outputStateSchema,
      bitrateKbps: z.number(),
      queueMs: z.number(),
      droppedFrames: z.int(),
      rttMs: z.number().nullable(),
    }),
  ),
});
export type HealthPoint = z.infer<typeof healthPointSchema>;

export const healthHistorySchema = z.object({
  streamId: z.string(),
  stepMs: z.int().describe('Distance of the points: 1000, 60 000 or 3 600 000, by the length of the span.'),
  points: z.array(healthPointSchema).describe('Oldest first. A step in which nothing ran has no point.'),
});
export type HealthHistory = z.infer<typeof healthHistorySchema>;

const epochMs = z.coerce.number().min(0).max(8.64e15);

export const createStream = defineEndpoint({
  id: 'createStream',
  method: 'POST',
  path: `${API_PREFIX}/streams`,
  scope: 'control',
  body: createStreamSchema,
  response: streamSchema,
  status: 201,
  errors: [
    'stream.no_outputs',
    'output.duplicate',
    'output.limits_exceeded',
    'destination.codec_unsupported',
    'input.not_found',
    'input.unreadable',
    'input.refused',
    'input.timeout',
    'input.codec_not_copyable',
    'file.path_refused',
    'file.not_writable',
    'ffmpeg.missing',
    'ffmpeg.too_old',
    'encoder.none_works',
    'engine.stopping',
  ],
  summary: 'Create a stream and start it',
  description:
    'Answers as soon as the wish is kept, usually before the first frame is out: follow "state" of the stream and of each output. A stream with "start": false waits for startStream.',
  example: {
    body: {
      name: 'Friday show',
      input: { type: 'file', path: 'show.mp4' },
      processing: [{ type: 'transcode', codec: 'h264', bitrateKbps: 4500 }],
      output: [
        { type: 'rtmp', service: 'twitch', key: 'live_123' },
        { type: 'hls', path: '/live/show.m3u8' },
      ],
    },
    response: streamExample,
  },
});

export const listStreams = defineEndpoint({
  id: 'listStreams',
  method: 'GET',
  path: `${API_PREFIX}/streams`,
  scope: 'read',
  query: z.strictObject({ ...pageQuery, state: streamStateSchema.optional() }),
  response: pageOf(streamSchema),
  summary: 'List streams, newest first',
  example: { query: { state: 'live' }, response: { items: [streamExample], nextCursor: null } },
});

export const getStream = defineEndpoint({
  id: 'getStream',
  method: 'GET',
  path: streamPath,
  scope: 'read',
  params: streamParams,
  response: streamSchema,
  errors: ['stream.not_found'],
  summary: 'Get one stream',
  example: { params: { streamId: 'str_4k2m9x7c0a' }, response: streamExample },
});

export const updateStream = defineEndpoint({
  id: 'updateStream',
  method: 'PATCH',
  path: streamPath,
  scope: 'control',
  params: streamParams,
  body: z.strictObject({ name: streamConfigShape.name.removeDefault() }),
  response: streamSchema,
  errors: ['stream.not_found'],
  summary: 'Rename a stream',
  example: { body: { name: 'Saturday show' } },
});

export const deleteStream = defineEndpoint({
  id: 'deleteStream',
  method: 'DELETE',
  path: streamPath,
  scope: 'control',
  params: streamParams,
  response: noContent,
  status: 204,
  errors: ['stream.not_found'],
  summary: 'Stop a stream and remove it',
  description: 'Its broadcasts, their timelines and recordings stay.',
});

export const startStream = defineEndpoint({
  id: 'startStream',
  method: 'POST',
  path: `${streamPath}/start`,
  scope: 'control',
  params: streamParams,
  response: streamSchema,
  status: 202,
  errors: [
    'stream.not_found',
    'input.not_found',
    'input.unreadable',
    'ffmpeg.missing',
    'ffmpeg.too_old',
    'encoder.none_works',
    'engine.stopping',
  ],
  summary: 'Start a stream',
  description: 'A stream that is live already is left alone.',
});

export const stopStream = defineEndpoint({
  id: 'stopStream',
  method: 'POST',
  path: `${streamPath}/stop`,
  scope: 'control',
  params: streamParams,
  response: streamSchema,
  errors: ['stream.not_found'],
  summary: 'Stop a stream',
  description:
    'Answers when every output is closed, within 5 s. A stream that is stopped already is left alone.',
});

export const updateStreamQuality = defineEndpoint({
  id: 'updateStreamQuality',
  method: 'PUT',
  path: `${streamPath}/quality`,
  scope: 'control',
  params: streamParams,
  body: qualityRequestSchema,
  response: streamSchema,
  errors: [
    'stream.not_found',
    'stream.state_conflict',
    'stream.quality_unchanged',
    'output.limits_exceeded',
    'encoder.failed',
    'ffmpeg.exited',
    'ffmpeg.stalled',
  ],
  summary: 'Change bitrate, size or frame rate while live',
  description:
    'No destination is disconnected. An empty object steps the bitrate down by a quarter. When it fails, the former quality goes on.',
  example: { body: { bitrateKbps: 3000 }, response: streamExample },
});

export const updateStreamText = defineEndpoint({
  id: 'updateStreamText',
  method: 'PUT',
  path: `${streamPath}/text/{index}`,
  scope: 'control',
  params: z.strictObject({
    streamId: idSchema,
    index: z.coerce
      .number()
      .int()
      .min(0)
      .max(31)
      .describe('Which "text" step of the processing, counted from 0.'),
  }),
  body: z.strictObject({ text: z.string().max(500) }),
  response: z.object({ index: z.int(), text: z.string() }),
  errors: ['stream.not_found', 'stream.state_conflict', 'request.not_found'],
  summary: 'Change the text of an overlay',
  description: 'On screen with the next frame; the encoder is not restarted.',
  example: {
    params: { streamId: 'str_4k2m9x7c0a', index: '0' },
    body: { text: 'Goal! 2:1' },
    response: { index: 0, text: 'Goal! 2:1' },
  },
});

export const createMarker = defineEndpoint({
  id: 'createMarker',
  method: 'POST',
  path: `${streamPath}/markers`,
  scope: 'control',
  params: streamParams,
  body: z.strictObject({ label: nameSchema }),
  response: timelineEventSchema,
  status: 201,
  errors: ['stream.not_found', 'stream.state_conflict', 'store.unavailable'],
  summary: 'Mark this moment in the timeline',
  example: { body: { label: 'Interview begins' }, response: timelineEventExample },
});

export const getStreamHealth = defineEndpoint({
  id: 'getStreamHealth',
  method: 'GET',
  path: `${streamPath}/health`,
  scope: 'read',
  params: streamParams,
  response: streamHealthSchema,
  errors: ['stream.not_found'],
  summary: 'Get what a stream measures right now',
  example: { response: healthExample },
});

export const getStreamHealthHistory = defineEndpoint({
  id: 'getStreamHealthHistory',
  method: 'GET',
  path: `${streamPath}/health/history`,
  scope: 'read',
  params: streamParams,
  query: z.strictObject({
    from: epochMs.optional().describe('Epoch ms. Left out: ten minutes before "to".'),
    to: epochMs.optional().describe('Epoch ms. Left out: now.'),
  }),
  response: healthHistorySchema,
  errors: ['stream.not_found', 'store.unavailable'],
  summary: 'Get what a stream measured over a span of time',
});

export const listStreamTimeline = defineEndpoint({
  id: 'listStreamTimeline',
  method: 'GET',
  path: `${streamPath}/timeline`,
  scope: 'read',
  params: streamParams,
  query: z.strictObject(pageQuery),
  response: pageOf(timelineEventSchema),
  errors: ['stream.not_found', 'store.unavailable'],
  summary: 'List what happened to a stream, newest first',
  example: { response: { items: [timelineEventExample], nextCursor: null } },
});
