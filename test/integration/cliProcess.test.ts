import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isProcessAlive } from '../../main/lib/processIdentity.ts';
import { createTempFolder, type TempFolder } from '../helpers/tempFolder.ts';
import { waitFor, within } from '../helpers/waitFor.ts';

const program = fileURLToPath(new URL('../../main/cli/index.ts', import.meta.url));
let folder: TempFolder;
let dataDir: string;
const children = new Set<ChildProcess>();

beforeEach(() => {
  folder = createTempFolder('cli-process');
  dataDir = folder.file('data');
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  folder.remove();
});

interface Running {
  readonly child: ChildProcess;
  readonly stdout: Promise<string>;
  readonly stderr: Promise<string>;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function start(args: readonly string[], stdin?: string): Running {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, STREAMWARE_HOME: dataDir, NO_COLOR: '1' },
  });
  children.add(child);
  child.stdin.end(stdin ?? '');
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const ended = once(child, 'close').then(async ([code]) => {
    children.delete(child);
    return { code: code as number | null, stdout: await stdout, stderr: await stderr };
  });
  return { child, stdout, stderr, ended };
}

const run = (args: readonly string[], stdin?: string) =>
  within(start(args, stdin).ended, { what: `streamware ${args.join(' ')} to end`, timeoutMs: 30_000 });

/** The engine of the data folder, on free ports. */
async function serve(): Promise<Running & { ready: { url: string; pid: number; dataDir: string } }> {
  const running = start(['serve', '--port', '0', '--ingest-port', '0']);
  const [line] = (await within(once(running.child.stdout as NodeJS.ReadableStream, 'data'), {
    what: 'the ready line',
    timeoutMs: 20_000,
  })) as [Buffer];
  return {
    ...running,
    ready: JSON.parse(line.toString('utf8')) as { url: string; pid: number; dataDir: string },
  };
}

const config = {
  name: 'Try',
  input: { type: 'test' },
  processing: [{ type: 'transcode', width: 320, height: 180, bitrateKbps: 300, preset: 'ultrafast' }],
};

describe('the engine as a process', () => {
  it('says where it is, lets nobody else in, and ends cleanly when asked', async () => {
    const engine = await serve();
    expect(engine.ready).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      pid: engine.child.pid,
      dataDir,
    });
    expect(statSync(folder.file('data/api-token')).mode & 0o777).toBe(0o600);
    expect(await (await fetch(`${engine.ready.url}/health`)).json()).toMatchObject({ name: 'streamware' });

    const second = await run(['serve', '--port', '0', '--ingest-port', '0']);
    expect([second.code, second.stdout]).toEqual([4, '']);
    expect(second.stderr).toContain(`process ${engine.ready.pid}`);

    expect(JSON.parse((await run(['status', '--json'])).stdout)).toMatchObject({
      running: true,
      engine: { url: engine.ready.url, dataDir },
    });
    const token = (await run(['token', 'create', '--scope', 'read'])).stdout.trim();
    const answer = await fetch(`${engine.ready.url}/api/v1/streams`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(await answer.json()).toEqual({ items: [], nextCursor: null });

    expect((await run(['stop'])).code).toBe(0);
    const { code, stdout, stderr } = await engine.ended;
    expect([code, stdout.trim().split('\n')]).toEqual([0, [JSON.stringify(engine.ready)]]);
    expect(stderr).not.toContain('?k=');
    expect((await run(['status'])).code).toBe(3);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ends cleanly on %s', async (signal) => {
    const engine = await serve();
    engine.child.kill(signal);
    expect((await within(engine.ended, { what: 'the engine to end' })).code).toBe(0);
    expect(existsSync(folder.file('data/engine.json'))).toBe(false);
  });

  it('goes on when nobody reads its log any more', async () => {
    const engine = await serve();
    // The test itself reads no further either.
    for (const read of [engine.stdout, engine.stderr, engine.ended]) read.catch(() => undefined);
    engine.child.stderr?.destroy();
    engine.child.stdout?.destroy();
    // Each of these is logged: the first alone would not meet the broken pipe.
    for (const name of ['one', 'two', 'three'])
      expect((await run(['token', 'create', '--scope', 'read', '--name', name])).code).toBe(0);
    expect((await run(['status'])).code).toBe(0);
    engine.child.kill('SIGTERM');
    const [code] = (await within(once(engine.child, 'exit'), { what: 'the engine to end' })) as [number];
    expect(code).toBe(0);
  });

  it('is found again after it was killed, and starts anew', async () => {
    const engine = await serve();
    engine.child.kill('SIGKILL');
    await engine.ended;
    expect((await run(['status'])).code).toBe(3);
    const next = await serve();
    expect(next.ready.pid).not.toBe(engine.ready.pid);
    next.child.kill('SIGTERM');
    expect((await next.ended).code).toBe(0);
  });

  it('says that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, stderr } = await run(['serve', '--port', String(port), '--ingest-port', '0']);
    other.close();
    expect([code, stderr]).toEqual([1, expect.stringContaining(`Port ${port}`)]);
  });
});

