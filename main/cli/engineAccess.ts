/** Finds the engine a command talks to: by its data folder, or where STREAMWARE_URL and STREAMWARE_TOKEN say. */
import { readFile } from 'node:fs/promises';
import { delay } from '../lib/clock.ts';
import { resolveDataDir } from '../lib/paths.ts';
import { CommandError, type CommandInput } from './command.ts';
import { EngineClient } from './engineClient.ts';
import { exitCodes } from './exitCodes.ts';
import type { CliContext, FoundEngine } from './ports.ts';

const STARTING_POLL_MS = 100;
const STARTING_TIMEOUT_MS = 15_000;

/** The data folder this command is about, absolute. */
export function dataDirOf(context: CliContext, input: CommandInput): string {
  const { environment: env, platform, homeDir, workingDir } = context;
  return resolveDataDir({ flag: input.dataFlag, env, platform, homeDir, workingDir });
}

/** @throws `CommandError` with how to start one, when none runs */
export async function connectEngine(context: CliContext, input: CommandInput): Promise<EngineClient> {
  const client = await findClient(context, input);
  if (client !== null) return client;
  throw new CommandError(
    exitCodes.noEngine,
    `No engine runs on ${dataDirOf(context, input)}. Start it with: streamware serve`,
  );
}

/** As `connectEngine`, but null when none runs. */
export async function findClient(context: CliContext, input: CommandInput): Promise<EngineClient | null> {
  const { STREAMWARE_URL: url, STREAMWARE_TOKEN: token } = context.environment;
  if (url && input.dataFlag === undefined) {
    if (!token)
      throw new CommandError(exitCodes.usage, 'STREAMWARE_URL is set, but STREAMWARE_TOKEN is not.');
    return new EngineClient({ url: addressOf(url), token: tokenOf(token), clock: context.clock });
  }
  const engine = await findReadyEngine(context, dataDirOf(context, input));
  return engine === null
    ? null
    : new EngineClient({ url: engine.url, token: await readToken(engine.tokenFile), clock: context.clock });
}

function addressOf(url: string): string {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return url.replace(/\/+$/, '');
  throw new CommandError(exitCodes.usage, 'STREAMWARE_URL must be an address such as http://127.0.0.1:7420.');
}

/** Anything else could not even be sent, which would look like an engine that does not answer. */
function tokenOf(text: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CommandError(exitCodes.usage, 'STREAMWARE_TOKEN is not a token: it holds blanks or other signs.');
}

/** One that has just been started is waited for. */
async function findReadyEngine(
  context: CliContext,
  dataDir: string,
): Promise<(FoundEngine & { url: string }) | null> {
  const finder = await context.hosts.finder();
  const deadlineMs = context.clock.monotonicMs() + STARTING_TIMEOUT_MS;
  for (;;) {
    const engine = await finder.find(dataDir);
    if (engine === null) return null;
    if (engine.url !== null) return { ...engine, url: engine.url };
    if (context.clock.monotonicMs() >= deadlineMs) {
      throw new CommandError(exitCodes.failed, `The engine (process ${engine.pid}) has not become ready.`);
    }
    await delay(context.clock, STARTING_POLL_MS);
  }
}

async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    throw new CommandError(
      exitCodes.failed,
      `The token in ${path} cannot be read. Are you the user who started the engine?`,
    );
  }
}
