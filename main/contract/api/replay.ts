/** Clips cut from the replay buffer of a live stream. */
import { z } from 'zod';
import { API_PREFIX, defineEndpoint } from '../endpoint.ts';
import { streamParams } from './streams.ts';

export const clipSchema = z.object({
  id: z.string(),
  streamId: z.string(),
  path: z.string(),
  durationSeconds: z.number(),
  bytes: z.int(),
  createdAt: z.number(),
});
export type Clip = z.infer<typeof clipSchema>;

export const createClip = defineEndpoint({
  id: 'createClip',
  method: 'POST',
  path: `${API_PREFIX}/streams/{streamId}/replay`,
  scope: 'control',
  params: streamParams,
  body: z.strictObject({
    seconds: z
      .number()
      .min(1)
      .max(600)
      .default(30)
      .describe('The clip begins at the key frame at or before this many seconds ago.'),
  }),
  response: clipSchema,
  status: 201,
  errors: ['stream.not_found', 'stream.state_conflict', 'replay.empty', 'file.no_space', 'file.not_writable'],
  summary: 'Save the last seconds as a clip',
  example: {
    body: { seconds: 20 },
    response: {
      id: 'clip_0a4k2m9x7c',
      streamId: 'str_4k2m9x7c0a',
      path: '/home/ola/streamware/clips/friday-show-2025-05-02-20-00-40.mp4',
      durationSeconds: 21.4,
      bytes: 12_400_000,
      createdAt: Date.UTC(2025, 4, 2, 18, 1),
    },
  },
});
