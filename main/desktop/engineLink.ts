import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** Longer than an engine is given to start, so that its own words come first. */
const START_TIMEOUT_MS = 30_000;

/**
 * Starts the engine as a process of its own, or adopts the one that runs already: closing or crashing the window
 * never ends a broadcast. It runs on Electron's own Node unless STREAMWARE_NODE names another.
 * @param programsDir where cli.cjs is
 * @returns the address of the studio, with a one-time code that signs the window in
 * @throws an Error with the engine's own words when it cannot start
 */
export function linkEngine(programsDir: string): Promise<string> {
  const node = process.env.STREAMWARE_NODE ?? process.execPath;
  const args = [join(programsDir, 'cli.cjs'), 'open', '--no-browser'];
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  return new Promise((resolve, reject) => {
    execFile(node, args, { env, timeout: START_TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr.trim() || error.message));
      else resolve(stdout.trim());
    });
  });
}
