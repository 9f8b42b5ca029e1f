import { StreamwareError } from '../contract/errors.ts';
import type { Input } from '../contract/inputs.ts';

/** What an input is known by, in the order of preference. */
const names = ['path', 'url', 'device', 'display'] as const;

/** A refusal that came from looking into an input, with the field that has to be changed. Anything else stays as it is. */
export function atInput(thrown: unknown, input: Input): unknown {
  const name = names.find((one) => one in input);
  const isOfInput = thrown instanceof StreamwareError && thrown.code.startsWith('input.');
  return isOfInput && name !== undefined ? thrown.at(`input.${name}`) : thrown;
}
