import { z } from 'zod';
import { MIN_FPS } from './processing.ts';

const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((value) => !value.includes('\0'), 'must not contain a NUL character');
/** Server, and port where there is one. The rest of an address is the server's own business. */
const SERVER = /^[a-z]+:\/\/(?:[^/?#]*@)?(?:\[[0-9a-f:.]+\]|[^\s/?#@:[\]]+)(?::\d{1,5})?(?:[/?#]|$)/i;
/** A port is a must, and a listener has no server. */
const SRT_SERVER = /^srt:\/\/(?:\[[0-9a-f:.]+\]|[^\s/?#@:[\]]*):\d{1,5}(?:[/?#]|$)/i;

const url = (
  server: { readonly shape: RegExp; readonly example: string },
  ...schemes: string[]
): z.ZodType<string, string> =>
  z
    .string()
    .trim()
    .max(4096)
    .refine((value) => schemes.some((scheme) => value.toLowerCase().startsWith(`${scheme}://`)), {
      error: `must be an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
      abort: true,
    })
    .refine((value) => !/\p{Cc}/u.test(value), {
      error: 'must not contain line breaks or other control characters',
      abort: true,
    })
    .refine((value) => server.shape.test(value), `must name a server, as in ${server.example}`);

const size = {
  width: z.int().min(16).max(8192).optional(),
  height: z.int().min(16).max(8192).optional(),
};
/** Half a size is a wish that nobody can carry out. */
const isWholeSize = ({ width, height }: { width?: unknown; height?: unknown }): boolean =>
  (width === undefined) === (height === undefined);
const wholeSize = { path: ['width'], error: 'goes together with height' };

/** What happens when the input comes to its end by itself. */
const onEnd = z
  .enum(['slate', 'stop'])
  .optional()
  .describe('At the end of the input: show the slate and try again (default), or stop the stream.');

export const inputSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('test').describe('A moving test picture with a running clock and a tone.'),
    durationSeconds: z.number().positive().max(86_400).optional(),
    onEnd,
  }),
  z.strictObject({
    type: z.literal('file'),
    path,
    loop: z.boolean().default(false),
    startSeconds: z.number().min(0).max(1e7).default(0),
    onEnd,
  }),
  z.strictObject({
    type: z.literal('rtmp').describe('Pulled from a server.'),
    url: url({ shape: SERVER, example: 'rtmp://server/app' }, 'rtmp', 'rtmps'),
    onEnd,
  }),
  z.strictObject({
    type: z
      .literal('ingest')
      .describe('OBS, a phone or a camera pushes to rtmp://<engine>:<ingest port>/live with this key.'),
    key: z.string().trim().min(1).max(512),
    onEnd,
  }),
  z.strictObject({
    type: z.literal('srt'),
    url: url({ shape: SRT_SERVER, example: 'srt://server:9000' }, 'srt'),
    passphrase: z.string().min(10).max(79).optional(),
    onEnd,
  }),
  z.strictObject({
    type: z.literal('http'),
    url: url({ shape: SERVER, example: 'https://server/live.m3u8' }, 'http', 'https'),
    allowPrivateNetwork: z
      .boolean()
      .default(false)
      .describe('Lets a playlist reach addresses of this machine and of the private network.'),
    onEnd,
  }),
  z.strictObject({
    type: z.literal('rtsp'),
    url: url({ shape: SERVER, example: 'rtsp://camera/stream' }, 'rtsp', 'rtsps'),
    transport: z.enum(['tcp', 'udp']).default('tcp'),
    onEnd,
  }),
  z
    .strictObject({
      type: z.literal('screen'),
      display: z
        .string()
        .max(256)
        .optional()
        .describe('X11 display such as :0.0, or the number of the screen. Default: the main one.'),
      x: z.int().min(0).max(32_768).optional(),
      y: z.int().min(0).max(32_768).optional(),
      ...size,
      fps: z.number().min(MIN_FPS).max(120).default(30),
      showCursor: z.boolean().default(true),
      onEnd,
    })
    .refine(isWholeSize, wholeSize),
  z
    .strictObject({
      type: z.literal('camera'),
      device: z.string().min(1).max(512),
      audioDevice: z.string().min(1).max(512).optional(),
      ...size,
      fps: z.number().min(MIN_FPS).max(120).optional(),
      onEnd,
    })
    .refine(isWholeSize, wholeSize),
]);

export type Input = z.output<typeof inputSchema>;
export type InputType = Input['type'];
