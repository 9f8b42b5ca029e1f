/** What a subcommand is, and how its arguments are read. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { StreamwareError } from '../contract/errors.ts';
import type { ExitCode } from './exitCodes.ts';
import type { CliContext } from './ports.ts';

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** May be given several times. */
  readonly multiple?: boolean;
  /** What stands for the value in the help, such as `PORT`. */
  readonly value?: string;
  readonly help: string;
}

export interface Command {
  readonly name: string;
  /** What follows the name, such as `FILE`. */
  readonly arguments: string;
  readonly summary: string;
  /** Paragraphs of the command's own help. */
  readonly description: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  readonly examples: readonly string[];
  run(context: CliContext, input: CommandInput): Promise<ExitCode>;
}

export interface CommandInput {
  readonly positionals: readonly string[];
  readonly isJson: boolean;
  /** Value of `--data`. */
  readonly dataFlag: string | undefined;
  flag(name: string): boolean;
  text(name: string): string | undefined;
  /** Every value of an option, in their order; `true` for a switch. */
  texts(name: string): readonly string[];
  /** @throws `UsageError` when it is no number in the range */
  number(name: string, range: { min: number; max: number; isWhole?: boolean }): number | undefined;
}

export const commonOptions: Readonly<Record<string, Option>> = {
  json: { type: 'boolean', help: 'Answer in JSON.' },
  data: {
    type: 'string',
    value: 'DIR',
    help: 'Data folder. Default: STREAMWARE_HOME, else the usual place of the system.',
  },
  help: { type: 'boolean', short: 'h', help: 'Show this help.' },
};

/** The arguments cannot be used. */
export class UsageError extends Error {}

/** Reads the arguments of a command. @throws `UsageError` */
export function readInput(command: Command, args: readonly string[]): CommandInput & { wantsHelp: boolean } {
  const { values, positionals } = parse(command, args);
  const text = (name: string): string | undefined => {
    const value = values[name];
    // Of a script whose variable is not set: the default could be the wrong folder, or every network.
    if (value === '') throw new UsageError(`--${name} is empty`);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    positionals,
    isJson: values.json === true,
    dataFlag: text('data'),
    wantsHelp: values.help === true,
    flag: (name: string): boolean => values[name] === true,
    text,
    texts: (name: string): readonly string[] => [values[name] ?? []].flat().map(String),
    number: (name: string, range: { min: number; max: number; isWhole?: boolean }): number | undefined =>
      readNumber(name, text(name), range),
  };
}

function parse(
  command: Command,
  args: readonly string[],
): { values: Record<string, unknown>; positionals: string[] } {
  const known = { ...command.options, ...commonOptions };
  const options = Object.fromEntries(
    Object.entries(known).map(([name, { type, short, multiple = false }]) => [
      name,
      short === undefined ? { type, multiple } : { type, multiple, short },
    ]),
  ) satisfies ParseArgsConfig['options'];
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? firstSentence(error.message) : String(error));
  }
}

/** Node's own text goes on with advice about positional arguments and dashes. */
function firstSentence(text: string): string {
  return text.split(/\. |\.?\n/, 1)[0] ?? text;
}

function readNumber(
  name: string,
  text: string | undefined,
  range: { min: number; max: number; isWhole?: boolean },
): number | undefined {
  if (text === undefined) return undefined;
  const { min, max, isWhole = false } = range;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= min && value <= max && (!isWhole || Number.isInteger(value))) return value;
  throw new UsageError(`--${name} must be a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}`);
}

/** @throws `UsageError` unless there are exactly as many as names */
export function expectPositionals<Names extends readonly string[]>(
  input: CommandInput,
  ...names: Names
): { [Index in keyof Names]: string } {
  if (input.positionals.length < names.length)
    throw new UsageError(`${names[input.positionals.length]} is missing`);
  if (input.positionals.length > names.length) {
    throw new UsageError(`"${input.positionals[names.length]}" is one argument too many`);
  }
  return [...input.positionals] as { [Index in keyof Names]: string };
}

/** An answer of the engine or the system that a script can rely on, as an error with its own exit code. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  readonly problem: StreamwareError | null;

  constructor(exitCode: ExitCode, message: string, problem: StreamwareError | null = null) {
    super(message);
    this.exitCode = exitCode;
    this.problem = problem;
  }
}
