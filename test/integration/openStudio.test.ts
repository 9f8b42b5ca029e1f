import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTempFolder, type TempFolder } from '../helpers/tempFolder.ts';

const entry = fileURLToPath(new URL('../../main/cli/index.ts', import.meta.url));
let folder: TempFolder;
let engine: ChildProcess;

beforeEach(async () => {
  folder = createTempFolder('open');
  const ports = ['--port', '0', '--ingest-port', '0'];
  engine = spawn(process.execPath, [entry, 'serve', '--quiet', ...ports, '--data', folder.file('data')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (engine.stdout) await once(createInterface({ input: engine.stdout }), 'line');
}, 30_000);
afterEach(async () => {
  if (engine.exitCode === null && engine.kill('SIGTERM')) await once(engine, 'exit');
  folder.remove();
}, 30_000);

const pages = (): string[] => readdirSync(folder.file('data')).filter((name) => name.startsWith('open-'));

it('shows the browser a private file instead of the link, and removes it when the link is spent', async () => {
  const browser = folder.file('browser');
  const seen = folder.file('seen');
  writeFileSync(browser, `#!/bin/sh\nprintf '%s\\n' "$@" > '${seen}.part'\nmv '${seen}.part' '${seen}'\n`);
  chmodSync(browser, 0o755);
  const open = spawn(process.execPath, [entry, 'open', '--json', '--data', folder.file('data')], {
    env: { ...process.env, BROWSER: browser },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: open.stdout }), 'line');
  const { studioUrl } = JSON.parse(String(line)) as { studioUrl: string };
  const code = new URL(studioUrl).searchParams.get('k') ?? '';
  await vi.waitFor(() => expect(existsSync(seen)).toBe(true), 10_000);

  const given = readFileSync(seen, 'utf8').trim();
  expect(given).not.toContain(code);
  expect(statSync(given).mode & 0o777).toBe(0o600);
  const page = readFileSync(given, 'utf8');
  expect(/url=(?<link>[^"]+)"/.exec(page)?.groups?.link).toBe(studioUrl);

  expect((await fetch(studioUrl, { redirect: 'manual' })).status).toBe(303);
  expect(existsSync(given)).toBe(false);
});

it('leaves no such file behind when the engine ends', async () => {
  const open = spawn(process.execPath, [entry, 'open', '--json', '--data', folder.file('data')], {
    env: { ...process.env, BROWSER: '/bin/true' },
    stdio: 'ignore',
  });
  await once(open, 'exit');
  expect(pages()).toHaveLength(1);
  engine.kill('SIGTERM');
  await once(engine, 'exit');
  expect(pages()).toEqual([]);
});
