/**
 * Decides where an output may write. Every path that a person or a plugin typed goes through here before anything is
 * created: names stay inside the media folder (real paths are compared, so a symlink is no way out), absolute paths are
 * for callers who may use any folder, and only media files are written. ffmpeg never sees what was typed, only the
 * absolute path with `file:` before it, so its protocols, patterns and options have no meaning in a name.
 */
import { access, constants, lstat, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, extname, isAbsolute, join, normalize, relative, resolve, sep } from 'node:path';
import { StreamwareError } from '../../contract/errors.ts';

export interface OutputPathPolicy {
  /** Relative names are inside this folder. */
  readonly mediaFolder: string;
  /** Local command line, SDK and admin tokens: absolute paths anywhere, if they name a media file. */
  readonly mayUseAnyFolder: boolean;
  /** Path of the field for errors, such as `output.0.path`. */
  readonly field?: string;
  readonly platform?: NodeJS.Platform;
}

const RECORDING_EXTENSIONS = ['.mp4', '.mkv', '.mov', '.flv', '.ts'] as const;
export type RecordingExtension = (typeof RECORDING_EXTENSIONS)[number];

export interface ServedPlaylist {
  /** The playlist on the disk. */
  readonly playlistPath: string;
  /** Its address on the engine, `/live/…`; null for a playlist elsewhere on the disk. */
  readonly playbackPath: string | null;
}

const LIVE_PREFIX = '/live/';
/** Leaves room for `-12`, temporary endings and six digits within the 255 bytes of every file system. */
const MAX_NAME_BYTES = 200;
const MAX_PATH_BYTES = 3800;
const FORBIDDEN_ON_WINDOWS = /[<>:"|?*]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must not be in a name
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/;
/** What ffmpeg, or a browser, would take for a protocol. "Show: part 1.mp4" is a name. */
const PROTOCOL =
  /^(?:async|bluray|cache|concatf?|crypto|data|fd|file|ftp|gophers?|hls|https?|icecast|ip[fn]s|md5|mms[ht]|pipe|rist|rtmp\w*|rtp|rtsps?|sctp|sftp|smb|srtp?|subfile|tcp|tee|tls|udp(?:lite)?|unix|zmq)[:,]|^[a-z][a-z0-9+.-]+:\/\//i;

/**
 * The absolute path of a recording.
 * @throws `file.path_refused` naming the field and the cure; `file.not_writable` when the folder cannot take it.
 */
export async function resolveRecordingPath(path: string, policy: OutputPathPolicy): Promise<string> {
  const absolute = absoluteOutputPath(path, RECORDING_EXTENSIONS, policy);
  await assertStaysInside(absolute, policy);
  await assertFolderUsable(absolute, policy);
  return absolute;
}

/**
 * Where a playlist is written: below `hlsFolder` for an address on the engine (`/live/show.m3u8`), else like a recording.
 * @throws `file.path_refused`, `file.not_writable`
 */
export async function resolvePlaylistPath(
  path: string,
  hlsFolder: string,
  policy: OutputPathPolicy,
): Promise<ServedPlaylist> {
  if (!path.startsWith(LIVE_PREFIX)) {
    const playlistPath = absoluteOutputPath(path, ['.m3u8'], policy);
    await assertStaysInside(playlistPath, policy);
    await assertFolderUsable(playlistPath, policy);
    return { playlistPath, playbackPath: null };
  }
  const name = path.slice(LIVE_PREFIX.length);
  const served = { ...policy, mediaFolder: hlsFolder, mayUseAnyFolder: false };
  if (name.split('/').some((part) => part === '' || part.startsWith('.'))) {
    throw refused(policy, 'An address under /live/ has no empty and no hidden parts.');
  }
  const playlistPath = absoluteOutputPath(name, ['.m3u8'], served);
  await assertStaysInside(playlistPath, served);
  await assertFolderUsable(playlistPath, served);
  return { playlistPath, playbackPath: path };
}

/** The rules that need no look at the disk. Gives the absolute path, or throws `file.path_refused`. */
export function absoluteOutputPath(
  path: string,
  extensions: readonly string[],
  policy: OutputPathPolicy,
): string {
  const platform = policy.platform ?? process.platform;
  if (path.trim() === '' || CONTROL_CHARACTERS.test(path)) {
    throw refused(policy, 'A path is a printable name without line breaks, tabs or NUL characters.');
  }
  if (PROTOCOL.test(path)) {
    throw refused(
      policy,
      'This is an address or a protocol, not the name of a file.',
      'Write the plain name.',
    );
  }
  const extension = extname(path).toLowerCase();
  if (!extensions.includes(extension)) {
    const listed = extensions.join(', ');
    throw refused(policy, `The name must end in ${listed}.`, `End the name in one of: ${listed}.`);
  }
  const typed = path.startsWith('~/') && policy.mayUseAnyFolder ? join(homedir(), path.slice(2)) : path;
  const parts = typed.split(platform === 'win32' ? /[\\/]/ : '/');
  assertNames(parts, platform, policy);
  if (isAbsolute(typed)) {
    if (!policy.mayUseAnyFolder && !isInside(normalize(typed), policy.mediaFolder)) {
      throw refused(policy, 'This caller may write inside the media folder only.');
    }
    return normalize(typed);
  }
  if (parts.includes('..')) throw refused(policy, 'A name inside the media folder cannot lead out of it.');
  return resolve(policy.mediaFolder, typed);
}

function assertNames(parts: readonly string[], platform: NodeJS.Platform, policy: OutputPathPolicy): void {
  if (Buffer.byteLength(parts.join('/')) > MAX_PATH_BYTES) throw refused(policy, 'The path is too long.');
  const names = platform === 'win32' ? parts.filter((part) => !/^[a-z]:$/i.test(part)) : parts;
  for (const name of names) {
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
      throw refused(policy, `A name may have ${MAX_NAME_BYTES} bytes at most.`);
    }
    if (platform === 'win32' && name !== '..' && name !== '.' && FORBIDDEN_ON_WINDOWS.test(name)) {
      throw refused(policy, `Windows does not allow the name "${name}".`);
    }
  }
}

