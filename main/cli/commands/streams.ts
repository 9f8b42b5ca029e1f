/** `streamware streams`: the streams of a running engine. */
import { endpoints } from '../../contract/api/index.ts';
import { createStreamSchema } from '../../contract/api/streams.ts';
import type { Stream } from '../../contract/streams.ts';
import { type Command, type CommandInput, UsageError } from '../command.ts';
import { connectEngine } from '../engineAccess.ts';
import type { EngineClient } from '../engineClient.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import { readPipelineFile } from '../pipelineFile.ts';
import type { CliContext } from '../ports.ts';
import { outputLines, streamLines } from '../streamTable.ts';
import { listAll } from './status.ts';

export const streams: Command = {
  name: 'streams',
  arguments:
    'list | show ID | create FILE | start ID | stop ID | delete ID | quality ID | retry ID OUTPUT | mark ID LABEL | clip ID',
  summary: 'List and steer the streams of the running engine',
  description: [
    'FILE is the configuration of a stream in JSON; - reads standard input. Relative paths in it are those of the engine\'s media folder. "quality" without --bitrate steps the bitrate down by a quarter.',
  ],
  options: {
    'no-start': { type: 'boolean', help: 'create: do not start it.' },
    bitrate: { type: 'string', value: 'KBPS', help: 'quality: video bitrate in kbit/s.' },
    seconds: { type: 'string', value: 'N', help: 'clip: how much of the past. Default 30.' },
  },
  examples: [
    'streamware streams create show.json',
    'streamware streams quality str_4k2m9x7c0a --bitrate 3000',
  ],
  run: runStreams,
};

interface Action {
  /** Names of what follows the action's name. */
  readonly needs: readonly string[];
  run(call: ActionCall): Promise<{ value: unknown; lines: string[] }>;
}

interface ActionCall {
  readonly context: CliContext;
  readonly input: CommandInput;
  readonly client: EngineClient;
  /** What was given for `needs`. */
  readonly given: readonly string[];
}

const shown = (stream: Stream): { value: unknown; lines: string[] } => ({
  value: stream,
  lines: [...streamLines([stream]), '', ...outputLines(stream)],
});
const streamParams = ({ given }: ActionCall): { params: { streamId: string } } => ({
  params: { streamId: given[0] ?? '' },
});

const actions: Readonly<Record<string, Action>> = {
  list: {
    needs: [],
    run: async ({ client }: ActionCall) => {
      const items = await listAll(client);
      return { value: { items }, lines: streamLines(items) };
    },
  },
  show: {
    needs: ['ID'],
    run: async (call: ActionCall) => shown(await call.client.call(endpoints.getStream, streamParams(call))),
  },
  create: { needs: ['FILE'], run: create },
  start: {
    needs: ['ID'],
    run: async (call: ActionCall) => shown(await call.client.call(endpoints.startStream, streamParams(call))),
  },
  stop: {
    needs: ['ID'],
    run: async (call: ActionCall) => shown(await call.client.call(endpoints.stopStream, streamParams(call))),
  },
  delete: {
    needs: ['ID'],
    run: async (call: ActionCall) => {
      await call.client.call(endpoints.deleteStream, streamParams(call));
      return { value: { deleted: call.given[0] }, lines: [`${call.given[0]} is removed.`] };
    },
  },
  quality: { needs: ['ID'], run: changeQuality },
  retry: { needs: ['ID', 'OUTPUT'], run: retry },
  mark: { needs: ['ID', 'LABEL'], run: mark },
  clip: { needs: ['ID'], run: clip },
};

async function runStreams(context: CliContext, input: CommandInput): Promise<ExitCode> {
  const [name = 'list', ...given] = input.positionals;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) throw new UsageError(`there is no "streams ${name}"`);
  if (given.length < action.needs.length) throw new UsageError(`${action.needs[given.length]} is missing`);
  if (given.length > action.needs.length)
    throw new UsageError(`"${given[action.needs.length]}" is one argument too many`);
  const client = await connectEngine(context, input);
  const { value, lines } = await action.run({ context, input, client, given });
  context.stdout.write(input.isJson ? `${JSON.stringify(value)}\n` : `${lines.join('\n')}\n`);
  return exitCodes.ok;
}

async function create({
  context,
  input,
  client,
  given,
}: ActionCall): Promise<{ value: unknown; lines: string[] }> {
  const config = await readPipelineFile(context, given[0] ?? '', createStreamSchema);
  const body = input.flag('no-start') ? { ...config, start: false } : config;
  return shown(await client.call(endpoints.createStream, { body }));
}

async function changeQuality(call: ActionCall): Promise<{ value: unknown; lines: string[] }> {
  const bitrateKbps = call.input.number('bitrate', { min: 100, max: 60_000, isWhole: true });
  return shown(
    await call.client.call(endpoints.updateStreamQuality, { ...streamParams(call), body: { bitrateKbps } }),
  );
}

async function retry({
  client,
  given: [streamId = '', outputId = ''],
}: ActionCall): Promise<{ value: unknown; lines: string[] }> {
  const output = await client.call(endpoints.retryOutput, { params: { streamId, outputId } });
  return { value: output, lines: [`${output.name}: ${output.state}`] };
}

async function mark(call: ActionCall): Promise<{ value: unknown; lines: string[] }> {
  const event = await call.client.call(endpoints.createMarker, {
    ...streamParams(call),
    body: { label: call.given[1] ?? '' },
  });
  return { value: event, lines: [`Marked: ${event.message}`] };
}

async function clip(call: ActionCall): Promise<{ value: unknown; lines: string[] }> {
  const seconds = call.input.number('seconds', { min: 1, max: 600 });
  const saved = await call.client.call(endpoints.createClip, { ...streamParams(call), body: { seconds } });
  return { value: saved, lines: [saved.path] };
}
