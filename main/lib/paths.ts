/** Where streamware keeps its data. Only names: nothing here touches the disk. */
import { createHash } from 'node:crypto';
import { posix, win32 } from 'node:path';

/** What the place of the data folder depends on. */
export interface DataDirSources {
  /** Value of `--data`. */
  flag?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  homeDir: string;
  workingDir: string;
}

/** Everything in the data folder, as absolute paths. */
export interface DataPaths {
  readonly root: string;
  readonly database: string;
  readonly masterKey: string;
  /** The first token of the API. */
  readonly tokenFile: string;
  /** Who runs here; see store/engineLock.ts. */
  readonly engineFile: string;
  readonly lockFile: string;
  readonly hls: string;
  readonly recordings: string;
  readonly clips: string;
  readonly logs: string;
  readonly cache: string;
}

/** The data folder: `--data`, else STREAMWARE_HOME, else the platform's usual place. A leading `~` is the home folder. */
export function resolveDataDir(sources: DataDirSources): string {
  const { flag, env, platform, homeDir, workingDir } = sources;
  const path = platform === 'win32' ? win32 : posix;
  const named = flag || env.STREAMWARE_HOME;
  if (named)
    return path.resolve(
      workingDir,
      named.replace(/^~(?=$|[\\/])/, () => homeDir),
    );
  return path.join(usualDataHome(env, platform, homeDir), 'streamware');
}

function usualDataHome(env: DataDirSources['env'], platform: NodeJS.Platform, homeDir: string): string {
  if (platform === 'win32') return env.LOCALAPPDATA || win32.join(homeDir, 'AppData', 'Local');
  if (platform === 'darwin') return posix.join(homeDir, 'Library', 'Application Support');
  // XDG Base Directory Specification: a relative path is invalid and to be ignored.
  const xdg = env.XDG_DATA_HOME;
  return xdg && posix.isAbsolute(xdg) ? xdg : posix.join(homeDir, '.local', 'share');
}

/** The names in a data folder. @param root absolute */
export function dataPaths(root: string, platform: NodeJS.Platform = process.platform): DataPaths {
  const { join } = platform === 'win32' ? win32 : posix;
  return {
    root,
    database: join(root, 'streamware.sqlite'),
    masterKey: join(root, 'master.key'),
    tokenFile: join(root, 'api-token'),
    engineFile: join(root, 'engine.json'),
    lockFile: join(root, 'engine.lock'),
    hls: join(root, 'media', 'hls'),
    recordings: join(root, 'recordings'),
    clips: join(root, 'clips'),
    logs: join(root, 'logs'),
    cache: join(root, 'cache'),
  };
}

/** The environment variable that marks the child processes of an engine. */
export const ENGINE_MARK_VARIABLE = 'STREAMWARE_ENGINE';

/** Its value for the engine of one data folder. @param root absolute, symbolic links resolved */
export function engineMark(root: string): string {
  return createHash('sha256').update(root).digest('hex').slice(0, 24);
}
