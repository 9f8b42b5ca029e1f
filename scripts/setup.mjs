// Makes a fresh clone ready: Node packages, system programs, build. Run before demo, start, test and bench.
// Plain Node and no dependencies, because it runs before there are any. Does nothing, quickly, when all is there.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPrograms, tryStaticFfmpeg } from './setup/install.mjs';
import {
  installCommand,
  isNodeNewEnough,
  isPurpose,
  planPrograms,
  purposes,
  runsTypeScript,
} from './setup/needs.mjs';
import { whyInstall } from './setup/packages.mjs';
import { describeMachine, findPresent, hasFfmpeg } from './setup/probe.mjs';
import { lastLines, run, StepError, step } from './setup/run.mjs';

/** @import { Purpose, Need, Machine } from './setup/needs.mjs' */

const root = fileURLToPath(new URL('..', import.meta.url));
const packagedNode = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');

try {
  await main(process.argv);
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = 1;
}

/** @param {string[]} argv */
async function main(argv) {
  const purpose = argv[argv.indexOf('--for') + 1];
  if (!isPurpose(purpose)) throw new StepError(`Usage: node scripts/setup.mjs --for ${purposes.join('|')}`);
  if (!isNodeNewEnough(process.versions.node)) {
    throw new StepError(
      `streamware needs Node 20.19 or newer, and this is Node ${process.versions.node}.\n` +
        'Nothing was changed. Install a newer one from https://nodejs.org and run the same command again.',
    );
  }
  process.stdout.write(`streamware: getting ready to ${purpose}\n`);
  await prepare(purpose);
}

/** @param {Purpose} purpose */
async function prepare(purpose) {
  const machine = describeMachine();
  const plan = planPrograms(purpose, findPresent(root), machine);
  // ffmpeg alone may still come as a package; anything else that is missing is said before the long steps.
  refuse(plan.blocking.some((need) => need.id !== 'ffmpeg') ? plan.blocking : [], machine);
  const outcomes = await Promise.allSettled([
    step('packages', installPackages),
    step('programs', (note) => installPrograms(plan, machine, { root, note })),
  ]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  if (!hasFfmpeg(root)) {
    await step('ffmpeg', (note) => tryStaticFfmpeg({ root, note }));
    const stillMissing = planPrograms(purpose, findPresent(root), { ...machine, rights: 'none' }).blocking;
    refuse(stillMissing, machine);
  }
  await step('build', build);
}

/**
 * @param {readonly Need[]} missing
 * @param {Machine} machine
 */
function refuse(missing, machine) {
  if (missing.length === 0) return;
  throw new StepError(
    `Missing: ${missing.map((need) => need.label).join(', ')}.\n` +
      'Setting this up takes administrator rights, or a source this machine cannot reach. Please run\n\n' +
      `  ${installCommand(missing, machine)}\n\n` +
      'and then the same command again. What was set up so far is kept.',
  );
}

/** @param {(text: string) => void} note */
async function installPackages(note) {
  const why = whyInstall(readJson('package-lock.json') ?? {}, readJson('node_modules/.package-lock.json'));
  if (why) {
    process.stdout.write(`  packages  installing (${why}) …\n`);
    // No package runs a script of its own, except the one that brings Node 24.
    await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']);
  }
  const wanted = readJson('node_modules/node/package.json')?.version;
  if (nodeVersion() !== wanted && (why || !runsTypeScript(process.versions.node))) {
    const rebuilt = await npmTry(['rebuild', 'node', '--ignore-scripts=false']);
    if (nodeVersion() !== wanted) return acceptOwnNode(rebuilt.output, note);
  }
  note(why ? 'installed' : 'up to date');
}

/**
 * @param {string} output what npm said
 * @param {(text: string) => void} note
 */
function acceptOwnNode(output, note) {
  if (!runsTypeScript(process.versions.node)) {
    throw new StepError(
      `Node 24 could not be installed as a package for ${process.platform}-${process.arch}:\n${lastLines(output)}\n` +
        'The other packages were kept. Run the same command again, or install Node 24 from https://nodejs.org first.',
    );
  }
  rmSync(join(root, 'node_modules/.bin/node'), { force: true });
  note(
    `installed; there is no Node 24 package for this system, so your Node ${process.versions.node} does the work`,
  );
}

/** @param {(text: string) => void} note */
async function build(note) {
  const node = existsSync(packagedNode) ? packagedNode : process.execPath;
  const result = await run(node, [join(root, 'scripts/build.mjs')], { cwd: root });
  if (!result.ok) {
    throw new StepError(`The build failed; the last good build was kept.\n${lastLines(result.output, 40)}`);
  }
  note(result.output.trim());
}

/** @param {string[]} args */
async function npm(args) {
  const result = await npmTry(args);
  if (result.ok) return;
  throw new StepError(
    `npm ${args[0]} failed:\n${lastLines(result.output)}\n` +
      'Check that the package registry can be reached (npm ping) and run the same command again.' +
      (process.platform === 'win32'
        ? '\nIf files are in use: close other programs and delete node_modules first.'
        : ''),
  );
}

/**
 * The npm that started us, on the Node that started it: node_modules may hold neither.
 * @param {string[]} args
 */
function npmTry(args) {
  const cli = process.env.npm_execpath;
  if (!cli) return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { cwd: root });
  return run(process.env.npm_node_execpath ?? process.execPath, [cli, ...args], { cwd: root });
}

/** @returns {string | null} */
function nodeVersion() {
  try {
    return execFileSync(packagedNode, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
  } catch {
    return null; // Not there, or not for this system.
  }
}

/**
 * @param {string} path
 * @returns {any} null when it is not there or not JSON
 */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8'));
  } catch {
    return null;
  }
}
