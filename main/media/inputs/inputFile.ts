import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { StreamwareError } from '../../contract/errors.ts';
import { formatToName, looksLikePlaylist } from './mediaFormats.ts';

const PLAYLIST_HEAD_BYTES = 4096;

/**
 * What must be true of a file before it is opened: there, an ordinary file (a pipe or device could block for ever), to be
 * read, and not a list of other files.
 * @returns the demuxer to name, see `formatToName`
 * @throws `input.not_found`, `input.refused`, `input.unreadable` when it is empty.
 */
export async function checkInputFile(path: string): Promise<string | null> {
  const field = 'input.path';
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => null);
  if (found === null) throw missingFile(path, field);
  if (!found.isFile()) {
    throw new StreamwareError('input.refused', {
      field,
      detail: 'This is a folder, a pipe or a device, not a file.',
    });
  }
  if (found.size === 0)
    throw new StreamwareError('input.unreadable', { field, detail: 'The file is empty.' });
  const file = await open(absolute, 'r').catch((cause: unknown) => {
    throw new StreamwareError('input.refused', {
      field,
      detail: 'The permission to read the file is missing.',
      cause,
    });
  });
  try {
    const head = Buffer.alloc(PLAYLIST_HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const beginning = head.subarray(0, bytesRead);
    if (!looksLikePlaylist(beginning)) return formatToName(absolute, beginning);
  } finally {
    await file.close();
  }
  throw new StreamwareError('input.refused', {
    field,
    detail: 'This is a playlist, not a media file: it would open other files or addresses.',
    hint: 'Name the media file itself, or use an input of type http for a playlist on a server.',
  });
}

/** `concat:…`, `subfile,,…`, `http://…` in the place of a path: never read as what they want to be. */
const PROTOCOL = /(?:^|[\\/])(?:[a-z][a-z0-9+.-]+:|subfile,)/i;

function missingFile(path: string, field: string): StreamwareError {
  if (!PROTOCOL.test(path))
    return new StreamwareError('input.not_found', { field, detail: 'There is no file with this name.' });
  return new StreamwareError('input.refused', {
    field,
    detail: 'An input of type file takes the path of a file, not an address.',
    hint: 'Write the path alone, or choose the input type that fits: rtmp, srt, http or rtsp.',
  });
}
