/** The engine itself: whether it is well, what it is, what it finds on this machine, and how to end it. */
import { z } from 'zod';
import { API_PREFIX, defineEndpoint } from '../endpoint.ts';
import { engineLoadSchema } from '../events.ts';

const liveness = z.object({
  status: z
    .enum(['ok', 'degraded'])
    .describe('degraded: something a person should look at, see the doctor; broadcasts go on.'),
  name: z.literal('streamware'),
  version: z.string(),
});
export type Liveness = z.infer<typeof liveness>;

export const engineInfoSchema = z.object({
  name: z.literal('streamware'),
  version: z.string(),
  pid: z.int(),
  startedAt: z.number(),
  dataDir: z.string(),
  url: z.string(),
  mediaUrl: z.string().nullable().describe('Where HLS is open to the network, when it is.'),
  ingestUrl: z.string().nullable().describe('Where OBS, phones and cameras push to.'),
  node: z.string(),
  platform: z.string(),
  ffmpeg: z.object({ path: z.string(), version: z.string() }).nullable(),
  encoders: z.array(z.string()).describe('Video encoders that passed a test encode, best first.'),
  store: z.object({
    state: z.enum(['ok', 'unavailable']),
    lostRecords: z.int().describe('What could not be saved since the start.'),
  }),
  load: engineLoadSchema,
});
export type EngineInfo = z.infer<typeof engineInfoSchema>;

export const doctorCheckSchema = z.object({
  id: z.string().describe('ffmpeg, encoders, dataDir, diskSpace, ports, display, network, …'),
  status: z.enum(['ok', 'warn', 'fail']),
  message: z.string(),
  cure: z.string().nullable().describe('What to do, when it is not ok.'),
});
export type DoctorCheck = z.infer<typeof doctorCheckSchema>;

export const getHealth = defineEndpoint({
  id: 'getHealth',
  method: 'GET',
  path: '/health',
  scope: 'none',
  response: liveness,
  summary: 'Whether the engine is up',
  example: { response: { status: 'ok', name: 'streamware', version: '0.1.0' } },
});

export const getMetrics = defineEndpoint({
  id: 'getMetrics',
  method: 'GET',
  path: '/metrics',
  scope: 'read',
  response: z.string(),
  contentType: 'text/plain',
  summary: 'Measurements for Prometheus',
  description:
    'Text exposition format 0.0.4. `streamware serve --metrics-without-token` lets programs on this machine read it without one; from elsewhere Prometheus sends a token of scope `read`.',
});

export const getEngine = defineEndpoint({
  id: 'getEngine',
  method: 'GET',
  path: `${API_PREFIX}/engine`,
  scope: 'read',
  response: engineInfoSchema,
  summary: 'Get version, addresses and load of the engine',
});

export const getDoctorReport = defineEndpoint({
  id: 'getDoctorReport',
  method: 'GET',
  path: `${API_PREFIX}/engine/doctor`,
  scope: 'read',
  response: z.object({ items: z.array(doctorCheckSchema) }),
  summary: 'Check what broadcasting needs on this machine',
  example: {
    response: {
      items: [
        {
          id: 'diskSpace',
          status: 'warn',
          message: '1.2 GB are free for recordings',
          cure: 'Free some space on this disk.',
        },
      ],
    },
  },
});

export const createStudioLink = defineEndpoint({
  id: 'createStudioLink',
  method: 'POST',
  path: `${API_PREFIX}/engine/studio-link`,
  scope: 'admin',
  response: z.object({ url: z.string(), expiresAt: z.number() }),
  status: 201,
  summary: 'Make a link that signs a browser in to the studio',
  description: 'It works once, within five minutes.',
  example: {
    response: { url: 'http://127.0.0.1:7420/?k=N0t-A-Real-Code', expiresAt: Date.UTC(2025, 4, 2, 18, 5) },
  },
});

export const stopEngine = defineEndpoint({
  id: 'stopEngine',
  method: 'POST',
  path: `${API_PREFIX}/engine/stop`,
  scope: 'admin',
  response: z.object({ stopping: z.literal(true) }),
  status: 202,
  summary: 'Stop every stream and end the engine',
  description: 'Streams that are live end for good: the next start does not resume them.',
  example: { response: { stopping: true } },
});
