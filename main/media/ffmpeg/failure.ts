/**
 * What ffmpeg's last words mean. A pure table from lines of stderr to an error of the registry; the lines of versions
 * 5.1 and 7.0 are in the tests. It never quotes the lines: those may carry what the user typed.
 */
import { type ErrorCode, StreamwareError } from '../../contract/errors.ts';

interface Meaning {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly detail?: string;
}

/** The first that matches any line wins: the particular before the general. */
const meanings: readonly Meaning[] = [
  {
    pattern:
      /Format not on whitelist|Protocol '[^']*' (?:not on whitelist|blacklisted)|blocked for security reasons|not in allowed_(?:segment_)?extensions/,
    code: 'input.refused',
    detail: 'It is not a plain media stream: playlists and lists of other files are not opened here.',
  },
  {
    pattern: /Unknown encoder|Encoder not found|Error selecting an encoder|Error while opening encoder/i,
    code: 'encoder.failed',
  },
  {
    pattern:
      /Error initializing output stream|^\[(?:(?:h264|hevc|av1)_\w+|libx26[45]|libsvtav1)\S*\] \[(?:error|fatal)\]/,
    code: 'encoder.failed',
  },
  {
    pattern: /No capable devices|Cannot load (?:lib)?(?:nvcuda|cuda)|OpenEncodeSession|MFX session/,
    code: 'encoder.failed',
  },
  { pattern: /Device (?:or resource )?busy|device already in use|in use by another/i, code: 'input.busy' },
  {
    pattern: /outside the screen size/,
    code: 'input.refused',
    detail: 'The part of the screen to be shown reaches beyond the screen.',
  },
  {
    pattern:
      /Could not run graph|Cannot open display|Could not find (?:video|audio) (?:device|only)|No such device|Invalid device index/i,
    code: 'input.not_found',
    detail: 'There is no such device.',
  },
  {
    pattern:
      /\b401 Unauthorized|authorization failed|\b403 Forbidden|access denied|Server returned 4(?:01|03)/i,
    code: 'input.auth_rejected',
  },
  {
    pattern: /Server returned 404|\b404 Not Found|NetStream\.Play\.StreamNotFound|Stream not found/i,
    code: 'input.unreachable',
    detail: 'The server answers, but has nothing at this address.',
  },
  {
    pattern: /Failed to resolve hostname|Name or service not known/,
    code: 'input.unreachable',
    detail: 'The name of the server cannot be resolved.',
  },
  { pattern: /Connection refused/, code: 'input.unreachable', detail: 'The server refuses connections.' },
  {
    pattern: /Connection timed out|Operation timed out|timed out|Immediate exit requested/i,
    code: 'input.timeout',
  },
  {
    pattern:
      /No route to host|Network is unreachable|Connection reset|Broken pipe.*input|Server returned (?:5\d\d|5XX|4XX)|Cannot open connection|Connection to \S+ failed|Connection setup failure/i,
    code: 'input.unreachable',
  },
  // Of an address in a script: what was wrong with it is not said, but it was not its content.
  { pattern: /Impossible to open '/, code: 'input.unreachable' },
  { pattern: /Permission denied/, code: 'input.refused', detail: 'The permission to open it is missing.' },
  { pattern: /No such file or directory/, code: 'input.not_found' },
  {
    pattern:
      /matches no streams|does not contain any stream|Output file .* does not contain|Cannot determine format of input stream/,
    code: 'input.unreadable',
    detail: 'It has neither a picture nor sound that can be used.',
  },
  {
    pattern:
      /moov atom not found|Invalid data found when processing input|could not find codec parameters|Error opening input|Invalid NAL|Is a directory/i,
    code: 'input.unreadable',
  },
  {
    pattern: /https?:\/\/\S+: Input\/output error/,
    code: 'input.unreachable',
    detail: 'The connection breaks off, or the server sends from one address to the next without end.',
  },
];

/** The error behind the last lines of an ffmpeg or ffprobe that ended in failure; null when they tell nothing. */
export function failureMeaning(lines: readonly string[]): StreamwareError | null {
  for (const { pattern, code, detail } of meanings) {
    if (lines.some((line) => pattern.test(line))) {
      return new StreamwareError(code, detail === undefined ? {} : { detail });
    }
  }
  return null;
}
