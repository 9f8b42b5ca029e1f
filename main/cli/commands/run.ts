/** `streamware run`: one stream in the foreground, without an engine. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { StreamwareError } from '../../contract/errors.ts';
import { type StreamConfig, streamConfigSchema } from '../../contract/streams.ts';
import { type Command, CommandError, type CommandInput, expectPositionals } from '../command.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import { formatBytes, formatSpan, formatTable, printable } from '../format.ts';
import { readPipelineFile } from '../pipelineFile.ts';
import type { CliContext, OutputSummary, RunSummary } from '../ports.ts';
import { fieldLines } from '../problemText.ts';
import { RunScreen } from '../runScreen.ts';

const MAX_SECONDS = 31_536_000;

export const run: Command = {
  name: 'run',
  arguments: 'FILE',
  summary: 'Run one stream in the foreground',
  description: [
    'FILE is the configuration of a stream in JSON, the same that POST /api/v1/streams takes; - reads standard input. Paths in it are relative to the current folder. No engine is needed.',
    'Ctrl-C stops it cleanly. The exit code is 0 when every output delivered to the end, 1 otherwise, 2 when the file cannot be used.',
  ],
  options: {
    duration: { type: 'string', value: 'SECONDS', help: 'Stop after this time.' },
    summary: { type: 'string', value: 'FILE', help: 'Write how it went, as JSON, into this file.' },
    quiet: { type: 'boolean', short: 'q', help: 'Show nothing while it runs.' },
  },
  examples: [
    'streamware run show.json --duration 60 --summary result.json',
    'cat show.json | streamware run -',
  ],
  run: runPipeline,
};

async function runPipeline(context: CliContext, input: CommandInput): Promise<ExitCode> {
  const [path] = expectPositionals(input, 'FILE');
  const durationSeconds = input.number('duration', { min: 0.1, max: MAX_SECONDS });
  const config = await readPipelineFile(context, path, streamConfigSchema);
  const summary = summaryOf(await runToEnd(context, input, config, durationSeconds));
  const summaryPath = input.text('summary');
  if (summaryPath !== undefined) await writeSummary(resolve(context.workingDir, summaryPath), summary);
  context.stdout.write(
    input.isJson ? `${JSON.stringify(summary)}\n` : `${resultLines(summary).join('\n')}\n`,
  );
  return summary.delivered ? exitCodes.ok : exitCodes.failed;
}

async function runToEnd(
  context: CliContext,
  input: CommandInput,
  config: StreamConfig,
  durationSeconds: number | undefined,
): Promise<RunSummary> {
  const host = await context.hosts.run();
  const interrupted = new AbortController();
  const stopListening = context.onInterrupt(() => {
    // The first asks to end cleanly; the second means it.
    if (interrupted.signal.aborted) context.exitNow(exitCodes.interrupted);
    interrupted.abort();
  });
  const screen = input.flag('quiet') ? undefined : new RunScreen(context.stderr, context.clock);
  try {
    const run = await host.start(config, { durationSeconds, console: screen }).catch(refuse);
    const title = { name: config.name, startedAt: context.clock.nowMs() };
    run.onHealth((health) => screen?.show(title, health));
    const finished = run.finished();
    await Promise.race([finished, aborted(interrupted.signal)]);
    return await (interrupted.signal.aborted ? run.stop() : finished);
  } finally {
    stopListening();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolvePromise) => {
    if (signal.aborted) resolvePromise();
    signal.addEventListener('abort', () => resolvePromise());
  });
}

/** A refusal before anything was started: something in the file is to be changed, or a file named in it is missing. */
const FILE_FAULT = /^(request|stream|input|output|destination|file)\./;

function refuse(error: unknown): never {
  const isAboutTheFile =
    error instanceof StreamwareError && FILE_FAULT.test(error.code) && error.status < 500;
  throw isAboutTheFile ? new CommandError(exitCodes.usage, fieldLines(error).join('\n  '), error) : error;
}

/** Exactly these fields: scripts rely on them. */
function summaryOf(summary: RunSummary): RunSummary {
  const { streamId, name, startedAt, durationSeconds, delivered, notices } = summary;
  const outputs = summary.outputs.map((output): OutputSummary => {
    const { id, kind, state, framesSent, bytesSent, droppedFrames, reconnects, firstFrameAfterMs, error } =
      output;
    return { id, kind, state, framesSent, bytesSent, droppedFrames, reconnects, firstFrameAfterMs, error };
  });
  return { streamId, name, startedAt, durationSeconds, delivered, notices, outputs };
}

async function writeSummary(path: string, summary: RunSummary): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(summary, null, 2)}\n`);
  } catch (error) {
    throw new CommandError(
      exitCodes.failed,
      `The summary could not be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function resultLines({ delivered, durationSeconds, notices, outputs }: RunSummary): string[] {
  const columns = [
    { title: 'OUTPUT' },
    { title: 'KIND' },
    { title: 'STATE' },
    { title: 'FRAMES', align: 'right' },
    { title: 'SENT', align: 'right' },
    { title: 'DROPPED', align: 'right' },
    { title: 'RECONNECTS', align: 'right' },
    { title: 'ERROR' },
  ] as const;
  const rows = outputs.map((output) => [
    printable(output.id),
    output.kind,
    output.state,
    String(output.framesSent),
    formatBytes(output.bytesSent),
    String(output.droppedFrames),
    String(output.reconnects),
    printable(output.error ?? ''),
  ]);
  const verdict = delivered ? 'Every output delivered.' : 'Not every output delivered.';
  return [
    ...formatTable(columns, rows),
    ...notices.map(printable),
    `${verdict} ${formatSpan(durationSeconds * 1000)}`,
  ];
}
