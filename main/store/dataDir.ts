/** Makes the data folder ready, or says in plain words why it cannot be used. */
import { closeSync, openSync, realpathSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { StreamwareError } from '../contract/errors.ts';
import { makeFolder } from '../lib/folders.ts';
import { createId } from '../lib/ids.ts';
import { type DataPaths, dataPaths, resolveDataDir } from '../lib/paths.ts';

/** The data folder of this process. @param flag value of `--data`, when there is one */
export function findDataDir(flag?: string): string {
  const { env, platform } = process;
  return resolveDataDir({ flag, env, platform, homeDir: homedir(), workingDir: process.cwd() });
}

/**
 * Makes the folder and those inside it, readable by their owner alone. What exists already keeps its rights.
 * @param dataDir absolute
 * @returns the paths in it, symbolic links of the folder itself resolved
 * @throws `engine.data_dir_unusable`
 */
export function prepareDataDir(dataDir: string): DataPaths {
  try {
    makeFolder(dataDir);
    const paths = dataPaths(realpathSync(dataDir));
    assertWritable(paths.root);
    for (const folder of [paths.hls, paths.recordings, paths.clips, paths.logs, paths.cache])
      makeFolder(folder);
    return paths;
  } catch (error) {
    throw unusable(dataDir, error);
  }
}

/** A full disk is let pass: everything but saving works, and the disk may be emptied meanwhile. */
function assertWritable(folder: string): void {
  const probe = join(folder, `.${createId('req')}.probe`);
  try {
    closeSync(openSync(probe, 'wx', 0o600));
  } catch (error) {
    if (!['ENOSPC', 'EDQUOT'].includes(codeOf(error))) throw error;
  }
  rmSync(probe, { force: true });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'something on the way is a file, not a folder',
  ENOENT: 'folders cannot be made there',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your share of the disk is used up',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its symbolic links go in a circle',
};

/** What an error of the file system means for a path without which the engine cannot run. */
export function unusable(path: string, error: unknown): StreamwareError {
  const code = codeOf(error);
  const reason = REASONS[code] ?? (code || 'of an unknown reason');
  const detail = `${path} cannot be used: ${reason}.`;
  return new StreamwareError('engine.data_dir_unusable', { detail, cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
