// What must not end an engine, and with it every broadcast: a mistake of ours in a promise.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { API_PREFIX } from '../../main/contract/endpoint.ts';
import { type ServedEngine, startServedEngine } from '../helpers/servedEngine.ts';
import { createTempFolder, type TempFolder } from '../helpers/tempFolder.ts';
import { waitFor } from '../helpers/waitFor.ts';

/** Loaded before the engine: fails on a signal, where nobody waits for it. */
const STRAY = `data:text/javascript,${encodeURIComponent(
  "process.on('SIGUSR2', () => { Promise.reject(new Error('a stray failure')); });",
)}`;

let folder: TempFolder;
let engine: ServedEngine | null = null;

beforeEach(() => {
  folder = createTempFolder('stray');
});
afterEach(async () => {
  await engine?.stop();
  engine = null;
  folder.remove();
});

function logged(): string {
  const logs = folder.file('logs');
  return readdirSync(logs)
    .map((name) => readFileSync(join(logs, name), 'utf8'))
    .join('\n');
}

it.each(['serve', 'headless'] as const)(
  'by %s, a failure nobody waited for is logged and ends nothing',
  async (entry) => {
    const environment = { NODE_OPTIONS: `--import=${STRAY}` };
    engine = await startServedEngine({ entry, dataDir: folder.path, environment });
    process.kill(engine.pid, 'SIGUSR2');
    await waitFor(() => logged().includes('a stray failure'), { what: 'the failure in the log' });
    const answer = await fetch(`${engine.url}${API_PREFIX}/engine`, {
      headers: { Authorization: `Bearer ${engine.token}` },
    });
    expect(answer.status).toBe(200);
  },
);
