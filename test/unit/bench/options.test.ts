import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../bench/options.ts';

const names = ['relay-cpu', 'start', 'idle'];

describe('the options of the bench', () => {
  it('are all rows, at full length, nowhere written, when nothing is said', () => {
    expect(parseOptions([], names)).toEqual({
      out: null,
      only: [],
      isQuick: false,
      isList: false,
      program: null,
    });
  });

  it('take several rows, apart or joined', () => {
    const { only } = parseOptions(['--only', 'start,idle', '--only', 'relay-cpu'], names);
    expect(only).toEqual(['start', 'idle', 'relay-cpu']);
  });

  it.each([
    ['a row that does not exist', ['--only', 'strat'], /no row strat; there are: relay-cpu, start, idle/],
    ['an option that does not exist', ['--fast'], /--fast/],
    ['an option without its value', ['--out'], /--out/],
    ['a word that is none', ['start'], /start/],
  ])('refuse %s', (_name, args, message) => {
    expect(() => parseOptions(args, names)).toThrow(message);
  });
});
