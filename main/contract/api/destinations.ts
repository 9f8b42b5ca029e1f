/** The destination catalogue, and a dry run of an output before anything is sent anywhere. */
import { z } from 'zod';
import { API_PREFIX, defineEndpoint } from '../endpoint.ts';
import { problemSchema } from '../errors.ts';
import { outputSchema } from '../outputs.ts';
import { renditionSchema, videoCodecs } from '../processing.ts';

export const destinationSchema = z.object({
  id: z.string().describe('What "service" of an output names.'),
  name: z.string(),
  kind: z.enum(['rtmp', 'rtmps', 'hls-push', 'srt']),
  servers: z.array(z.object({ name: z.string(), url: z.string(), isBackup: z.boolean() })),
  limits: z.object({
    videoCodecs: z.array(z.enum(videoCodecs)),
    maxVideoBitrateKbps: z.number().nullable(),
    maxAudioBitrateKbps: z.number().nullable(),
    maxFps: z.number().nullable(),
    maxHeight: z.number().nullable(),
    keyFrameIntervalSeconds: z.number().nullable(),
  }),
  keyUrl: z.string().nullable().describe('Page of the service where the stream key is found.'),
});
export type Destination = z.infer<typeof destinationSchema>;

export const destinationCheckSchema = z.object({
  ok: z.boolean().describe('True when nothing in "problems" would keep it from working.'),
  kind: z.string(),
  target: z.string().describe('Where it would go, without secrets.'),
  service: z.string().nullable(),
  hasKey: z.boolean(),
  sends: z.object({
    videoCodec: z.string(),
    videoBitrateKbps: z.number().nullable().describe('Null: as much as the program has.'),
    audioBitrateKbps: z.number().nullable(),
    width: z.number().nullable(),
    height: z.number().nullable(),
    fps: z.number().nullable(),
  }),
  problems: z.array(problemSchema),
  notices: z.array(z.string()),
});
export type DestinationCheck = z.infer<typeof destinationCheckSchema>;

export const listDestinations = defineEndpoint({
  id: 'listDestinations',
  method: 'GET',
  path: `${API_PREFIX}/destinations`,
  scope: 'read',
  response: z.object({ items: z.array(destinationSchema) }),
  summary: 'List the services streamware knows, with their addresses and limits',
});

export const checkDestination = defineEndpoint({
  id: 'checkDestination',
  method: 'POST',
  path: `${API_PREFIX}/destinations/check`,
  scope: 'control',
  body: z.strictObject({
    output: outputSchema,
    program: renditionSchema.optional().describe('What the stream would be encoded to.'),
  }),
  response: destinationCheckSchema,
  errors: ['file.path_refused'],
  summary: 'Say what an output would send where, without starting it',
  description: 'Nothing is connected and nothing is written.',
  example: {
    body: { output: { type: 'rtmp', service: 'twitch', key: 'live_123' }, program: { bitrateKbps: 9000 } },
    response: {
      ok: false,
      kind: 'rtmp',
      target: 'rtmp://live.twitch.tv/app',
      service: 'twitch',
      hasKey: true,
      sends: {
        videoCodec: 'h264',
        videoBitrateKbps: 9000,
        audioBitrateKbps: 160,
        width: null,
        height: null,
        fps: null,
      },
      problems: [
        {
          type: 'https://streamware.pl/errors/output.limits_exceeded',
          code: 'output.limits_exceeded',
          title: 'The service would refuse this setting',
          status: 422,
          retryable: false,
          hint: 'Use the value named in "detail".',
          detail: 'Twitch takes at most 6000 kbit/s.',
          field: 'rendition.bitrateKbps',
        },
      ],
      notices: [],
    },
  },
});
