/** The help texts, made from the table of commands. */
import type { Command, Option } from './command.ts';

export function overview(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    `streamware ${version}: compose once, encode once, send everywhere.`,
    '',
    'Usage: streamware COMMAND [options]',
    '',
    ...lines,
    '',
    'streamware help COMMAND shows the options of a command.',
    'Exit codes: 0 done, 1 failed, 2 wrong arguments or file, 3 no engine runs, 4 an engine runs already.',
    '',
  ].join('\n');
}

export function commandHelp(command: Command, common: Readonly<Record<string, Option>>): string {
  const options = Object.entries({ ...command.options, ...common }).map(
    ([name, option]) => [spelling(name, option), option.help] as const,
  );
  const width = Math.max(...options.map(([name]) => name.length));
  return [
    `Usage: streamware ${command.name}${command.arguments === '' ? '' : ` ${command.arguments}`} [options]`,
    '',
    `${command.summary}.`,
    ...command.description.flatMap((paragraph) => ['', paragraph]),
    '',
    ...options.map(([name, help]) => `  ${name.padEnd(width)}  ${help}`),
    ...(command.examples.length > 0
      ? ['', 'Examples:', ...command.examples.map((example) => `  ${example}`)]
      : []),
    '',
  ].join('\n');
}

function spelling(name: string, { short, value }: Option): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}
