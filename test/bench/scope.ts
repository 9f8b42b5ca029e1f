/** What a row starts, it stops: in reverse order, whatever happens in between. */
export class Scope {
  readonly #endings: (() => unknown)[] = [];

  /** Keeps something that has a `stop`, and gives it back. */
  own<Started extends { stop(): unknown }>(started: Started): Started {
    this.#endings.push(() => started.stop());
    return started;
  }

  /** Stops everything kept so far. What cannot be stopped does not keep the rest from it. */
  async end(): Promise<void> {
    const errors: unknown[] = [];
    for (let ending = this.#endings.pop(); ending !== undefined; ending = this.#endings.pop()) {
      try {
        await ending();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'not everything could be stopped');
  }
}

/** Runs `work` with a scope of its own. */
export async function scoped<Result>(work: (scope: Scope) => Promise<Result>): Promise<Result> {
  const scope = new Scope();
  try {
    return await work(scope);
  } finally {
    await scope.end();
  }
}
