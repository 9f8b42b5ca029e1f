/** This process, its terminal and its signals, handed to cli.ts. */
import { homedir } from 'node:os';
import { text } from 'node:stream/consumers';
import packageJson from '../../package.json' with { type: 'json' };
import { systemClock } from '../lib/clock.ts';
import { runCli } from './cli.ts';
import { createHosts } from './hosts.ts';
import type { CliContext, Screen } from './ports.ts';

const DEFAULT_COLUMNS = 100;

function screenOf(stream: NodeJS.WriteStream): Screen {
  return {
    write: (line: string): void => void stream.write(line),
    isTerminal: stream.isTTY === true,
    get columns(): number {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
  };
}

function onInterrupt(listener: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

const context: CliContext = {
  version: packageJson.version,
  args: process.argv.slice(2),
  environment: process.env,
  platform: process.platform,
  homeDir: homedir(),
  workingDir: process.cwd(),
  pid: process.pid,
  stdout: screenOf(process.stdout),
  stderr: screenOf(process.stderr),
  readStdin: () => text(process.stdin),
  clock: systemClock,
  onInterrupt,
  exitNow: (code: number): void => process.exit(code),
  hosts: createHosts(
    { executable: process.execPath, args: [...process.execArgv, process.argv[1] ?? ''] },
    systemClock,
  ),
};

/** They do more than print. */
const broadcasting: ReadonlySet<string | undefined> = new Set(['serve', 'run']);

// A reader that has seen enough, such as `head`, is no failure, and nobody's broadcast ends because of it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (!broadcasting.has(context.args[0])) process.exit(error.code === 'EPIPE' ? 0 : 1);
});
// Whoever read the log has gone, or the terminal was closed; it is in the data folder too.
process.stderr.on('error', () => undefined);

runCli(context).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(
      `streamware: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  },
);
