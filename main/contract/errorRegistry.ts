/** Every code there is. See errorEntry.ts for what an entry says. */
import { type ErrorEntry, entry } from './errorEntry.ts';
import { mediaErrors } from './mediaErrors.ts';

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
  'request.too_large': entry(413, false, 'The request is too large', 'Send a body of at most 1 MB.'),
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
    422,
    false,
    'This Idempotency-Key was used for a different request',
    'Use a new key for a new request.',
  ),
  'request.idempotency_unknown': entry(
    409,
    false,
    'How the first request with this Idempotency-Key ended is not known',
    'Look at the state of what it was about, then send it again with a new key if it is still needed.',
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
    'Use http://127.0.0.1 with the port of the engine, or allow the name: streamware serve --allowed-host NAME',
  ),
  'auth.origin_refused': entry(
    403,
    false,
    'A page from this origin may not use the engine',
    'Use the studio page, or allow the origin: streamware serve --allowed-origin ORIGIN',
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
  'engine.address_unusable': entry(
    409,
    false,
    'The engine cannot listen on this address',
    'Name an address of this computer: 127.0.0.1 for programs on it alone, 0.0.0.0 for every network it is in.',
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
  ...mediaErrors,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorRegistry;
export const errorCodes = Object.keys(errorRegistry) as ErrorCode[];
