/**
 * Runs the programs that tests use as peers (nginx, ffmpeg, stunnel, …). Not for code under test, which has
 * its own supervisor: this one only makes sure that no peer outlives the test process and that its last words can be shown.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { delay, systemClock } from '../../main/lib/clock.ts';

const KEPT_OUTPUT_CHARACTERS = 16_384;

export interface PeerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface PeerProcess {
  readonly pid: number;
  readonly process: ChildProcess;
  readonly hasExited: boolean;
  readonly exited: Promise<PeerExit>;
  /** The end of what it printed, stdout and stderr together. */
  output(): string;
  /** Sends a signal to this process alone. Ignored when it has exited. */
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, SIGKILL after `graceMs` (default 2 000). Resolves when it is gone; may be called twice. */
  stop(graceMs?: number): Promise<void>;
}

export interface PeerSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Default: nothing to read, output kept. */
  readonly stdin?: 'ignore' | 'pipe';
  /** Leave stdout to the caller (`process.stdout`) instead of keeping it. */
  readonly ownStdout?: boolean;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a peer. Rejects when the program cannot be started. */
export async function startPeer(spec: PeerSpec): Promise<PeerProcess> {
  const stdio: StdioOptions = [spec.stdin ?? 'ignore', 'pipe', 'pipe'];
  const child = spawn(spec.command, spec.args, { cwd: spec.cwd, env: spec.env ?? process.env, stdio });
  running.add(child);
  let output = '';
  let exit: PeerExit | null = null;
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT_CHARACTERS);
  };
  child.stderr?.on('data', keep);
  if (spec.ownStdout !== true) child.stdout?.on('data', keep);
  child.stdin?.on('error', () => undefined); // A peer that was killed breaks its pipe; its exit tells.
  const exited = new Promise<PeerExit>((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      exit = { code, signal };
      resolve(exit);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => {
      running.delete(child);
      reject(new Error(`${spec.command} cannot be started: ${error.message}`, { cause: error }));
    });
  });
  const signal = (name: NodeJS.Signals): void => void (exit === null && child.kill(name));
  return {
    pid: child.pid ?? -1,
    process: child,
    get hasExited() {
      return exit !== null;
    },
    exited,
    output: () => output,
    signal,
    async stop(graceMs = 2_000) {
      if (exit !== null) return;
      const gone = new AbortController();
      void exited.then(() => gone.abort());
      signal('SIGCONT');
      signal('SIGTERM');
      await delay(systemClock, graceMs, gone.signal);
      signal('SIGKILL');
      await exited;
    },
  };
}

/** Runs a program to its end and returns what it printed on stdout. Rejects with its last lines when it fails. */
export async function runTool(command: string, args: readonly string[]): Promise<string> {
  const peer = await startPeer({ command, args, ownStdout: true });
  const chunks: Buffer[] = [];
  peer.process.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<void>((resolve) => peer.process.once('close', () => resolve()));
  const exit = await peer.exited;
  await closed;
  if (exit.code !== 0) {
    throw new Error(`${command} ended with ${exit.code ?? exit.signal}: ${peer.output().slice(-2_000)}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The path of a program on PATH or in the system folders that are often missing from it. */
export function findProgram(name: string): string | null {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    '/opt/homebrew/bin',
  ];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here; look in the next folder.
    }
  }
  return null;
}
