/** `streamware open`: the studio in the browser, with an engine started if none runs. */
import { endpoints } from '../../contract/api/index.ts';
import { StreamwareError } from '../../contract/errors.ts';
import { type Command, type CommandInput, expectPositionals } from '../command.ts';
import { connectEngine, dataDirOf, findClient } from '../engineAccess.ts';
import type { EngineClient } from '../engineClient.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import type { CliContext } from '../ports.ts';

export const open: Command = {
  name: 'open',
  arguments: '',
  summary: 'Open the studio in the browser, starting the engine if need be',
  description: [
    'The engine runs on by itself, also when the browser or this terminal is closed; end it with: streamware stop. The link signs one browser in, once, within five minutes.',
    'The browser is given a file of the data folder that leads to the link, so that no other user of this machine sees it; the engine removes that file once the link is spent. BROWSER chooses another browser. One that may not read the data folder (some sandboxed ones) takes the printed link.',
  ],
  options: {
    'no-browser': { type: 'boolean', help: 'Only print the link.' },
    port: {
      type: 'string',
      value: 'PORT',
      help: 'For an engine that is started. Default: 7420, or any free one when that is taken.',
    },
  },
  examples: ['streamware open', 'streamware open --no-browser --json'],
  run: openStudio,
};

async function openStudio(context: CliContext, input: CommandInput): Promise<ExitCode> {
  expectPositionals(input);
  const port = input.number('port', { min: 0, max: 65_535, isWhole: true });
  const client = (await findClient(context, input)) ?? (await startEngine(context, input, port));
  const { url: studioUrl } = await client.call(endpoints.createStudioLink);
  if (!input.flag('no-browser')) await context.hosts.openBrowser(studioUrl, dataDirOf(context, input));
  context.stdout.write(input.isJson ? `${JSON.stringify({ studioUrl })}\n` : `${studioUrl}\n`);
  return exitCodes.ok;
}

async function startEngine(
  context: CliContext,
  input: CommandInput,
  port: number | undefined,
): Promise<EngineClient> {
  const finder = await context.hosts.finder();
  const dataDir = dataDirOf(context, input);
  try {
    await finder.startDetached(dataDir, port);
  } catch (error) {
    const code = error instanceof StreamwareError ? error.code : null;
    if (code === 'engine.port_in_use' && port === undefined) await finder.startDetached(dataDir, 0);
    // Somebody else was faster; then that one is meant.
    else if (code !== 'engine.already_running') throw error;
  }
  return connectEngine(context, input);
}
