import { z } from 'zod';
import { nameSchema } from './names.ts';
import { renditionSchema } from './processing.ts';

const id = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'may have letters, digits, - and _ only')
  .optional();
const name = nameSchema.optional();
const enabled = z.boolean().default(true);
const priority = z
  .int()
  .min(1)
  .max(100)
  .default(50)
  .describe('Under congestion the lower numbers give way first.');
const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((value) => !value.includes('\0'), 'must not contain a NUL character');
const common = { id, name, enabled, priority, rendition: renditionSchema.optional() };
/** Kept as typed, save for blanks and invisible characters around it, which only a paste can have brought. */
export const streamKeySchema = z.string().max(2048).transform(trimInvisible);

/** Removes white space and zero-width characters from both ends. */
export function trimInvisible(value: string): string {
  return value.replace(/^[\s\u200B-\u200D\u2060\uFEFF\u00AD]+|[\s\u200B-\u200D\u2060\uFEFF\u00AD]+$/gu, '');
}

export const outputSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...common,
    type: z.enum(['rtmp', 'rtmps']),
    service: z
      .string()
      .max(64)
      .optional()
      .describe('Id from the destination catalogue, such as youtube; gives the address and the limits.'),
    url: z
      .string()
      .max(4096)
      .transform(trimInvisible)
      .optional()
      .describe('rtmp://server/app, or the whole address with the key at its end.'),
    key: streamKeySchema.optional(),
    backupUrl: z
      .string()
      .max(4096)
      .transform(trimInvisible)
      .optional()
      .describe('A second ingest that gets the same stream at the same time.'),
    username: z.string().max(256).optional(),
    password: z.string().max(256).optional(),
    driver: z.enum(['native', 'ffmpeg']).default('native'),
    allowInsecureTls: z.boolean().default(false),
  }),
  z.strictObject({
    ...common,
    type: z.literal('hls'),
    path: path
      .optional()
      .describe(
        '/live/name.m3u8 is an address on the engine; anything else a playlist on the disk. Default: /live/{streamId}/index.m3u8.',
      ),
    segmentSeconds: z.number().min(1).max(20).default(2),
    windowSegments: z.int().min(2).max(10_000).default(6),
    segmentType: z.enum(['mpegts', 'fmp4']).default('mpegts'),
    ladder: z
      .array(renditionSchema)
      .max(8)
      .optional()
      .describe('Further renditions for the master playlist.'),
  }),
  z.strictObject({
    ...common,
    type: z.literal('srt'),
    url: z.string().max(4096).transform(trimInvisible),
    passphrase: z.string().min(10).max(79).optional(),
    streamId: z.string().max(512).optional(),
    latencyMs: z.int().min(20).max(8000).default(200),
  }),
  z.strictObject({
    ...common,
    type: z.literal('file'),
    path: path
      .optional()
      .describe('Ending in .mp4, .mkv, .mov, .flv or .ts. Default: a dated name in the recordings folder.'),
    splitSeconds: z.int().min(5).max(86_400).optional(),
    splitMegabytes: z.int().min(10).max(1_000_000).optional(),
    remuxToMp4: z
      .boolean()
      .default(true)
      .describe(
        'Turns an .mp4 or .mov, which is written in a crash-safe form, into an ordinary one when it ends.',
      ),
    minFreeMegabytes: z
      .int()
      .min(50)
      .max(10_000_000)
      .default(500)
      .describe('Recording pauses when less than this is free, and goes on when there is room.'),
  }),
  z.strictObject({
    ...common,
    type: z.literal('hls-push'),
    service: z.string().max(64).optional(),
    url: z.string().max(4096).transform(trimInvisible).optional(),
    key: streamKeySchema.optional(),
    segmentSeconds: z.number().min(1).max(10).default(2),
  }),
]);

export type Output = z.output<typeof outputSchema>;
export type OutputType = Output['type'];
