/** `streamware doctor`: what broadcasting needs on this machine, checked. */
import type { DoctorCheck } from '../../contract/api/engine.ts';
import { endpoints } from '../../contract/api/index.ts';
import { StreamwareError } from '../../contract/errors.ts';
import { type Command, type CommandInput, expectPositionals } from '../command.ts';
import { connectEngine, dataDirOf, findClient } from '../engineAccess.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import { printable } from '../format.ts';
import type { CliContext, ServedEngine } from '../ports.ts';

export const doctor: Command = {
  name: 'doctor',
  arguments: '',
  summary: 'Check what broadcasting needs on this machine',
  description: [
    'Asks the running engine; when none runs, one is started for the check and ended again, no stream is taken up. The exit code is 1 when something would keep a stream from working.',
  ],
  options: {},
  examples: ['streamware doctor'],
  run: runDoctor,
};

async function runDoctor(context: CliContext, input: CommandInput): Promise<ExitCode> {
  expectPositionals(input);
  const client = await findClient(context, input);
  const checks = client
    ? (await client.call(endpoints.getDoctorReport)).items
    : await checkByStarting(context, input);
  const width = Math.max(...checks.map(({ id }) => id.length));
  const lines = checks.flatMap(({ id, status, message, cure }) => [
    `${status.padEnd(4)}  ${id.padEnd(width)}  ${printable(message)}`,
    ...(cure === null ? [] : [`${' '.repeat(width + 8)}${printable(cure)}`]),
  ]);
  context.stdout.write(input.isJson ? `${JSON.stringify({ items: checks })}\n` : `${lines.join('\n')}\n`);
  return checks.some(({ status }) => status === 'fail') ? exitCodes.failed : exitCodes.ok;
}

/** Nothing tells better whether an engine can work here than one that does. */
async function checkByStarting(context: CliContext, input: CommandInput): Promise<DoctorCheck[]> {
  try {
    const { engine, port } = await startBriefly(context, input);
    try {
      const { items } = await (await connectEngine(context, input)).call(endpoints.getDoctorReport);
      return [port, ...items];
    } finally {
      await engine.stop();
    }
  } catch (error) {
    if (!(error instanceof StreamwareError)) throw error;
    return [{ id: 'engine', status: 'fail', message: error.message, cure: error.hint }];
  }
}

async function startBriefly(
  context: CliContext,
  input: CommandInput,
): Promise<{ engine: ServedEngine; port: DoctorCheck }> {
  const host = await context.hosts.engine();
  const options = { dataDir: dataDirOf(context, input), resumes: false };
  try {
    const engine = await host.serve(options);
    return {
      engine,
      port: { id: 'port', status: 'ok', message: `the API can listen at ${engine.url}`, cure: null },
    };
  } catch (error) {
    if (!(error instanceof StreamwareError) || error.code !== 'engine.port_in_use') throw error;
    const port: DoctorCheck = { id: 'port', status: 'warn', message: error.message, cure: error.hint };
    return { engine: await host.serve({ ...options, port: 0 }), port };
  }
}
