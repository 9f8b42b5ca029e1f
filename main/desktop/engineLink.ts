import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const START_TIMEOUT_MS = 20_000;

/** Where the studio of the running engine is, with a one-time code that signs the window in. */
export interface EngineLink {
  studioUrl: string;
}

/**
 * Starts the engine as a process of its own, or adopts the one that runs already: closing or crashing the window
 * never ends a broadcast. It runs on Electron's own Node unless STREAMWARE_NODE names another.
 * @throws an Error with the engine's own words when it cannot start
 */
export async function linkEngine(programsDir: string): Promise<EngineLink> {
  const node = process.env.STREAMWARE_NODE ?? process.execPath;
  const { stdout } = await run(node, [join(programsDir, 'cli.cjs'), 'open', '--no-browser', '--json'], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    timeout: START_TIMEOUT_MS,
  });
  return JSON.parse(stdout) as EngineLink;
}
