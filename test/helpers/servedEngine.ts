/** The engine from its source, in a process of its own, by either of its two entries: the command and the one for supervisors. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type PeerProcess, startPeer } from './childProcess.ts';
import { within } from './waitFor.ts';

const entries = {
  serve: [fileURLToPath(new URL('../../main/cli/index.ts', import.meta.url)), 'serve'],
  headless: [fileURLToPath(new URL('../../main/headless.ts', import.meta.url))],
} as const;

export interface ServedOptions {
  readonly entry?: keyof typeof entries;
  readonly dataDir: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ServedEngine {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Of the file api-token: scope admin. */
  readonly token: string;
  /** Ends it as a crash does. */
  kill9(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an engine on free ports, unless `options` say otherwise; resolves when it is ready. */
export async function startServedEngine(options: ServedOptions): Promise<ServedEngine> {
  const engine = await launch(options);
  const line = await within(firstLine(engine), { what: 'the engine to be ready', timeoutMs: 20_000 });
  const { url, pid } = JSON.parse(line) as { url: string; pid: number };
  return {
    url,
    port: Number(new URL(url).port),
    pid,
    token: readFileSync(join(options.dataDir, 'api-token'), 'utf8').trim(),
    async kill9() {
      engine.signal('SIGKILL');
      await engine.exited;
    },
    stop: () => engine.stop(10_000),
  };
}

/** Starts one that gives up. @returns its exit code and what it said */
export async function failToServe(options: ServedOptions): Promise<{ code: number | null; output: string }> {
  const engine = await launch(options);
  try {
    const closed = new Promise<void>((resolve) => engine.process.once('close', () => resolve()));
    const { code } = await within(engine.exited, { what: 'the engine to give up', timeoutMs: 20_000 });
    await closed;
    return { code, output: engine.output() };
  } finally {
    await engine.stop();
  }
}

function launch({
  entry = 'serve',
  dataDir,
  args = [],
  environment = {},
}: ServedOptions): Promise<PeerProcess> {
  const freePorts = { STREAMWARE_PORT: '0', STREAMWARE_INGEST_PORT: '0' };
  return startPeer({
    command: process.execPath,
    args: [...entries[entry], ...args],
    env: { ...process.env, STREAMWARE_HOME: dataDir, ...freePorts, ...environment },
    ownStdout: true,
  });
}

async function firstLine(engine: PeerProcess): Promise<string> {
  const { stdout } = engine.process;
  if (stdout === null) throw new Error('the engine has no output');
  for await (const line of createInterface({ input: stdout })) return line;
  throw new Error(`the engine ended at its start: ${engine.output()}`);
}
