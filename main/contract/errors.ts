import { z } from 'zod';

/**
 * Every error a user or a plugin can meet. A code is never renamed or reused; a retired one stays listed.
 * `retryable` says whether trying the same thing again can help without a change by the user; retry loops read it.
 * `hint` is the next step, in plain words.
 */
export interface ErrorEntry {
  status: number;
  retryable: boolean;
  title: string;
  hint: string;
}

const entry = (status: number, retryable: boolean, title: string, hint: string): ErrorEntry => ({
  status,
  retryable,
  title,
  hint,
});

export const errorRegistry = {
  // requests
  'request.invalid': entry(
    400,
    false,
    'The request has a value that cannot be used',
    'Correct the field named in "field" and send it again.',
  ),
  'request.unsupported_media_type': entry(
    415,
    false,
    'The body is not JSON',
    'Send Content-Type: application/json.',
  ),
  'request.too_large': entry(413, false, 'The request body is too large', 'Send at most 1 MB.'),
  'request.not_found': entry(
    404,
    false,
    'There is nothing at this address',
    'See /api/docs for the list of addresses.',
  ),
  'request.method_not_allowed': entry(
    405,
    false,
    'This address does not take this method',
    'See /api/docs for what it takes.',
  ),
  'request.idempotency_conflict': entry(
    409,
    false,
    'This Idempotency-Key was used for a different request',
    'Use a new key for a new request.',
  ),
  'request.rate_limited': entry(429, true, 'Too many requests', 'Wait for the time given in Retry-After.'),
  // access
  'auth.required': entry(
    401,
    false,
    'A token is needed',
    'Send Authorization: Bearer <token>. The first token is in the file api-token of the data folder.',
  ),
  'auth.invalid': entry(
    401,
    false,
    'This token is not known or was revoked',
    'Create a new one with: streamware token create --scope control',
  ),
  'auth.scope_missing': entry(
    403,
    false,
    'The token does not allow this',
    'Use a token with the scope named in "detail".',
  ),
  'auth.host_refused': entry(
    421,
    false,
    'This host name does not belong to the engine',
    'Use http://127.0.0.1 with the port of the engine.',
  ),
  'auth.origin_refused': entry(
    403,
    false,
    'A page from this origin may not use the engine',
    'Use the studio page, or add the origin to the settings.',
  ),
  'auth.link_spent': entry(
    401,
    false,
    'This link was used already or is too old',
    'Get a new one with: streamware open',
  ),
  'token.not_found': entry(
    404,
    false,
    'There is no token with this id',
    'GET /api/v1/tokens lists what there is.',
  ),
  // streams
  'stream.not_found': entry(
    404,
    false,
    'There is no stream with this id',
    'GET /api/v1/streams lists what there is.',
  ),
  'stream.state_conflict': entry(
    409,
    false,
    'The stream is not in a state that allows this',
    'Look at its state, then try again.',
  ),
  'stream.no_outputs': entry(
    400,
    false,
    'The stream has no output',
    'Add at least one destination, recording or HLS output.',
  ),
  'stream.quality_unchanged': entry(
    409,
    false,
    'The quality cannot go lower',
    'The bitrate is at its floor already; look at the destination instead.',
  ),
  'broadcast.not_found': entry(
    404,
    false,
    'There is no broadcast with this id',
    'GET /api/v1/broadcasts lists what there is.',
  ),
  'output.not_found': entry(
    404,
    false,
    'The stream has no output with this id',
    'GET /api/v1/streams/{id} lists its outputs.',
  ),
  'output.duplicate': entry(
    409,
    false,
    'Two outputs lead to the same place',
    'Remove one of them, or change its address, key or path.',
  ),
  'output.limits_exceeded': entry(
    422,
    false,
    'The service would refuse this setting',
    'Use the value named in "detail".',
  ),
  // input
  'input.not_found': entry(
    404,
    false,
    'The input file or device is not there',
    'Check the path or the device name.',
  ),
  'input.unreadable': entry(
    422,
    false,
    'The input cannot be read as video or sound',
    'Play it in a media player; if that fails too, the file is damaged or not a media file.',
  ),
  'input.refused': entry(
    400,
    false,
    'This kind of input is not allowed here',
    'Name a media file, a device or an address of the chosen type.',
  ),
  'input.timeout': entry(
    504,
    true,
    'The input did not answer in time',
    'Check that the sender is running; it is tried again by itself.',
  ),
  'input.ended': entry(
    502,
    true,
    'The input ended',
    'The slate is shown; the input is tried again by itself.',
  ),
  'input.stalled': entry(
    502,
    true,
    'The input is connected but sends nothing',
    'Check the sender; the slate is shown until it sends again.',
  ),
  'input.unreachable': entry(
    502,
    true,
    'There is no connection to the input',
    'Check the address and that the sender is running; it is tried again by itself.',
  ),
  'input.auth_rejected': entry(
    403,
    false,
    'The input asks for a name and a password, or refused the ones it got',
    'Put them into the address: rtsp://name:password@camera/…',
  ),
  'input.busy': entry(
    409,
    true,
    'Another program uses this device',
    'Close the other program; it is tried again by itself.',
  ),
  'input.codec_not_copyable': entry(
    422,
    false,
    'This codec cannot be passed through',
    'Remove the "copy" step: it will be transcoded to H.264 and AAC.',
  ),
  // destinations
  'destination.name_not_found': entry(
    502,
    true,
    'The name of the server cannot be resolved',
    'Check the address and the network; it is tried again by itself.',
  ),
  'destination.refused': entry(
    502,
    true,
    'The server refuses connections',
    'Check the address and port, and that the server is running; it is tried again by itself.',
  ),
  'destination.unreachable': entry(
    502,
    true,
    'There is no way to the server',
    'Check the network; it is tried again at once when it is back.',
  ),
  'destination.connect_timeout': entry(
    504,
    true,
    'The server did not accept the connection in time',
    'Check the address, a firewall may be in between; it is tried again by itself.',
  ),
  'destination.handshake_timeout': entry(
    504,
    true,
    'The server accepted the connection and then said nothing',
    'It may be overloaded, or not be an RTMP server; it is tried again by itself.',
  ),
  'destination.protocol': entry(
    502,
    true,
    'The server answered with something that is not its protocol',
    'Check that the address and port belong to a streaming server.',
  ),
  'destination.stalled': entry(
    504,
    true,
    'The server takes no more data',
    'Its side or the line is stuck; a new connection is made by itself.',
  ),
  'destination.disconnected': entry(
    502,
    true,
    'The connection was closed by the server',
    'It is tried again by itself.',
  ),
  'destination.tls': entry(
    502,
    false,
    'The secure connection could not be trusted',
    'The certificate does not fit the name, or is out of date. Check the address.',
  ),
  'destination.auth_rejected': entry(
    403,
    false,
    'The server refused the stream key',
    'It may have been reset: copy the new one from the page of the service.',
  ),
  'destination.in_use': entry(
    409,
    true,
    'The server says somebody publishes under this key already',
    'End the other stream; it is tried again by itself.',
  ),
  'destination.publish_rejected': entry(
    502,
    false,
    'The server refused to publish',
    'Read the answer of the server in "detail".',
  ),
  'destination.publish_unanswered': entry(
    502,
    true,
    'The server closed the connection instead of accepting the stream',
    'Most often the stream key is wrong or has expired: compare it with the page of the service. It is tried again by itself.',
  ),
  'destination.redirected': entry(
    502,
    true,
    'The server sends us to another address',
    'The new address is tried by itself.',
  ),
  'destination.codec_unsupported': entry(
    422,
    false,
    'This destination cannot carry the codec',
    'Choose H.264 for it.',
  ),
  'destination.congested': entry(
    503,
    true,
    'Paused to leave the uplink to destinations with a higher priority',
    'It comes back by itself when there is room; change the priority if it should go first.',
  ),
  // files
  'file.path_refused': entry(
    400,
    false,
    'This path is not allowed',
    'Use a name inside the media folder, ending in .mp4, .mkv, .mov, .flv, .ts or .m3u8.',
  ),
  'file.exists': entry(
    409,
    false,
    'There is a file with this name already',
    'Choose another name; nothing was overwritten.',
  ),
  'file.no_space': entry(
    507,
    true,
    'The disk is full',
    'Free some space; recording goes on by itself when there is room.',
  ),
  'file.not_writable': entry(
    403,
    true,
    'The folder cannot be written',
    'Check that it exists and that you may write to it.',
  ),
  'file.not_found': entry(404, false, 'There is no such file', 'It may have been removed or renamed.'),
  // ffmpeg
  'ffmpeg.missing': entry(
    503,
    false,
    'ffmpeg was not found',
    'Install it (Debian: apt-get install ffmpeg, macOS: brew install ffmpeg, Windows: winget install ffmpeg) or set its path in STREAMWARE_FFMPEG.',
  ),
  'ffmpeg.too_old': entry(503, false, 'This ffmpeg is too old', 'Version 5.1 or newer is needed.'),
  'ffmpeg.exited': entry(
    502,
    true,
    'ffmpeg ended unexpectedly',
    'It is started again by itself; the last lines it printed are in "detail".',
  ),
  'ffmpeg.stalled': entry(504, true, 'ffmpeg makes no progress', 'It is started again by itself.'),
  'encoder.none_works': entry(
    503,
    false,
    'No video encoder passed its test',
    'Install an ffmpeg with libx264.',
  ),
  'encoder.failed': entry(
    502,
    true,
    'The video encoder failed',
    'The next one that passed its test takes over by itself.',
  ),
  'media.malformed': entry(
    502,
    true,
    'The other side sent data that does not follow its format',
    'Check that it is what it is meant to be: a streaming server, a streaming program or a media file.',
  ),
  // store and engine
  'store.unavailable': entry(
    503,
    true,
    'The database cannot be written just now',
    'The broadcast goes on; what could not be saved is counted in /health.',
  ),
  'store.corrupt': entry(
    503,
    false,
    'The database is damaged',
    'It was set aside with the ending .corrupt; a new one was begun. Restore a backup if you need the history.',
  ),
  'store.version_from_future': entry(
    503,
    false,
    'The database was written by a newer version',
    'Start the newer version, or name another data folder with --data.',
  ),
  'store.log_held': entry(
    503,
    true,
    'Another program keeps the database open for reading',
    'Close that program (an SQLite browser, a backup of the folder). Everything is saved meanwhile; only the file streamware.sqlite-wal grows.',
  ),
  'secret.key_unusable': entry(
    503,
    false,
    'The master key cannot be used',
    'Put back the right master.key, or set STREAMWARE_MASTER_KEY to 32 bytes in base64.',
  ),
  'secret.wrong_key': entry(
    503,
    false,
    'The secret was sealed with another master key',
    'Put back the master.key that belongs to this data folder, or type the secret again.',
  ),
  'secret.damaged': entry(
    503,
    false,
    'The sealed secret is damaged',
    'Type the secret again, or restore a backup.',
  ),
  'engine.already_running': entry(
    409,
    false,
    'An engine already runs on this data folder',
    'Use that one, or name another folder with --data.',
  ),
  'engine.port_in_use': entry(
    409,
    false,
    'The port is taken by another program',
    'Name another one with --port, or --port 0 for any free one.',
  ),
  'engine.data_dir_unusable': entry(
    403,
    false,
    'The data folder cannot be used',
    'Name another one with --data.',
  ),
  'engine.stopping': entry(503, true, 'The engine is stopping', 'Start it again and repeat the request.'),
  'replay.empty': entry(
    409,
    false,
    'There is nothing to replay yet',
    'Wait until the stream has run for a moment.',
  ),
  'internal.unexpected': entry(
    500,
    false,
    'Something went wrong inside streamware',
    'The broadcast was not touched. The incident number leads to the details in the log.',
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorRegistry;
export const errorCodes = Object.keys(errorRegistry) as ErrorCode[];

export interface ErrorOptions {
  /** What exactly happened here, in one sentence without secrets. */
  detail?: string;
  /** Path of the field at fault, such as `output.0.url`. */
  field?: string;
  /** What to do next, when it can be said better than by the registry. */
  hint?: string;
  cause?: unknown;
}

/** The one error class. Everything a user can meet is made of a code from the registry. */
export class StreamwareError extends Error {
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly detail: string | undefined;
  readonly hint: string;

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    super(options.detail ?? errorRegistry[code].title, { cause: options.cause });
    this.name = 'StreamwareError';
    this.code = code;
    this.field = options.field;
    this.detail = options.detail;
    this.hint = options.hint ?? errorRegistry[code].hint;
  }

  get status(): number {
    return errorRegistry[this.code].status;
  }

  get retryable(): boolean {
    return errorRegistry[this.code].retryable;
  }

  /** The error as data, for timelines, workers and answers. */
  toProblem(): Problem {
    return {
      type: `https://streamware.pl/errors/${this.code}`,
      code: this.code,
      title: errorRegistry[this.code].title,
      status: this.status,
      retryable: this.retryable,
      hint: this.hint,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(this.field === undefined ? {} : { field: this.field }),
    };
  }
}

/** An error as it crosses HTTP, WebSocket and threads: RFC 9457 problem details with a stable `code`. */
export const problemSchema = z.object({
  type: z.string(),
  code: z.string(),
  title: z.string(),
  status: z.int(),
  retryable: z.boolean(),
  hint: z.string(),
  detail: z.string().optional(),
  field: z.string().optional(),
  incident: z.string().optional(),
  issues: z
    .array(z.object({ field: z.string(), detail: z.string() }))
    .optional()
    .describe('Every field at fault, when there are several; "field" and "detail" name the first.'),
});
export type Problem = z.infer<typeof problemSchema>;

/** Anything thrown, as an error of the registry. What is not one already is a bug and becomes `internal.unexpected` without its text. */
export function toStreamwareError(thrown: unknown): StreamwareError {
  return thrown instanceof StreamwareError
    ? thrown
    : new StreamwareError('internal.unexpected', { cause: thrown });
}
