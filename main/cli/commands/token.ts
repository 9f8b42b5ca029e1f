/** `streamware token`: tokens for programs and plugins. */
import { endpoints } from '../../contract/api/index.ts';
import { type Scope, scopes } from '../../contract/endpoint.ts';
import { type Command, type CommandInput, UsageError } from '../command.ts';
import { connectEngine } from '../engineAccess.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import { formatTable, printable } from '../format.ts';
import type { CliContext } from '../ports.ts';

export const token: Command = {
  name: 'token',
  arguments: 'create | list | revoke ID',
  summary: 'Create, list and revoke tokens of the API',
  description: [
    'A new token is printed once and kept nowhere; the engine keeps its hash. Scopes: read; control, which includes read; admin, which includes both.',
  ],
  options: {
    scope: { type: 'string', value: 'SCOPE', help: 'create: read, control or admin.' },
    name: { type: 'string', value: 'NAME', help: 'create: what the list calls it.' },
    plugin: { type: 'string', value: 'PLUGIN', help: 'create: the plugin it is for.' },
    'expires-in-days': { type: 'string', value: 'DAYS', help: 'create: when it ends. Default: never.' },
  },
  examples: [
    'streamware token create --scope control --name "Stream Deck"',
    'streamware token revoke tok_2m9x7c0a4k',
  ],
  run: runToken,
};

async function runToken(context: CliContext, input: CommandInput): Promise<ExitCode> {
  const [action = '', id, ...rest] = input.positionals;
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is one argument too many`);
  if (action === 'create') return createToken(context, input);
  if (action === 'list') return listTokens(context, input);
  if (action === 'revoke') return revokeToken(context, input, id);
  throw new UsageError(action === '' ? 'create, list or revoke is missing' : `there is no "token ${action}"`);
}

async function createToken(context: CliContext, input: CommandInput): Promise<ExitCode> {
  const scope = input.text('scope');
  if (scope === undefined || !scopes.includes(scope as Scope))
    throw new UsageError(`--scope must be ${scopes.join(', ')}`);
  const body = {
    scope: scope as Scope,
    name: input.text('name'),
    plugin: input.text('plugin'),
    expiresInDays: input.number('expires-in-days', { min: 1, max: 3650, isWhole: true }),
  };
  const made = await (await connectEngine(context, input)).call(endpoints.createToken, { body });
  context.stdout.write(input.isJson ? `${JSON.stringify(made)}\n` : `${made.token}\n`);
  if (!input.isJson) context.stderr.write(`${made.id}, scope ${made.scope}. It is not shown again.\n`);
  return exitCodes.ok;
}

async function listTokens(context: CliContext, input: CommandInput): Promise<ExitCode> {
  const { items } = await (await connectEngine(context, input)).call(endpoints.listTokens);
  const columns = [
    { title: 'TOKEN' },
    { title: 'NAME' },
    { title: 'SCOPE' },
    { title: 'KIND' },
    { title: 'LAST USED' },
    { title: 'ENDS' },
  ] as const;
  const date = (at: number | null): string =>
    at === null ? 'never' : new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  const rows = items.map(({ id, name, scope, kind, plugin, lastUsedAt, expiresAt }) => [
    id,
    printable(name),
    scope,
    plugin === null ? kind : `plugin ${plugin}`,
    date(lastUsedAt),
    date(expiresAt),
  ]);
  context.stdout.write(
    input.isJson ? `${JSON.stringify({ items })}\n` : `${formatTable(columns, rows).join('\n')}\n`,
  );
  return exitCodes.ok;
}

async function revokeToken(
  context: CliContext,
  input: CommandInput,
  tokenId: string | undefined,
): Promise<ExitCode> {
  if (tokenId === undefined)
    throw new UsageError('the id of the token is missing; see: streamware token list');
  await (await connectEngine(context, input)).call(endpoints.deleteToken, { params: { tokenId } });
  context.stdout.write(
    input.isJson ? `${JSON.stringify({ revoked: tokenId })}\n` : `${tokenId} is revoked.\n`,
  );
  return exitCodes.ok;
}
