import { z } from 'zod';
import { problemSchema } from './errors.ts';
import { inputSchema } from './inputs.ts';
import { nameSchema } from './names.ts';
import { outputSchema } from './outputs.ts';
import { MIN_FPS, processingStepSchema, x264Presets } from './processing.ts';

const slateSchema = z.strictObject({
  text: z.string().max(200).default("We'll be right back"),
  image: z.string().max(4096).optional(),
  afterMs: z
    .int()
    .min(300)
    .max(10_000)
    .default(1000)
    .describe('How long the source may be silent before the slate takes over.'),
});

export const MAX_OUTPUTS = 100;

/** The fields of a stream's configuration; `POST /streams` adds one of its own. */
export const streamConfigShape = {
  name: nameSchema.default('Stream'),
  input: inputSchema,
  processing: z.array(processingStepSchema).max(32).default([]),
  output: z.array(outputSchema).min(1, 'must have at least one output').max(MAX_OUTPUTS),
  slate: slateSchema.prefault({}),
  replaySeconds: z
    .int()
    .min(0)
    .max(600)
    .default(30)
    .describe('Length of the replay buffer kept in memory; 0 switches it off.'),
  uplinkKbps: z
    .int()
    .min(100)
    .max(10_000_000)
    .optional()
    .describe('What the line can carry, for sharing it by priority. Left out: found while live.'),
  durationSeconds: z
    .number()
    .positive()
    .max(31_536_000)
    .optional()
    .describe('Stops by itself after this time.'),
};

/** A stream as it is asked for: the object that `new StreamingPipeline()`, `POST /streams` and `pipeline.json` take. */
const streamConfigObject = z.strictObject(streamConfigShape);
export const streamConfigSchema = z.preprocess(acceptOutputs, streamConfigObject);
export type StreamConfig = z.output<typeof streamConfigObject>;
/** As people write it: what has a default may be left out. */
export type StreamConfigInput = z.input<typeof streamConfigObject>;

/** `outputs` is what people type as often as `output`. */
export function acceptOutputs(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('outputs' in value) || 'output' in value) return value;
  const { outputs, ...rest } = value;
  return { ...rest, output: outputs };
}

/** What the user wants. Kept apart from what is. */
export const streamOrderSchema = z.enum(['live', 'stopped']);
export type StreamOrder = z.infer<typeof streamOrderSchema>;

/** What is. `slate`: the audience sees the slate, the source is being brought back. */
export const streamStateSchema = z.enum(['starting', 'live', 'slate', 'stopping', 'stopped', 'failed']);
export type StreamState = z.infer<typeof streamStateSchema>;

export const outputOrderSchema = z.enum(['on', 'off']);
export type OutputOrder = z.infer<typeof outputOrderSchema>;

/** `live` only after the far side accepted the stream and takes bytes. */
export const outputStateSchema = z.enum(['off', 'connecting', 'live', 'retrying', 'paused', 'failed']);
export type OutputState = z.infer<typeof outputStateSchema>;

export const outputStatusSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  target: z.string().describe('Where it goes, without secrets.'),
  order: outputOrderSchema,
  state: outputStateSchema,
  priority: z.int(),
  reason: problemSchema
    .nullable()
    .describe('Why it is not live; while it is, why not everything gets there.'),
  attempt: z.int().min(0),
  retryAt: z.number().nullable().describe('When the next try is due, epoch ms.'),
  liveSince: z.number().nullable(),
  bitrateKbps: z.number(),
  fps: z.number(),
  framesSent: z.int(),
  bytesSent: z.int(),
  droppedFrames: z.int(),
  reconnects: z.int(),
  queueMs: z.number(),
  queueBytes: z.int(),
  rttMs: z.number().nullable(),
  firstFrameAfterMs: z
    .number()
    .nullable()
    .describe('From the start of the output to the first frame handed to the far side.'),
  avOffsetMs: z
    .number()
    .nullable()
    .describe('Sound minus picture in what is sent, against the same in the source.'),
  playbackUrl: z.string().nullable(),
  files: z.array(z.string()),
});
export type OutputStatus = z.infer<typeof outputStatusSchema>;

export const streamHealthSchema = z.object({
  streamId: z.string(),
  at: z.number(),
  order: streamOrderSchema,
  state: streamStateSchema,
  bitrate: z.number().describe('Same as bitrateKbps.'),
  bitrateKbps: z
    .number()
    .describe('Of the program: what one destination at full quality gets, video and sound.'),
  targetBitrateKbps: z.number(),
  fps: z.number(),
  targetFps: z.number(),
  droppedFrames: z.int().describe('Over all outputs.'),
  speed: z.number().nullable().describe('Of the encoder; below 1 the machine is too slow.'),
  sourceState: z.enum(['connecting', 'ok', 'stalled', 'lost']),
  encoder: z.string().nullable(),
  encoderRestarts: z.int(),
  slateSeconds: z.number().describe('How long the slate has been shown in this broadcast.'),
  avOffsetMs: z.number().nullable(),
  outputs: z.array(outputStatusSchema),
});
export type StreamHealth = z.infer<typeof streamHealthSchema>;

export const streamSchema = z.object({
  id: z.string(),
  name: z.string(),
  order: streamOrderSchema,
  state: streamStateSchema,
  reason: problemSchema.nullable(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  broadcastId: z.string().nullable(),
  config: z.unknown().describe('As asked for; keys and passphrases read "[redacted]".'),
  notices: z
    .array(z.string())
    .describe('What was decided on the way: silence added, size made even, codec transcoded.'),
  outputs: z.array(outputStatusSchema),
});
export type Stream = z.infer<typeof streamSchema>;

/** Everything left out stays. An empty request steps the bitrate down by a quarter. */
export const qualityRequestSchema = z.strictObject({
  bitrateKbps: z.int().min(100).max(60_000).optional(),
  width: z.int().min(16).max(8192).optional(),
  height: z.int().min(16).max(8192).optional(),
  fps: z.number().min(MIN_FPS).max(120).optional(),
  preset: z.enum(x264Presets).optional(),
});
export type QualityRequest = z.infer<typeof qualityRequestSchema>;

export const timelineEventSchema = z.object({
  id: z.int(),
  broadcastId: z.string(),
  streamId: z.string(),
  outputId: z.string().nullable(),
  at: z.number(),
  kind: z
    .string()
    .describe(
      'Past tense: broadcastStarted, outputLive, outputLost, slateShown, sourceReturned, qualityChanged, …',
    ),
  severity: z.enum(['info', 'warning', 'error']),
  message: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type TimelineEvent = z.infer<typeof timelineEventSchema>;
