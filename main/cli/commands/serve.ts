/** `streamware serve`: the engine in the foreground. */

import { type Command, type CommandInput, expectPositionals } from '../command.ts';
import { dataDirOf } from '../engineAccess.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import type { CliContext, ServedEngine, ServeOptions } from '../ports.ts';

const port = { min: 0, max: 65_535, isWhole: true } as const;
const DEFAULT_MEDIA_PORT = 7421;
/** A stop that takes longer than this is not going to end by itself. */
const STOP_TIMEOUT_MS = 10_000;

export const serve: Command = {
  name: 'serve',
  arguments: '',
  summary: 'Run the engine with its API and the browser studio',
  description: [
    'Prints one line of JSON when it is ready: {"url","pid","dataDir"}. Log lines go to standard error and to the folder logs of the data folder. On a terminal it also shows a link that signs one browser in to the studio; later ones come from: streamware open.',
    'Ends cleanly on Ctrl-C, SIGTERM and SIGHUP. Streams that were live are taken up again by the next start, unless they were stopped before.',
  ],
  options: {
    port: {
      type: 'string',
      value: 'PORT',
      help: 'Of the API and the studio. Default 7420; 0: any free one.',
    },
    host: {
      type: 'string',
      value: 'ADDRESS',
      help: 'Address to listen on. Default 127.0.0.1: this computer alone.',
    },
    'ingest-port': {
      type: 'string',
      value: 'PORT',
      help: 'Where OBS, phones and cameras push to. Default 1935; 0: any free one.',
    },
    'media-host': {
      type: 'string',
      value: 'ADDRESS',
      help: 'Also serve HLS, and nothing else, on this address, such as 0.0.0.0.',
    },
    'media-port': { type: 'string', value: 'PORT', help: 'For --media-host. Default 7421.' },
    quiet: { type: 'boolean', short: 'q', help: 'No log lines on standard error.' },
  },
  examples: ['streamware serve', 'streamware serve --port 0 --data /srv/streamware --media-host 0.0.0.0'],
  run: serveEngine,
};

async function serveEngine(context: CliContext, input: CommandInput): Promise<ExitCode> {
  expectPositionals(input);
  const options = serveOptions(context, input);
  const host = await context.hosts.engine();
  const starting = new AbortController();
  let engine: ServedEngine | null = null;
  const stopListening = context.onInterrupt(() => {
    if (starting.signal.aborted) return context.exitNow(exitCodes.interrupted);
    starting.abort();
    if (engine !== null) stop(context, engine);
  });
  try {
    engine = await host.serve(options);
    if (starting.signal.aborted) stop(context, engine);
    else announce(context, engine);
    await engine.stopped;
    return exitCodes.ok;
  } finally {
    stopListening();
  }
}

function serveOptions(context: CliContext, input: CommandInput): ServeOptions {
  const { stderr, environment } = context;
  const mediaHost = input.text('media-host');
  const mediaPort = input.number('media-port', port);
  return {
    dataDir: dataDirOf(context, input),
    host: input.text('host'),
    port: input.number('port', port),
    ingestPort: input.number('ingest-port', port),
    media: mediaHost === undefined ? undefined : { host: mediaHost, port: mediaPort ?? DEFAULT_MEDIA_PORT },
    console: input.flag('quiet')
      ? undefined
      : {
          write: (text: string): void => stderr.write(text),
          isTTY: stderr.isTerminal && !environment.NO_COLOR,
        },
  };
}

function announce(context: CliContext, engine: ServedEngine): void {
  const { url, dataDir } = engine;
  context.stdout.write(`${JSON.stringify({ url, pid: context.pid, dataDir })}\n`);
  // Only where a person reads it: a link in a log file or a pipe would sign anybody in who reads that.
  if (context.stderr.isTerminal)
    context.stderr.write(`Studio (works once, for five minutes): ${engine.createStudioLink().url}\n`);
}

function stop(context: CliContext, engine: ServedEngine): void {
  const watchdog = context.clock.after(STOP_TIMEOUT_MS, () => {
    context.stderr.write('streamware serve: stopping takes too long, ending at once\n');
    context.exitNow(exitCodes.failed);
  });
  engine.stop().then(
    () => watchdog.cancel(),
    (error: unknown) => {
      watchdog.cancel();
      context.stderr.write(`streamware serve: ${error instanceof Error ? error.message : String(error)}\n`);
      context.exitNow(exitCodes.failed);
    },
  );
}
