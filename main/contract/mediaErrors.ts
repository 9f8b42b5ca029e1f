/** What can go wrong with inputs, encoders, destinations and files. Part of errorRegistry.ts. */
import { type ErrorEntry, entry } from './errorEntry.ts';

export const mediaErrors = {
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
  'destination.too_slow': entry(
    503,
    true,
    'The destination takes less than the stream needs',
    'What it cannot take is left out, for it alone. Give it a lower bitrate, or choose another server of the service.',
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
} as const satisfies Record<string, ErrorEntry>;
