/** The engine as it is shipped, built, in a process of its own, on a data folder that may see several of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EngineClient } from '../../main/cli/engineClient.ts';
import { type PeerExit, type PeerProcess, runTool, startPeer } from './childProcess.ts';
import { within } from './waitFor.ts';

const program = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url));
const buildScript = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));

export interface BuiltEngine {
  readonly pid: number;
  readonly client: EngineClient;
  /** What it wrote to standard error, the last of it. */
  output(): string;
  /** Ends it as a crash does. */
  kill9(): Promise<void>;
  /** Asks it to end, and waits for it. */
  terminate(): Promise<PeerExit>;
}

/** Brings dist/ up to date; a moment when it is already. */
export async function buildEngine(): Promise<void> {
  await runTool(process.execPath, [buildScript]);
}

/** Starts `streamware serve` on free ports; resolves when it says that it is ready. Rejects with what it said when it ends before. */
export async function startBuiltEngine(dataDir: string): Promise<BuiltEngine> {
  const engine = await startServing(dataDir);
  const { url } = await within(readyLine(engine), { what: 'the engine to be ready', timeoutMs: 20_000 });
  const token = readFileSync(join(dataDir, 'api-token'), 'utf8').trim();
  return {
    pid: engine.pid,
    client: new EngineClient({ url, token }),
    output: () => engine.output(),
    async kill9() {
      engine.signal('SIGKILL');
      await engine.exited;
    },
    async terminate() {
      engine.signal('SIGTERM');
      return await within(engine.exited, { what: 'the engine to end', timeoutMs: 20_000 });
    },
  };
}

/** The same without waiting for anything. */
export function startServing(dataDir: string): Promise<PeerProcess> {
  const args = [program, 'serve', '--port', '0', '--ingest-port', '0', '--data', dataDir];
  return startPeer({ command: process.execPath, args, ownStdout: true });
}

async function readyLine(engine: PeerProcess): Promise<{ url: string }> {
  const { stdout } = engine.process;
  if (stdout === null) throw new Error('the engine has no output');
  for await (const line of createInterface({ input: stdout })) return JSON.parse(line) as { url: string };
  throw new Error(`the engine ended at its start: ${engine.output()}`);
}
