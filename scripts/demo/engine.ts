// The engine of the demo: the built one, as a process of its own, with a folder that is thrown away.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Stream } from '../../main/contract/streams.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url));
const FINISH_TIMEOUT_MS = 30_000;

export interface DemoEngine {
  readonly url: string;
  readonly studioUrl: string;
  readonly token: string;
  /** Resolves on the next whole second of the demo. */
  nextSecond(): Promise<void>;
  /** The stream once its recording is an ordinary MP4. */
  finishedStream(streamId: string): Promise<Stream>;
  stop(): Promise<void>;
}

export async function startDemoEngine(dataDir: string): Promise<DemoEngine> {
  const child = spawn(
    process.execPath,
    [PROGRAM, 'serve', '--port', '0', '--ingest-port', '0', '--data', dataDir],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const { url } = await firstLine(child);
  const token = (await readFile(`${dataDir}/api-token`, 'utf8')).trim();
  const access = { url, token };
  const link = await callEngine<{ url: string }>(access, 'POST', '/engine/studio-link');
  let next = performance.now();
  return {
    ...access,
    studioUrl: link.url,
    async nextSecond() {
      next += 1000;
      await sleep(Math.max(0, next - performance.now()));
    },
    finishedStream: (streamId) => untilFinished(access, streamId),
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

export async function callEngine<Answer>(
  engine: { readonly url: string; readonly token: string },
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(`${engine.url}/api/v1${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${engine.token}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

async function firstLine(child: ChildProcess): Promise<{ url: string }> {
  let errors = '';
  child.stderr?.on('data', (bytes) => {
    errors = `${errors}${bytes}`.slice(-4000);
  });
  if (!child.stdout) throw new Error('the engine has no output');
  for await (const line of createInterface({ input: child.stdout }))
    return JSON.parse(line) as { url: string };
  throw new Error(`the engine did not start:\n${errors}`);
}

async function untilFinished(engine: { url: string; token: string }, streamId: string): Promise<Stream> {
  const deadline = performance.now() + FINISH_TIMEOUT_MS;
  for (;;) {
    const stream = await callEngine<Stream>(engine, 'GET', `/streams/${streamId}`);
    const recording = stream.outputs.find(({ kind }) => kind === 'file');
    const isReady = recording?.files.some((file) => file.endsWith('.mp4')) ?? false;
    if (stream.state === 'stopped' && isReady) return stream;
    if (performance.now() > deadline) throw new Error('the recording was not finished in time');
    await sleep(200);
  }
}
