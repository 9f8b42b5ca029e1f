/** `streamware serve`: the engine in the foreground. */

import { StreamwareError } from '../../contract/errors.ts';
import { readServeSettings, type ServeSettings, serveVariables } from '../../engine/serveSettings.ts';
import { type Command, CommandError, type CommandInput, expectPositionals } from '../command.ts';
import { dataDirOf } from '../engineAccess.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import type { CliContext, ServedEngine, ServeOptions } from '../ports.ts';

/** A stop that takes longer than this is not going to end by itself. */
const STOP_TIMEOUT_MS = 10_000;

export const serve: Command = {
  name: 'serve',
  arguments: '',
  summary: 'Run the engine with its API and the browser studio',
  description: [
    'Prints one line of JSON when it is ready: {"url","pid","dataDir"}. Log lines go to standard error and to the folder logs of the data folder. On a terminal it also shows a link that signs one browser in to the studio; later ones come from: streamware open.',
    'Ends cleanly on Ctrl-C, SIGTERM and SIGHUP. Streams that were live are taken up again by the next start, unless they were stopped before.',
    variablesText(),
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
    'ingest-host': {
      type: 'string',
      value: 'ADDRESS',
      help: 'Where OBS and phones push from another computer: 0.0.0.0, or the address of one network. Default 127.0.0.1.',
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
    'allowed-host': {
      type: 'string',
      multiple: true,
      value: 'NAME',
      help: 'A further name to be reached under, such as studio.local. May be repeated.',
    },
    'allowed-origin': {
      type: 'string',
      multiple: true,
      value: 'ORIGIN',
      help: 'A web page that may use the API with a token, such as https://dash.example. May be repeated.',
    },
    'rate-limit': {
      type: 'string',
      value: 'COUNT',
      help: 'Requests a minute of one token. Default 6000.',
    },
    'metrics-without-token': {
      type: 'boolean',
      help: 'Programs on this computer read /metrics without a token; others need one (scope read).',
    },
    quiet: { type: 'boolean', short: 'q', help: 'No log lines on standard error.' },
  },
  examples: [
    'streamware serve',
    'streamware serve --port 0 --data /srv/streamware --media-host 0.0.0.0',
    'streamware serve --host 0.0.0.0 --allowed-host studio.local --allowed-origin https://dash.example',
  ],
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
  return {
    ...readSettings(context, input),
    dataDir: dataDirOf(context, input),
    console: input.flag('quiet')
      ? undefined
      : {
          write: (text: string): void => stderr.write(text),
          isTTY: stderr.isTerminal && !environment.NO_COLOR,
        },
  };
}

function readSettings({ environment }: CliContext, input: CommandInput): ServeSettings {
  try {
    return readServeSettings({ flags: (name) => input.texts(name), environment });
  } catch (error) {
    if (!(error instanceof StreamwareError)) throw error;
    throw new CommandError(exitCodes.usage, error.message, error);
  }
}

/** The variables are those of the flags, but for the plural of lists. */
function variablesText(): string {
  const names = Object.entries(serveVariables).map(([flag, variable]) => `${variable} (--${flag})`);
  return `Where a flag is left out, its environment variable counts: ${names.join(', ')}. A list has commas between, a switch is 1 or 0.`;
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