/** Compares real paths: the deepest folder that exists must lie in the real media folder. */
async function assertStaysInside(absolute: string, policy: OutputPathPolicy): Promise<void> {
  if (policy.mayUseAnyFolder) return;
  const [folder, root] = await Promise.all([realFolder(dirname(absolute)), realFolder(policy.mediaFolder)]);
  if (!isInside(folder, root)) throw refused(policy, 'A link on the way leads out of the media folder.');
}

async function assertFolderUsable(absolute: string, policy: OutputPathPolicy): Promise<void> {
  const { real } = await deepestExisting(dirname(absolute));
  const field = policy.field === undefined ? {} : { field: policy.field };
  const entry = await lstat(real);
  if (!entry.isDirectory()) {
    throw new StreamwareError('file.not_writable', {
      ...field,
      detail: `${basename(real)} is not a folder.`,
    });
  }
  try {
    await access(real, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const detail = 'You may not write to the folder of this file.';
    throw new StreamwareError('file.not_writable', { ...field, detail, cause });
  }
}

/** The real path of the deepest part of a folder that exists, and the names below it that do not. */
async function deepestExisting(folder: string): Promise<{ real: string; missing: string[] }> {
  const missing: string[] = [];
  let current = resolve(folder);
  for (;;) {
    try {
      return { real: await realpath(current), missing };
    } catch {
      // Not there (or a link to nothing): its parent is looked at, in the end the root, which exists.
      const parent = dirname(current);
      if (parent === current) return { real: current, missing };
      missing.unshift(basename(current));
      current = parent;
    }
  }
}

/** What the real path will be once the folder was made. */
async function realFolder(folder: string): Promise<string> {
  const { real, missing } = await deepestExisting(folder);
  return join(real, ...missing);
}

/** Whether `path` is `folder` or lies below it. Both absolute; nothing on the disk is looked at. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function refused(policy: OutputPathPolicy, detail: string, hint?: string): StreamwareError {
  return new StreamwareError('file.path_refused', {
    detail,
    ...(policy.field === undefined ? {} : { field: policy.field }),
    ...(hint === undefined ? {} : { hint }),
  });
}
