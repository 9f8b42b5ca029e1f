/**
 * The `streamware` command: finds the subcommand, reads its arguments, runs it, and puts what went wrong into words.
 * Results go to standard output, everything else to standard error; with --json both are JSON.
 */
import { StreamwareError } from '../contract/errors.ts';
import { InvalidValueError } from '../contract/parse.ts';
import type { Command } from './command.ts';
import { CommandError, commonOptions, readInput, UsageError } from './command.ts';
import { commands } from './commands/index.ts';
import { exitCodes } from './exitCodes.ts';
import { commandHelp, overview } from './help.ts';
import type { CliContext } from './ports.ts';
import { fieldLines } from './problemText.ts';

/** @returns the exit code */
export async function runCli(context: CliContext): Promise<number> {
  const [name = '', ...rest] = context.args;
  if (name === '' || name === '--help' || name === '-h' || name === 'help') return showHelp(context, rest[0]);
  if (name === '--version' || name === '-v') {
    context.stdout.write(`${context.version}\n`);
    return exitCodes.ok;
  }
  const command = commands.find((one) => one.name === name);
  if (command === undefined) return refuseName(context, name);
  try {
    const input = readInput(command, rest);
    if (input.wantsHelp) {
      context.stdout.write(commandHelp(command, commonOptions));
      return exitCodes.ok;
    }
    return await command.run(context, input);
  } catch (error) {
    return report(context, command, error, rest.includes('--json'));
  }
}

function showHelp(context: CliContext, name: string | undefined): number {
  const command = commands.find((one) => one.name === name);
  if (name !== undefined && command === undefined) return refuseName(context, name);
  context.stdout.write(command ? commandHelp(command, commonOptions) : overview(commands, context.version));
  return exitCodes.ok;
}

function refuseName(context: CliContext, name: string): number {
  const alike = commands
    .filter((command) => command.name.startsWith(name.slice(0, 2)))
    .map((command) => command.name);
  const advice = alike.length > 0 ? ` Did you mean ${alike.join(' or ')}?` : '';
  context.stderr.write(`streamware: there is no command "${name}".${advice} See: streamware help\n`);
  return exitCodes.usage;
}

function report(context: CliContext, command: Command, error: unknown, isJson: boolean): number {
  const problem =
    error instanceof CommandError ? error.problem : error instanceof StreamwareError ? error : null;
  const exitCode = exitCodeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (isJson) {
    context.stderr.write(`${JSON.stringify(asJson(problem, message))}\n`);
    return exitCode;
  }
  const lines = error instanceof StreamwareError ? fieldLines(error) : [message];
  for (const line of lines) context.stderr.write(`streamware ${command.name}: ${line}\n`);
  // "Correct the field and send it again" is for the API; here the lines above say it all.
  if (problem !== null && problem.code !== 'request.invalid') context.stderr.write(`  ${problem.hint}\n`);
  if (error instanceof UsageError) context.stderr.write(`  See: streamware help ${command.name}\n`);
  return exitCode;
}

function asJson(problem: StreamwareError | null, message: string): object {
  if (problem === null) return { code: 'command.failed', title: message };
  return problem instanceof InvalidValueError
    ? { ...problem.toProblem(), issues: problem.issues }
    : problem.toProblem();
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof StreamwareError && error.code === 'engine.already_running')
    return exitCodes.alreadyRunning;
  return exitCodes.failed;
}
