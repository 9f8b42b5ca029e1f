import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTempFolder } from './tempFolder.ts';

/** A disk of its own, small enough to be filled. */
export interface SmallDisk {
  readonly path: string;
  /** Puts a file of this size on it, or as much of it as there is room for. Left out: to the last byte. */
  fill(name: string, bytes?: number): void;
  /** Removes such a file. */
  free(name: string): void;
  unmount(): void;
}

/** A file system in memory. Throws where this user may not mount one (not root, or a container without the right). */
export function mountSmallDisk(megabytes: number): SmallDisk {
  const folder = createTempFolder('disk');
  const path = folder.file('disk');
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'ignore' });
  } catch (error) {
    folder.remove();
    throw new Error('a small disk could not be mounted', { cause: error });
  }
  return {
    path,
    fill(name, bytes) {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(
        join(path, name),
        Buffer.alloc(Math.min(bytes ?? Number.POSITIVE_INFINITY, bavail * bsize)),
      );
    },
    free: (name) => rmSync(join(path, name), { force: true }),
    unmount() {
      execFileSync('umount', ['--lazy', path], { stdio: 'ignore' });
      folder.remove();
    },
  };
}
