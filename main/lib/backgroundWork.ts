/** Work that nobody waits for now, but that must be over before what it stands on goes away. */
export class BackgroundWork {
  readonly #running = new Set<Promise<void>>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Returns a promise of its end, which never rejects: what goes wrong is told to `onError`. */
  add(work: Promise<unknown>): Promise<void> {
    const done: Promise<void> = work
      .then(() => undefined, this.#onError)
      .finally(() => this.#running.delete(done));
    this.#running.add(done);
    return done;
  }

  /** Resolves when everything that was added so far is over. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }
}
