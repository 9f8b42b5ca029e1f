/** The destination catalogue: what streaming services ask for, as data. The file is resources/destinations.json. */
import { z } from 'zod';
import { videoCodecs } from './processing.ts';

const kbps = z.int().min(50).max(100_000);
const webAddress = z.url({ protocol: /^https$/ });

const serviceServerSchema = z.strictObject({
  name: z.string().min(1),
  url: z.string().regex(/^(rtmps?|https):\/\//),
  isBackup: z.boolean().describe('For the second connection of the same stream.'),
});

/** What a service asks of one size and frame rate. `height` is the shorter side, so that it holds for portrait too. */
const serviceBitrateSchema = z.strictObject({
  height: z.int().min(144).max(4320),
  fps: z.int().min(24).max(120),
  codec: z.enum(videoCodecs).default('h264'),
  minKbps: kbps.optional(),
  recommendedKbps: kbps.optional(),
  maxKbps: kbps.optional(),
});

const serviceSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/),
  name: z.string().min(1),
  kind: z.enum(['rtmp', 'rtmps', 'hls-push']),
  servers: z.array(serviceServerSchema).describe('Empty: every user has an address of their own.'),
  addressHint: z.string().optional().describe('Where the user finds the address, when it is theirs alone.'),
  keyParameter: z
    .string()
    .optional()
    .describe('Name of the parameter that carries the key. Left out: the key is the stream name.'),
  isKeyNeeded: z.boolean().default(true),
  keyHint: z.string().optional().describe('Where the user finds the stream key.'),
  keyUrl: webAddress.optional(),
  helpUrl: webAddress.optional(),
  keyFrameIntervalSeconds: z.strictObject({ recommended: z.number(), max: z.number() }).optional(),
  videoCodecs: z.array(z.enum(videoCodecs)).min(1),
  audioCodecs: z.array(z.enum(['aac', 'opus'])).min(1),
  maxVideoBitrateKbps: kbps.optional(),
  maxAudioBitrateKbps: kbps.optional(),
  maxFps: z.int().min(24).max(120).optional(),
  maxHeight: z.int().min(144).max(4320).optional().describe('Of the shorter side.'),
  orientation: z.enum(['any', 'landscape', 'portrait']).default('any'),
  bitrates: z.array(serviceBitrateSchema).default([]),
  maxSessionHours: z.number().positive().optional(),
  source: z
    .enum(['service', 'thirdParty'])
    .describe('Who says so: the service itself, or programs that work with it.'),
  notes: z.array(z.string()).default([]),
});
export type Service = z.output<typeof serviceSchema>;

export const destinationCatalogueSchema = z.strictObject({
  $schema: z.string().optional(),
  updatedOn: z.iso.date(),
  services: z.array(serviceSchema),
});
export type DestinationCatalogue = z.output<typeof destinationCatalogueSchema>;
