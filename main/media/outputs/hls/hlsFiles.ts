/**
 * Which file a request below `/live/` may have. Only media of HLS that really lies in the folder is handed out:
 * whatever the path is spelled like, the real path decides.
 */
import { realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { isInside } from '../outputPaths.ts';

export interface HlsFile {
  /** Real path. */
  readonly path: string;
  readonly contentType: string;
  readonly cacheControl: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** A playlist changes all the time; a segment never, and its name is never used again. */
const PLAYLIST_CACHE = 'no-cache, no-store';
const SEGMENT_CACHE = 'public, max-age=86400, immutable';
const contentTypes: Readonly<Record<string, { contentType: string; cacheControl: string }>> = {
  '.m3u8': { contentType: 'application/vnd.apple.mpegurl', cacheControl: PLAYLIST_CACHE },
  '.ts': { contentType: 'video/mp2t', cacheControl: SEGMENT_CACHE },
  '.m4s': { contentType: 'video/mp4', cacheControl: SEGMENT_CACHE },
  '.mp4': { contentType: 'video/mp4', cacheControl: SEGMENT_CACHE },
};

/**
 * @param root the folder that is served
 * @param relativePath what follows `/live/` in the address, percent-decoded once
 * @returns null for everything that is not a playlist or segment in that folder
 */
export async function resolveHlsFile(root: string, relativePath: string): Promise<HlsFile | null> {
  if (!isServable(relativePath)) return null;
  const type = contentTypes[extname(relativePath).toLowerCase()];
  if (type === undefined) return null;
  try {
    const [realRoot, path] = await Promise.all([realpath(root), realpath(join(root, relativePath))]);
    if (!isInside(path, realRoot)) return null;
    const found = await stat(path);
    if (!found.isFile()) return null;
    return { path, ...type, sizeBytes: found.size, modifiedMs: found.mtimeMs };
  } catch {
    return null; // Not there, or not for us to read: the same answer either way.
  }
}

/** Plain names between slashes; nothing hidden, nothing that leads upwards, nothing another system reads as a separator. */
function isServable(relativePath: string): boolean {
  if (relativePath.length > 1024 || /[\\\0]/.test(relativePath)) return false;
  return relativePath.split('/').every((part) => part !== '' && !part.startsWith('.'));
}
