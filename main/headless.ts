/** The engine entry for process supervisors: no command line, everything by environment. People use `streamware serve`. */
import { startEngine } from './engine.ts';

const port = Number(process.env.STREAMWARE_PORT ?? 7420);

startEngine({
  port,
  console: process.stderr,
  onStopRequested: () => process.kill(process.pid, 'SIGTERM'),
}).then(
  (engine) => {
    process.stdout.write(
      `${JSON.stringify({ url: engine.url, pid: process.pid, dataDir: engine.dataDir })}\n`,
    );
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => void engine.stop().finally(() => process.exit(0)));
    }
  },
  (error: Error) => {
    process.stderr.write(`streamware: ${error.message}\n`);
    process.exit(1);
  },
);
