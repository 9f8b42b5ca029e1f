// `npm start`: the studio as a desktop window where Electron and a display are to be had, else the same pages in the browser.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const electron = findElectron();
const hasDisplay =
  process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

if (electron && hasDisplay) run(electron, [root]);
else {
  console.log(
    electron
      ? 'There is no display here: the studio opens in the browser.'
      : 'Electron is not installed: the studio opens in the browser.',
  );
  const isRemote = !hasDisplay;
  run(process.execPath, [join(root, 'dist/cli.cjs'), 'open', ...(isRemote ? ['--no-browser'] : [])]);
}

/** The binary that the electron package has fetched, if it has: it is not part of the package. */
function findElectron(): string | null {
  if (process.env.STREAMWARE_ELECTRON) return process.env.STREAMWARE_ELECTRON;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
    const path = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8').trim());
    return existsSync(path) ? path : null;
  } catch {
    return null; // Not fetched: networks that block GitHub have none.
  }
}

function run(program: string, args: readonly string[]): void {
  // The engine runs on the Node of this script: that of Electron may be another line.
  const env = { ...process.env, STREAMWARE_NODE: process.execPath };
  const child = spawn(program, args, { stdio: 'inherit', env });
  child.on('exit', (code) => process.exit(code ?? 1));
}
