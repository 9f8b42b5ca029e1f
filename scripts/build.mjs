// Builds dist/: the engine, command, SDK and desktop shell as CommonJS, and the studio for the browser.
// Skipped when nothing it depends on has changed. A failed build leaves the last good one in place.

import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashSources } from './build/sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const stampName = '.sources';

const hash = hashSources(root);
if (readStamp() === hash && !process.argv.includes('--force')) {
  console.log('up to date');
} else {
  try {
    const parts = await buildInto(join(root, 'node_modules/.cache/streamware', `build-${process.pid}`));
    console.log(`built ${parts.join(', ')}`);
  } catch (error) {
    // The bundler's message shows the place in the source; its stack only shows the bundler.
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/**
 * Built aside and then moved, so that a running studio never serves half a build.
 * @param {string} target
 */
async function buildInto(target) {
  // Loaded late: vite takes longer to start than the whole check above.
  const { buildNodePrograms } = await import('./build/nodePrograms.mjs');
  const { buildStudio } = await import('./build/studio.mjs');
  mkdirSync(target, { recursive: true });
  try {
    const parts = [...(await buildNodePrograms(root, target)), ...(await buildStudio(root, target))];
    writeFileSync(join(target, stampName), hash);
    if (existsSync(join(target, 'cli.cjs'))) chmodSync(join(target, 'cli.cjs'), 0o755);
    const old = `${target}-old`;
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(target, dist);
    rmSync(old, { recursive: true, force: true });
    return parts;
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

function readStamp() {
  const path = join(dist, stampName);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
