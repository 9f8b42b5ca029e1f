/** Starts `streamware serve` as a process of its own that outlives this one, and waits until it is ready. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type ErrorCode, errorCodes, problemSchema, StreamwareError } from '../contract/errors.ts';
import type { Clock } from '../lib/clock.ts';
import { dataPaths } from '../lib/paths.ts';

const READY_TIMEOUT_MS = 20_000;
const readySchema = z.object({ url: z.string() });

/** How this very program is started again: the Node it runs on, with its options, and its entry. */
export interface SelfCommand {
  readonly executable: string;
  readonly args: readonly string[];
}

/** @throws the reason the engine gave, or `internal.unexpected` when it gave none */
export async function startDetachedEngine(
  self: SelfCommand,
  dataDir: string,
  port: number | undefined,
  clock: Clock,
): Promise<{ url: string }> {
  // Not a pipe: whoever reads a pipe has to stay.
  const complaintsPath = complaintsFile(dataDir);
  const complaints = openSync(complaintsPath, 'w', 0o600);
  const args = [
    ...self.args,
    'serve',
    '--quiet',
    '--json',
    '--data',
    dataDir,
    ...(port === undefined ? [] : ['--port', String(port)]),
  ];
  const child = spawn(self.executable, args, {
    detached: true,
    windowsHide: true,
    stdio: ['ignore', 'pipe', complaints],
  });
  closeSync(complaints);
  try {
    return await untilReady(child, complaintsPath, clock);
  } finally {
    child.stdout?.destroy();
    child.removeAllListeners();
    child.unref();
  }
}

function complaintsFile(dataDir: string): string {
  const { logs } = dataPaths(dataDir);
  try {
    mkdirSync(logs, { recursive: true, mode: 0o700 });
    return join(logs, 'start.log');
  } catch (cause) {
    throw new StreamwareError('engine.data_dir_unusable', { detail: `${dataDir} cannot be used.`, cause });
  }
}

function untilReady(child: ChildProcess, complaintsPath: string, clock: Clock): Promise<{ url: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ url: string }>();
  const timer = clock.after(READY_TIMEOUT_MS, () => {
    child.kill('SIGTERM');
    reject(
      new StreamwareError('internal.unexpected', {
        detail: 'The engine has not become ready within 20 seconds.',
      }),
    );
  });
  child.on('error', (cause) =>
    reject(new StreamwareError('internal.unexpected', { detail: 'The engine could not be started.', cause })),
  );
  child.on('exit', () => reject(reasonIn(complaintsPath)));
  if (child.stdout)
    createInterface({ input: child.stdout }).once('line', (line) =>
      resolve(readySchema.parse(JSON.parse(line))),
    );
  return promise.finally(() => timer.cancel());
}

/** The problem document an engine that gives up leaves on its standard error. */
function reasonIn(path: string): StreamwareError {
  const text = readFileSync(path, 'utf8').trim();
  for (const line of text.split('\n').reverse()) {
    const problem = parseProblem(line);
    if (problem === null) continue;
    const { code, detail, hint } = problem;
    return new StreamwareError(code as ErrorCode, { hint, ...(detail === undefined ? {} : { detail }) });
  }
  return new StreamwareError('internal.unexpected', {
    detail: `The engine ended while it was starting; see ${path}.`,
  });
}

function parseProblem(line: string): z.output<typeof problemSchema> | null {
  try {
    const problem = problemSchema.parse(JSON.parse(line));
    return errorCodes.includes(problem.code as ErrorCode) ? problem : null;
  } catch {
    // Some other line, such as a warning of Node.
    return null;
  }
}
