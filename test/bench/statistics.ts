/** The few numbers a series of runs is told by. Pure. */

/** The middle value; of an even count the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summarize(values: readonly number[]): Summary {
  return {
    median: median(values),
    min: values.length === 0 ? Number.NaN : Math.min(...values),
    max: values.length === 0 ? Number.NaN : Math.max(...values),
  };
}

/**
 * The order of alternating runs: every contender once per round, and every other round backwards, so that neither
 * a slow drift of the machine nor always following the same neighbour favours one of them.
 */
export function alternate<Contender>(
  contenders: readonly Contender[],
  rounds: number,
): readonly { readonly contender: Contender; readonly round: number }[] {
  return Array.from({ length: rounds }, (_, round) => {
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    return order.map((contender) => ({ contender, round }));
  }).flat();
}
