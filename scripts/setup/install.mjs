// Brings the programs that are not Node packages.

import { rmSync } from 'node:fs';
import { installCommand } from './needs.mjs';
import { findPresent, staticFfmpeg } from './probe.mjs';
import { lastLines, run, StepError } from './run.mjs';

/** @import { Plan, Machine, Need } from './needs.mjs' */

/** ffmpeg-static fetches from GitHub, which many networks block without an answer. */
const downloadTimeoutMs = 20_000;

/**
 * Debian starts a service as soon as its package is installed, and again at every boot. The tests and the demo start
 * nginx and stunnel themselves, on free ports, so a policy keeps the services down during the installation and
 * the units that it brought are disabled afterwards. A policy that is there already is respected.
 */
const aptScript = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 update || echo 'the package lists could not be refreshed'
apt-get -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 install -y --no-install-recommends "$@"
if command -v systemctl > /dev/null; then
  for package in "$@"; do
    case "$package" in nginx | stunnel4) systemctl disable "$package.service" || true ;; esac
  done
fi
`;

/**
 * @param {Plan} plan
 * @param {Machine} machine
 * @param {{ root: string, note: (text: string) => void }} context
 */
export async function installPrograms(plan, machine, { root, note }) {
  if (plan.install.length > 0) {
    const names = plan.install.map((need) => need.apt);
    process.stdout.write(`  programs  installing ${names.join(' ')} with apt-get …\n`);
    await aptInstall(plan.install, machine, root);
  }
  const found = plan.install.length > 0 ? 'installed' : 'up to date';
  note(
    plan.optional.length === 0
      ? found
      : `${found}; some tests will be without ${listOptional(plan.optional, machine)}`,
  );
}

/**
 * @param {readonly Need[]} wanted
 * @param {Machine} machine
 * @param {string} root
 */
async function aptInstall(wanted, machine, root) {
  const shell = ['sh', '-c', aptScript, 'apt', ...wanted.map((need) => need.apt)];
  const [program = 'sh', ...args] = machine.rights === 'sudo' ? ['sudo', '-n', ...shell] : shell;
  const result = await run(program, args, { cwd: root });
  const present = findPresent(root);
  // ffmpeg has a second chance: a release of the system that only has an old one can still take ffmpeg-static.
  const missing = wanted.filter((need) => !present.has(need.id) && (need.id !== 'ffmpeg' || !result.ok));
  if (missing.length === 0) return;
  throw new StepError(
    `apt-get could not install ${missing.map((need) => need.label).join(', ')}:\n${lastLines(result.output)}\n` +
      `Nothing else was changed. To see it in full, run\n\n  ${installCommand(missing, machine)}\n`,
  );
}

/**
 * @param {readonly Need[]} optional
 * @param {Machine} machine
 * @returns {string}
 */
function listOptional(optional, machine) {
  const command = installCommand(optional, machine);
  return `${optional.map((need) => need.label).join(', ')}${command ? ` (${command})` : ''}`;
}

/**
 * Never fatal: the caller looks again whether there is an ffmpeg now.
 * @param {{ root: string, note: (text: string) => void }} context
 */
export async function tryStaticFfmpeg({ root, note }) {
  const target = staticFfmpeg(root);
  if (!target) return note('no ffmpeg, and the package ffmpeg-static is not installed');
  const result = await run(process.execPath, [target.installer], { cwd: root, timeoutMs: downloadTimeoutMs });
  if (result.ok) return note('downloaded by ffmpeg-static');
  rmSync(target.binary, { force: true }); // Half a download would pass for an installed one.
  note('ffmpeg-static could not be downloaded');
}
