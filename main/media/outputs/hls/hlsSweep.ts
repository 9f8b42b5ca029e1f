/**
 * Removes what outputs of the past left in a folder: those that had another name under the same output, and those whose
 * engine was killed and that nobody took up again. Found by their state files, and only what these name is deleted.
 * A playlist that was ended properly stays for late viewers until its output is deleted.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { filesOf } from './hlsState.ts';
import { isInUse, readState, statePath } from './hlsVariant.ts';

const STATE_FILE = /^\.(?<playlist>.+\.m3u8)\.state\.json$/i;

export interface SweepOptions {
  /** Playlists in use now. */
  readonly keep: ReadonlySet<string>;
  /** What the ids of this output's playlists begin with. */
  readonly ownerPrefix: string;
  readonly nowMs: number;
  /** False: what another output has left unfinished may still be taken up again, so it stays. */
  readonly includesAbandoned: boolean;
}

/** Never rejects: what cannot be removed now is found again the next time. Gives the playlists that were removed. */
export async function sweepFolder(folder: string, options: SweepOptions): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const playlist = STATE_FILE.exec(name)?.groups?.playlist;
    if (playlist === undefined || options.keep.has(playlist)) continue;
    if (!(await isLeftover(folder, playlist, options))) continue;
    await removePlaylist(folder, playlist);
    removed.push(playlist);
  }
  return removed;
}

async function isLeftover(folder: string, playlist: string, options: SweepOptions): Promise<boolean> {
  const state = await readState(folder, playlist);
  if (state === null) return false;
  if (state.owner.id.startsWith(options.ownerPrefix)) return true;
  return (
    options.includesAbandoned && !state.isFinished && !isInUse(state, options.ownerPrefix, options.nowMs)
  );
}

/** Deletes a playlist with everything its state names. */
async function removePlaylist(folder: string, playlist: string): Promise<void> {
  const state = await readState(folder, playlist);
  const names = [...(state === null ? [] : filesOf(state)), ...(state === null ? [] : [playlist])];
  for (const name of names) await rm(join(folder, name), { force: true }).catch(() => undefined); // As above.
  await rm(statePath(folder, playlist), { force: true }).catch(() => undefined);
}
