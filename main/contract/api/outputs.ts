/** Outputs of a stream: added, changed and removed while it is live, without touching the others. */
import { z } from 'zod';
import { API_PREFIX, defineEndpoint, idSchema, noContent } from '../endpoint.ts';
import { nameSchema } from '../names.ts';
import { outputSchema, streamKeySchema, trimInvisible } from '../outputs.ts';
import { renditionSchema } from '../processing.ts';
import { outputStatusSchema } from '../streams.ts';
import { outputExample } from './examples.ts';
import { streamParams } from './streams.ts';

const outputsPath = `${API_PREFIX}/streams/{streamId}/outputs`;
const outputParams = z.strictObject({ streamId: idSchema, outputId: idSchema });
const address = z.string().max(4096).transform(trimInvisible);

/** What can be changed in an output; what is left out stays. The kind of an output never changes. */
export const outputPatchSchema = z.strictObject({
  name: nameSchema.optional(),
  enabled: z.boolean().optional().describe('Switches the output on or off; the stream goes on.'),
  priority: z.int().min(1).max(100).optional(),
  rendition: renditionSchema.nullable().optional().describe('Null: the same picture as the program.'),
  url: address.optional(),
  backupUrl: address.nullable().optional(),
  key: streamKeySchema.optional(),
  username: z.string().max(256).nullable().optional(),
  password: z.string().max(256).nullable().optional(),
  passphrase: z.string().min(10).max(79).nullable().optional(),
});
export type OutputPatch = z.infer<typeof outputPatchSchema>;

export const createOutput = defineEndpoint({
  id: 'createOutput',
  method: 'POST',
  path: outputsPath,
  scope: 'control',
  params: streamParams,
  body: outputSchema,
  response: outputStatusSchema,
  status: 201,
  errors: [
    'stream.not_found',
    'output.duplicate',
    'output.limits_exceeded',
    'destination.codec_unsupported',
    'file.path_refused',
    'file.not_writable',
    'encoder.failed',
    'ffmpeg.exited',
    'ffmpeg.stalled',
    'engine.stopping',
  ],
  summary: 'Add an output',
  description: 'Starts at once when the stream is live.',
  example: {
    body: { type: 'srt', url: 'srt://decoder.example:9000', latencyMs: 300 },
    response: outputExample,
  },
});

export const updateOutput = defineEndpoint({
  id: 'updateOutput',
  method: 'PATCH',
  path: `${outputsPath}/{outputId}`,
  scope: 'control',
  params: outputParams,
  body: outputPatchSchema,
  response: outputStatusSchema,
  errors: [
    'stream.not_found',
    'output.not_found',
    'output.duplicate',
    'output.limits_exceeded',
    'destination.codec_unsupported',
    'encoder.failed',
    'ffmpeg.exited',
    'ffmpeg.stalled',
  ],
  summary: 'Change an output, or switch it on or off',
  example: { body: { enabled: false }, response: { ...outputExample, order: 'off', state: 'off' } },
});

export const deleteOutput = defineEndpoint({
  id: 'deleteOutput',
  method: 'DELETE',
  path: `${outputsPath}/{outputId}`,
  scope: 'control',
  params: outputParams,
  response: noContent,
  status: 204,
  errors: ['stream.not_found', 'output.not_found', 'stream.no_outputs'],
  summary: 'End an output and remove it',
  description: 'The last one of a stream cannot be removed, only switched off.',
});

export const retryOutput = defineEndpoint({
  id: 'retryOutput',
  method: 'POST',
  path: `${outputsPath}/{outputId}/retry`,
  scope: 'control',
  params: outputParams,
  response: outputStatusSchema,
  status: 202,
  errors: ['stream.not_found', 'output.not_found', 'stream.state_conflict'],
  summary: 'Try again now',
  description:
    'Ends the wait of an output that is retrying, and gives one that failed for good another chance.',
  example: { response: outputExample },
});
