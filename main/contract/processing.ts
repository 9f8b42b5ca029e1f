import { z } from 'zod';

export const videoCodecs = ['h264', 'hevc', 'av1'] as const;
export const x264Presets = [
  'ultrafast',
  'superfast',
  'veryfast',
  'faster',
  'fast',
  'medium',
  'slow',
] as const;
/** With fewer pictures a second, a source that is alive could not be told from one that hangs. */
export const MIN_FPS = 5;
const filePath = z
  .string()
  .min(1)
  .max(4096)
  .refine((value) => !value.includes('\0'), 'must not contain a NUL character');
const size = z.int().min(16).max(8192);
const colour = z.string().regex(/^(#[0-9a-f]{6}|[a-z]{3,20})$/i, 'must be a colour name or #rrggbb');
const corner = z.enum(['top-left', 'top-right', 'bottom-left', 'bottom-right', 'center']);

/** What an encode produces. Everything left out follows the source or the defaults. */
export const renditionSchema = z.strictObject({
  codec: z.enum(videoCodecs).optional(),
  width: size.optional(),
  height: size.optional(),
  fps: z.number().min(MIN_FPS).max(120).optional(),
  bitrateKbps: z.int().min(100).max(60_000).optional().describe('Video bitrate, constant, in kbit/s.'),
  audioBitrateKbps: z.int().min(32).max(512).optional(),
  preset: z.enum(x264Presets).optional(),
});
export type RenditionRequest = z.output<typeof renditionSchema>;

export const processingStepSchema = z.discriminatedUnion('type', [
  renditionSchema.extend({
    type: z.literal('transcode'),
    encoder: z
      .string()
      .regex(/^[a-z0-9_]{2,32}$/)
      .optional()
      .describe(
        'Name of the ffmpeg encoder, such as h264_nvenc. Default: the best that passes a test encode.',
      ),
    keyFrameIntervalSeconds: z.number().min(1).max(10).optional(),
  }),
  z.strictObject({
    type: z.literal('copy').describe('Pass the encoded picture and sound through untouched.'),
  }),
  z.strictObject({
    type: z.literal('scale'),
    width: size,
    height: size,
    fit: z.enum(['contain', 'cover', 'stretch']).default('contain'),
  }),
  z.strictObject({
    type: z.literal('crop'),
    x: z.int().min(0),
    y: z.int().min(0),
    width: size,
    height: size,
  }),
  z.strictObject({ type: z.literal('pad'), width: size, height: size, color: colour.default('black') }),
  z.strictObject({
    type: z.literal('watermark'),
    image: filePath,
    position: corner.default('bottom-right'),
    marginPx: z.int().min(0).max(2000).default(24),
    opacity: z.number().min(0).max(1).default(1),
    widthPercent: z
      .number()
      .min(1)
      .max(100)
      .optional()
      .describe('Width of the picture in percent of the frame. Default: as it is.'),
  }),
  z.strictObject({
    type: z.literal('text'),
    text: z.string().max(500),
    position: corner.default('bottom-left'),
    fontSizePx: z.int().min(8).max(400).default(32),
    color: colour.default('white'),
    box: z.boolean().default(true),
  }),
  z.strictObject({
    type: z.literal('clock'),
    position: corner.default('top-right'),
    fontSizePx: z.int().min(8).max(400).default(32),
    color: colour.default('white'),
  }),
  z.strictObject({ type: z.literal('deinterlace') }),
  z.strictObject({
    type: z.literal('audio'),
    gainDb: z.number().min(-60).max(30).default(0),
    delayMs: z.int().min(0).max(10_000).default(0),
    loudness: z.boolean().default(false).describe('Normalise to -16 LUFS (EBU R 128 measurement).'),
    mute: z.boolean().default(false),
  }),
]);
export type ProcessingStep = z.output<typeof processingStepSchema>;
