/** Reads the file that `run` and `streams create` take: a stream's configuration in JSON. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { StreamwareError } from '../contract/errors.ts';
import { parseWith } from '../contract/parse.ts';
import { CommandError } from './command.ts';
import { exitCodes } from './exitCodes.ts';
import type { CliContext } from './ports.ts';
import { fieldLines } from './problemText.ts';

/**
 * @param path of the file; `-`: standard input
 * @throws `CommandError` with exit code 2, every field at fault on a line of its own
 */
export async function readPipelineFile<Schema extends z.ZodType>(
  context: CliContext,
  path: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const shownPath = path === '-' ? 'standard input' : path;
  const text = await readText(context, path);
  // What a byte of another encoding becomes: a name or a key that nobody typed.
  if (text.includes('\uFFFD'))
    throw new CommandError(exitCodes.usage, `${shownPath} is not UTF-8 text. Save it as UTF-8.`);
  const value = parseJson(text, shownPath);
  try {
    return parseWith(schema, value);
  } catch (error) {
    if (!(error instanceof StreamwareError)) throw error;
    throw new CommandError(
      exitCodes.usage,
      fieldLines(error)
        .map((line) => `${shownPath}: ${line}`)
        .join('\n  '),
      error,
    );
  }
}

async function readText(context: CliContext, path: string): Promise<string> {
  if (path === '-') return context.readStdin();
  try {
    return await readFile(resolve(context.workingDir, path), 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const text =
      { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'you may not read it' }[reason] ??
      reason;
    throw new CommandError(exitCodes.usage, `${path} cannot be read: ${text}.`);
  }
}

/** The parser's own text would repeat a piece of the file, which may hold a stream key. */
function parseJson(text: string, shownPath: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    const detail = `${shownPath} is not JSON${placeIn(text, error)}.`;
    throw new CommandError(exitCodes.usage, detail, new StreamwareError('request.invalid', { detail }));
  }
}

function placeIn(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const position = Number(/position (?<at>\d+)/.exec(message)?.groups?.at ?? Number.NaN);
  if (Number.isNaN(position)) return message.includes('Unexpected end') ? ': it ends too early' : '';
  const before = text.slice(0, position).split('\n');
  return `: look at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
