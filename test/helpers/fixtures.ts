/**
 * The media files of the tests, made by ffmpeg when first asked for and kept in the system's temporary folder,
 * named after the recipes so that a changed recipe makes new files. Each is made once, also when several
 * test files ask at the same time, and appears under its name only when it is complete. They are never written to.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { runTool } from './childProcess.ts';
import { type FixtureName, type FixtureRecipe, fixtureRecipes } from './fixtureRecipes.ts';
import { isRunning } from './processTree.ts';
import { waitFor } from './waitFor.ts';

const MAKING_TIMEOUT_MS = 120_000;

const version = createHash('sha1').update(JSON.stringify(fixtureRecipes)).digest('hex').slice(0, 10);

/** The folder in which the files are kept. */
const fixtureFolder = join(tmpdir(), `streamware-fixtures-${version}`);

/** The path of a media file, made now if need be. */
export async function fixture(name: FixtureName): Promise<string> {
  const path = join(fixtureFolder, name);
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true });
  const recipe: FixtureRecipe = fixtureRecipes[name];
  const needed = new Map<string, string>();
  for (const other of recipe.needs ?? []) needed.set(other, await fixture(other as FixtureName));
  await makeOnce(path, (target) => make(recipe, target, needed));
  return path;
}

/** Of several processes that come here at the same time one makes the file, the others wait for it. */
async function makeOnce(path: string, makeFile: (target: string) => Promise<void>): Promise<void> {
  const lock = `${path}.lock`;
  if (!takeLock(lock)) {
    await waitFor(() => existsSync(path) || !existsSync(lock), {
      what: `another process to make ${basename(path)}`,
      timeoutMs: MAKING_TIMEOUT_MS,
      intervalMs: 100,
    });
    return existsSync(path) ? undefined : makeOnce(path, makeFile);
  }
  try {
    if (existsSync(path)) return;
    const target = join(dirname(path), `making-${randomBytes(6).toString('hex')}${extname(path)}`);
    try {
      await makeFile(target);
      renameSync(target, path);
    } finally {
      rmSync(target, { force: true });
    }
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Takes the lock file, also from a process that died with it. */
function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    // Somebody has it. A pid that is not there yet reads as 0, which counts as alive.
  }
  try {
    const owner = Number(readFileSync(lock, 'utf8'));
    if (owner === 0 || isRunning(owner)) return false;
    rmSync(lock, { force: true });
    return takeLock(lock);
  } catch {
    // It was given back between the two looks; the caller asks again.
    return false;
  }
}

async function make(
  recipe: FixtureRecipe,
  target: string,
  needed: ReadonlyMap<string, string>,
): Promise<void> {
  const resolve = (text: string): string =>
    text.replace(/\{(?<name>[^}]+)\}/g, (whole, name: string) => needed.get(name) ?? whole);
  if (recipe.ffmpeg !== undefined) {
    await runTool('ffmpeg', ['-nostdin', '-y', '-v', 'error', ...recipe.ffmpeg.map(resolve), target]);
  } else if (recipe.tool !== undefined) {
    await runTool(recipe.tool, [target]);
  } else if (recipe.text !== undefined) {
    writeFileSync(target, resolve(recipe.text));
  } else if (recipe.parts !== undefined) {
    const parts = recipe.parts.map((part) => readFileSync(needed.get(part) ?? part));
    writeFileSync(target, Buffer.concat(parts).subarray(0, recipe.cutAtBytes));
  } else {
    writeFileSync(target, randomBytes(recipe.randomBytes ?? 0));
  }
}
