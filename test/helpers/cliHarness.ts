/** The command line without a process: what it printed, how it ended, and hosts that a test puts in. */
import { runCli } from '../../main/cli/cli.ts';
import type { CliContext, CliHosts, Screen } from '../../main/cli/ports.ts';
import { systemClock } from '../../main/lib/clock.ts';

interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliHarness {
  /** Runs one command to its end. */
  run(...args: string[]): Promise<CliRun>;
  /** Ctrl-C. */
  interrupt(): void;
  /** Codes with which a command wanted to end at once. */
  readonly forcedExits: number[];
  /** What the command that runs now has printed so far. */
  readonly printed: { stdout: string; stderr: string };
}

export type CliHarnessOptions = Partial<Omit<CliContext, 'args' | 'hosts'>> & {
  readonly hosts?: Partial<CliHosts>;
  readonly isTerminal?: boolean;
};

export function createCliHarness({
  hosts = {},
  isTerminal = false,
  ...options
}: CliHarnessOptions = {}): CliHarness {
  const listeners = new Set<() => void>();
  const forcedExits: number[] = [];
  const printed = { stdout: '', stderr: '' };
  const screen = (name: 'stdout' | 'stderr'): Screen => ({
    write: (text) => {
      printed[name] += text;
    },
    isTerminal,
    columns: 120,
  });
  const missing = async (): Promise<never> => {
    throw new Error('this command was not expected to need that');
  };
  const context: Omit<CliContext, 'args'> = {
    version: '1.2.3',
    environment: {},
    platform: 'linux',
    homeDir: '/home/ola',
    workingDir: process.cwd(),
    pid: 4711,
    stdout: screen('stdout'),
    stderr: screen('stderr'),
    readStdin: async () => '',
    clock: systemClock,
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    exitNow: (code) => void forcedExits.push(code),
    hosts: { run: missing, engine: missing, finder: missing, openBrowser: missing, ...hosts },
    ...options,
  };
  return {
    forcedExits,
    printed,
    interrupt: () => {
      for (const listener of [...listeners]) listener();
    },
    async run(...args) {
      printed.stdout = '';
      printed.stderr = '';
      const code = await runCli({ ...context, args });
      return { code, ...printed };
    },
  };
}
