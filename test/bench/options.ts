/** The command line of the bench. Pure. */
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Where the JSON goes; null: nowhere. */
  readonly out: string | null;
  /** Names of the rows to run; all when empty. */
  readonly only: readonly string[];
  /** Fewer and shorter runs: to see that everything works, not to quote. */
  readonly isQuick: boolean;
  /** Prints what there is and how it is measured, and runs nothing. */
  readonly isList: boolean;
  /** The built command; null: the one of this repository. */
  readonly program: string | null;
}

export const usage = `npm run bench -- [options]
  --out FILE       write the result as JSON
  --only NAME      run this row alone; may be given several times, or as NAME,NAME
  --quick          fewer and shorter runs
  --list           print the rows, their targets and how each is measured
  --program FILE   measure another build's cli.cjs`;

/** Throws a TypeError that says what is wrong. */
export function parseOptions(args: readonly string[], names: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      out: { type: 'string' },
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean' },
      list: { type: 'boolean' },
      program: { type: 'string' },
    },
  });
  const only = (values.only ?? []).flatMap((value) => value.split(',')).filter((name) => name !== '');
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new TypeError(`there is no row ${unknown.join(', ')}; there are: ${names.join(', ')}`);
  }
  return {
    out: values.out ?? null,
    only,
    isQuick: values.quick ?? false,
    isList: values.list ?? false,
    program: values.program ?? null,
  };
}
