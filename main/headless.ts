/** The engine entry for process supervisors: no command line, everything by environment. People use `streamware serve`. */
import { StreamwareError } from './contract/errors.ts';
import { readServeSettings } from './engine/serveSettings.ts';
import type { Engine } from './engine.ts';
import { holdYoungHeap } from './lib/youngHeap.ts';

const FAILED = 1;
/** As the command has it for settings that cannot be used: a supervisor should not try again. */
const USAGE = 2;

function giveUp(message: string, exitCode: number): never {
  process.stderr.write(`streamware: ${message}\n`);
  process.exit(exitCode);
}

function readSettings(): ReturnType<typeof readServeSettings> {
  try {
    return readServeSettings({ flags: () => [], environment: process.env });
  } catch (error) {
    if (!(error instanceof StreamwareError)) throw error;
    return giveUp(error.message, USAGE);
  }
}

async function start(): Promise<Engine> {
  const settings = readSettings();
  holdYoungHeap();
  const { startEngine } = await import('./engine.ts');
  return startEngine({
    ...settings,
    console: process.stderr,
    ownsProcess: true,
    onStopRequested: () => process.kill(process.pid, 'SIGTERM'),
  });
}

// Whoever read the log has gone; it is in the data folder too, and nobody's broadcast ends because of it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

start().then(
  (engine) => {
    process.stdout.write(
      `${JSON.stringify({ url: engine.url, pid: process.pid, dataDir: engine.dataDir })}\n`,
    );
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => void engine.stop().finally(() => process.exit(0)));
    }
  },
  (error: Error) => giveUp(error.message, FAILED),
);
