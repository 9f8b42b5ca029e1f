/** A look into an input before it is used. */
import { z } from 'zod';
import { API_PREFIX, defineEndpoint } from '../endpoint.ts';
import { inputSchema } from '../inputs.ts';

export const probeResultSchema = z.object({
  format: z.string(),
  durationSeconds: z.number().nullable().describe('Null when it has no end or does not say.'),
  video: z
    .object({
      codec: z.string(),
      width: z.int().describe('As shown, after rotation.'),
      height: z.int(),
      fps: z.number().nullable(),
      rotationDegrees: z.number(),
      canCopy: z.boolean().describe('Whether it could go to RTMP without transcoding.'),
    })
    .nullable(),
  audio: z
    .object({ codec: z.string(), channels: z.int(), sampleRateHz: z.int(), canCopy: z.boolean() })
    .nullable(),
  notices: z
    .array(z.string())
    .describe('What will be done with it: silence added, size made even, picture turned upright.'),
});
export type ProbeResult = z.infer<typeof probeResultSchema>;

export const probeInput = defineEndpoint({
  id: 'probeInput',
  method: 'POST',
  path: `${API_PREFIX}/probe`,
  scope: 'control',
  body: z.strictObject({ input: inputSchema }),
  response: probeResultSchema,
  errors: [
    'input.not_found',
    'input.unreadable',
    'input.refused',
    'input.timeout',
    'input.unreachable',
    'input.auth_rejected',
    'input.busy',
    'file.path_refused',
    'ffmpeg.missing',
  ],
  summary: 'Say what is in a file or behind an address',
  example: {
    body: { input: { type: 'file', path: 'show.mp4' } },
    response: {
      format: 'mov,mp4',
      durationSeconds: 62.5,
      video: { codec: 'h264', width: 1920, height: 1080, fps: 25, rotationDegrees: 0, canCopy: true },
      audio: null,
      notices: ['There is no sound: silence is added.'],
    },
  },
});
