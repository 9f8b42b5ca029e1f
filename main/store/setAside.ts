/** Puts a damaged database out of the way without losing a byte of it. */
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import type { SetAside } from './protocol.ts';

/**
 * Renames database, log and index to `<path>.corrupt-<time>`, `…-wal`, `…-shm`. When the database alone turns out to be
 * sound, it stays in use and a copy of it joins the others: somebody copied a backup over the file and left the log of
 * the former one beside it. Killed at any point, it goes on at the next start.
 * @param isSound whether the database at `path` is sound as it stands then, without its log
 * @throws the system's error when they cannot be moved
 */
export function moveAside(
  path: string,
  nowMs: number,
  isSound: () => boolean,
): Pick<SetAside, 'path' | 'continuedWith'> {
  const aside = freeName(`${path}.corrupt-${timeStamp(nowMs)}`);
  const hadLog = existsSync(`${path}-wal`);
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  if (hadLog && isSound()) {
    copyIfThereIsRoom(path, aside);
    return { path: aside, continuedWith: 'withoutLog' };
  }
  renameSync(path, aside);
  // What looking at it may have left.
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  return { path: aside, continuedWith: 'new' };
}

function copyIfThereIsRoom(path: string, target: string): void {
  try {
    copyFileSync(path, target);
  } catch {
    // The copy is for the curious: nothing of it is missing in the file that stays in use.
    rmSync(target, { force: true });
  }
}

function freeName(name: string): string {
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    if (!existsSync(candidate) && !existsSync(`${candidate}-wal`)) return candidate;
  }
}

function timeStamp(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
}
