/** `streamware status`: what runs. */

import type { EngineInfo } from '../../contract/api/engine.ts';
import { endpoints } from '../../contract/api/index.ts';
import type { Stream } from '../../contract/streams.ts';
import { type Command, type CommandInput, expectPositionals } from '../command.ts';
import { dataDirOf, findClient } from '../engineAccess.ts';
import type { EngineClient } from '../engineClient.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import { formatBytes, formatSpan } from '../format.ts';
import type { CliContext } from '../ports.ts';
import { streamLines } from '../streamTable.ts';

export const status: Command = {
  name: 'status',
  arguments: '',
  summary: 'Show the engine and its streams',
  description: ['The exit code is 0 when an engine runs and 3 when none does.'],
  options: {},
  examples: ['streamware status', 'streamware status --json'],
  run: showStatus,
};

async function showStatus(context: CliContext, input: CommandInput): Promise<ExitCode> {
  expectPositionals(input);
  const client = await findClient(context, input);
  if (client === null) {
    const text = `No engine runs on ${dataDirOf(context, input)}. Start it with: streamware serve`;
    context.stdout.write(input.isJson ? `${JSON.stringify({ running: false })}\n` : `${text}\n`);
    return exitCodes.noEngine;
  }
  const [engine, streams] = await Promise.all([client.call(endpoints.getEngine), listAll(client)]);
  const lines = [...engineLines(engine, context.clock.nowMs()), '', ...streamLines(streams)];
  context.stdout.write(
    input.isJson ? `${JSON.stringify({ running: true, engine, streams })}\n` : `${lines.join('\n')}\n`,
  );
  return exitCodes.ok;
}

export async function listAll(client: EngineClient): Promise<Stream[]> {
  const streams: Stream[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call(endpoints.listStreams, { query: { limit: 200, cursor } });
    streams.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return streams;
}

function engineLines(engine: EngineInfo, nowMs: number): string[] {
  const { version, url, pid, startedAt, dataDir, ingestUrl, mediaUrl, ffmpeg, encoders, load, store } =
    engine;
  return [
    `streamware ${version}  ${url}  process ${pid}  up ${formatSpan(nowMs - startedAt)}`,
    `data     ${dataDir}${store.state === 'ok' ? '' : '  (the database cannot be written)'}`,
    `load     ${load.cpuPercent.toFixed(0)} % of a core, ${formatBytes(load.rssBytes)}`,
    `ffmpeg   ${ffmpeg === null ? 'not found' : `${ffmpeg.version}  ${ffmpeg.path}`}`,
    `encoders ${encoders.join(', ') || 'none'}`,
    ...(ingestUrl === null ? [] : [`ingest   ${ingestUrl}`]),
    ...(mediaUrl === null ? [] : [`network  ${mediaUrl}/live/`]),
  ];
}
