/** `streamware stop`: ends the engine and waits until it is gone. */
import { endpoints } from '../../contract/api/index.ts';
import { delay } from '../../lib/clock.ts';
import { type Command, CommandError, type CommandInput, expectPositionals } from '../command.ts';
import { dataDirOf, findClient } from '../engineAccess.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import type { CliContext } from '../ports.ts';

const POLL_MS = 100;
const TIMEOUT_MS = 15_000;

export const stop: Command = {
  name: 'stop',
  arguments: '',
  summary: 'Stop every stream and end the engine',
  description: ['Waits until it is gone. When none runs there is nothing to do, and that is fine.'],
  options: {},
  examples: ['streamware stop'],
  run: stopEngine,
};

async function stopEngine(context: CliContext, input: CommandInput): Promise<ExitCode> {
  expectPositionals(input);
  const client = await findClient(context, input);
  if (client === null) return tell(context, input, false, `No engine runs on ${dataDirOf(context, input)}.`);
  await client.call(endpoints.stopEngine);
  const deadlineMs = context.clock.monotonicMs() + TIMEOUT_MS;
  while (await isRunning(context, input, client.url)) {
    if (context.clock.monotonicMs() >= deadlineMs)
      throw new CommandError(exitCodes.failed, 'The engine was asked to stop, but still runs.');
    await delay(context.clock, POLL_MS);
  }
  return tell(context, input, true, 'The engine has ended.');
}

/** Its process where it is on this computer, its address where it is not. */
async function isRunning(context: CliContext, input: CommandInput, url: string): Promise<boolean> {
  const isElsewhere = Boolean(context.environment.STREAMWARE_URL) && input.dataFlag === undefined;
  if (!isElsewhere) return (await (await context.hosts.finder()).find(dataDirOf(context, input))) !== null;
  return fetch(`${url}/health`).then(
    () => true,
    () => false, // It no longer answers: that is what was asked for.
  );
}

function tell(context: CliContext, input: CommandInput, stopped: boolean, text: string): ExitCode {
  context.stdout.write(input.isJson ? `${JSON.stringify({ stopped })}\n` : `${text}\n`);
  return exitCodes.ok;
}
