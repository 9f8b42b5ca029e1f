/** The real engine behind the command line, loaded when a command needs it. */

import type { StreamConfig } from '../contract/streams.ts';
import type { Clock } from '../lib/clock.ts';
import { openBrowser } from './browser.ts';
import { type SelfCommand, startDetachedEngine } from './detachedEngine.ts';
import type { CliHosts, FoundEngine, LogConsole, ServedEngine, ServeOptions, StartedRun } from './ports.ts';

export function createHosts(self: SelfCommand, clock: Clock): CliHosts {
  return {
    run: async () => ({ start: startRun }),
    engine: async () => ({ serve }),
    finder: async () => ({
      find: findEngine,
      startDetached: (dataDir: string, port: number | undefined): Promise<{ url: string }> =>
        startDetachedEngine(self, dataDir, port, clock),
    }),
    openBrowser,
  };
}

async function startRun(
  config: StreamConfig,
  { durationSeconds, console }: { durationSeconds: number | undefined; console: LogConsole | undefined },
): Promise<StartedRun> {
  const { runPipeline } = await import('../sdk/pipelineRun.ts');
  return runPipeline(config, { durationSeconds, engine: { console, logLevel: 'warn', ownsProcess: true } });
}

async function serve(options: ServeOptions): Promise<ServedEngine> {
  const { startEngine } = await import('../engine.ts');
  const { promise: stopped, resolve, reject } = Promise.withResolvers<void>();
  const engine = await startEngine({
    ...options,
    ownsProcess: true,
    onStopRequested: (): void => void stop(),
  });
  const stop = (): Promise<void> => {
    engine.stop().then(resolve, reject);
    return stopped;
  };
  return {
    url: engine.url ?? '',
    dataDir: engine.dataDir,
    createStudioLink: (): { url: string } => ({ url: engine.createStudioLink() ?? '' }),
    stop,
    stopped,
  };
}

async function findEngine(dataDir: string): Promise<FoundEngine | null> {
  const { findRunningEngine } = await import('../store/engineLock.ts');
  return findRunningEngine(dataDir);
}
