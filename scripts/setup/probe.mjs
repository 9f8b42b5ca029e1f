// What is on this machine already. Read-only, and quick: it runs before every demo and every test run.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { isFfmpegNewEnough } from './needs.mjs';

/** Where an unprivileged user's PATH does not look, although everybody may start what is there. */
const systemFolders =
  process.platform === 'win32' ? [] : ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];

/**
 * @param {string} name
 * @returns {string | null} the full path
 */
function findProgram(name) {
  const extensions = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...systemFolders];
  for (const folder of folders) {
    if (folder === '') continue;
    for (const extension of extensions) {
      const path = join(folder, name + extension);
      if (isExecutable(path)) return path;
    }
  }
  return null;
}

/**
 * @param {string} root the repository
 * @returns {Set<string>} ids of the needs that are met
 */
export function findPresent(root) {
  const chromeOnMac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  const present = new Set();
  if (hasFfmpeg(root)) present.add('ffmpeg');
  if (findProgram('nginx')) present.add('nginx');
  if (hasNginxRtmp()) present.add('nginx-rtmp');
  if (findProgram('stunnel4') ?? findProgram('stunnel')) present.add('stunnel');
  if (['chromium', 'google-chrome', 'chrome'].some(findProgram) || existsSync(chromeOnMac))
    present.add('chromium');
  if (findProgram('python3') ?? findProgram('python')) present.add('python3');
  return present;
}

/**
 * @param {string} root
 * @returns {boolean}
 */
export function hasFfmpeg(root) {
  const chosen = process.env.STREAMWARE_FFMPEG;
  const candidates = [chosen, staticFfmpeg(root)?.binary, findProgram('ffmpeg')];
  return candidates.some((path) => {
    if (!path || !existsSync(path)) return false;
    const run = spawnSync(path, ['-version'], { encoding: 'utf8', timeout: 10_000, windowsHide: true });
    return run.status === 0 && isFfmpegNewEnough(run.stdout);
  });
}

/**
 * ffmpeg-static is looked up as files, not imported: its JavaScript is GPL, and only the program is wanted.
 * @param {string} root
 * @returns {{ installer: string, binary: string } | null}
 */
export function staticFfmpeg(root) {
  try {
    const folder = join(
      createRequire(join(root, 'package.json')).resolve('ffmpeg-static/package.json'),
      '..',
    );
    const binary = join(folder, process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg');
    return { installer: join(folder, 'install.js'), binary };
  } catch {
    return null; // Not installed: it is an optional package.
  }
}

/**
 * @returns {import('./needs.mjs').Machine}
 */
export function describeMachine() {
  const hasApt = process.platform === 'linux' && findProgram('apt-get') !== null;
  return { platform: process.platform, distribution: readDistribution(), hasApt, rights: findRights(hasApt) };
}

/**
 * @param {boolean} hasApt
 * @returns {'root' | 'sudo' | 'none'}
 */
function findRights(hasApt) {
  if (process.getuid?.() === 0) return 'root';
  if (!hasApt || !findProgram('sudo')) return 'none';
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore', timeout: 10_000 });
  return sudo.status === 0 ? 'sudo' : 'none';
}

/** @returns {boolean} */
function hasNginxRtmp() {
  const folders = ['/usr/lib/nginx/modules', '/usr/share/nginx/modules', '/usr/lib64/nginx/modules'];
  return folders.some((folder) => existsSync(join(folder, 'ngx_rtmp_module.so')));
}

/** @returns {string} */
function readDistribution() {
  try {
    return /^ID="?(?<id>[\w.-]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.groups?.id ?? '';
  } catch {
    return ''; // Not Linux.
  }
}

/**
 * @param {string} path
 * @returns {boolean}
 */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