describe('streamware open', () => {
  it('starts an engine that outlives it, and finds it the next time', async () => {
    const first = await run(['open', '--no-browser', '--json', '--port', '0']);
    expect([first.code, first.stderr]).toEqual([0, '']);
    const { studioUrl } = JSON.parse(first.stdout) as { studioUrl: string };
    const signedIn = await fetch(studioUrl, { redirect: 'manual' });
    expect(signedIn.status).toBe(303);
    const { engine } = JSON.parse((await run(['status', '--json'])).stdout) as {
      engine: { pid: number; url: string };
    };
    expect(studioUrl.startsWith(engine.url)).toBe(true);
    const second = JSON.parse((await run(['open', '--no-browser', '--json'])).stdout) as {
      studioUrl: string;
    };
    expect(second.studioUrl.startsWith(engine.url)).toBe(true);
    expect(second.studioUrl).not.toBe(studioUrl);
    expect((await run(['stop'])).code).toBe(0);
    await waitFor(() => !isProcessAlive(engine.pid), { what: 'the engine to be gone' });
  });

  it('passes on why the engine did not start', async () => {
    writeFileSync(dataDir, 'a file where the folder should be');
    const { code, stdout, stderr } = await run(['open', '--no-browser', '--json']);
    expect([code, stdout]).toEqual([1, '']);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'engine.data_dir_unusable' });
  });
});

describe('streamware run', () => {
  it('delivers to a file and says so', async () => {
    const output = [
      { type: 'file', path: folder.file('out.mp4') },
      { type: 'hls', path: folder.file('hls/index.m3u8') },
    ];
    const summaryPath = folder.file('summary.json');
    const { code, stdout } = await run(
      ['run', '-', '--duration', '3', '--summary', summaryPath, '--json'],
      JSON.stringify({ ...config, output }),
    );
    const summary = JSON.parse(stdout) as { outputs: Record<string, unknown>[] };
    expect(JSON.parse(readFileSync(summaryPath, 'utf8'))).toEqual(summary);
    expect(summary).toMatchObject({
      name: 'Try',
      delivered: true,
      outputs: [
        { kind: 'file', error: null },
        { kind: 'hls', error: null },
      ],
    });
    for (const one of summary.outputs) {
      expect(Object.keys(one)).toEqual([
        'id',
        'kind',
        'state',
        'framesSent',
        'bytesSent',
        'droppedFrames',
        'reconnects',
        'firstFrameAfterMs',
        'error',
      ]);
      expect(one.framesSent).toBeGreaterThan(30);
    }
    expect(code).toBe(0);
    expect(statSync(folder.file('out.mp4')).size).toBeGreaterThan(10_000);
  });

  it('ends with 1 when a destination refuses, while the other delivers', async () => {
    const output = [
      { type: 'rtmp', url: 'rtmp://127.0.0.1:9/live', key: 'SECRETx7' },
      { type: 'file', path: folder.file('out.mp4') },
    ];
    const { code, stdout, stderr } = await run(
      ['run', '-', '--duration', '3', '--json'],
      JSON.stringify({ ...config, output }),
    );
    expect(JSON.parse(stdout)).toMatchObject({
      delivered: false,
      outputs: [
        { kind: 'rtmp', framesSent: 0, error: expect.any(String) },
        { kind: 'file', error: null },
      ],
    });
    expect(code).toBe(1);
    expect(stdout + stderr).not.toContain('SECRET');
  });

  it('is ended cleanly by Ctrl-C', async () => {
    const running = start(
      ['run', '-', '--json'],
      JSON.stringify({ ...config, output: [{ type: 'file', path: folder.file('out.mp4') }] }),
    );
    let shown = '';
    running.child.stderr?.on('data', (chunk) => {
      shown += String(chunk);
    });
    await waitFor(() => /LIVE.*out\.mp4 live/.test(shown), {
      what: 'the recording to begin',
      timeoutMs: 20_000,
    });
    running.child.kill('SIGINT');
    const { code, stdout } = await within(running.ended, { what: 'the run to end', timeoutMs: 20_000 });
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ name: 'Try', delivered: true }),
    ]);
    expect(existsSync(folder.file('out.mp4'))).toBe(true);
  });

  it('ends with 2 for an input that is not there, and starts nothing', async () => {
    const { code, stdout, stderr } = await run(
      ['run', '-'],
      JSON.stringify({
        input: { type: 'file', path: folder.file('no.mp4') },
        output: [{ type: 'file', path: folder.file('out.mp4') }],
      }),
    );
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('input.path');
    expect(existsSync(folder.file('out.mp4'))).toBe(false);
  });
});
