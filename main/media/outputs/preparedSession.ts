import { StreamwareError } from '../../contract/errors.ts';
import type { MediaTag } from '../flv/mediaTag.ts';
import type { OutputSession, SessionProgress } from './outputSession.ts';

const NOTHING: SessionProgress = { bytesSent: 0, bytesConfirmed: 0, bytesPending: 0, rttMs: null };

/** A session around one that can be made only after something else was done: a look at the server, a file with secrets. */
export class PreparedSession implements OutputSession {
  readonly ended: Promise<StreamwareError | null>;
  readonly #prepare: (signal: AbortSignal) => Promise<OutputSession>;
  readonly #abort = new AbortController();
  #settle: (ended: Promise<StreamwareError | null> | null) => void = () => undefined;
  #inner: OutputSession | null = null;
  #onDrain: () => void = () => undefined;

  /** @param prepare gives an open session; when it rejects it has freed everything */
  constructor(prepare: (signal: AbortSignal) => Promise<OutputSession>) {
    this.#prepare = prepare;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get onDrain(): () => void {
    return this.#onDrain;
  }

  set onDrain(listener: () => void) {
    this.#onDrain = listener;
    if (this.#inner !== null) this.#inner.onDrain = listener;
  }

  async open(signal: AbortSignal): Promise<void> {
    try {
      const inner = await this.#prepare(AbortSignal.any([signal, this.#abort.signal]));
      inner.onDrain = this.#onDrain;
      this.#inner = inner;
      this.#settle(inner.ended);
      if (!this.#abort.signal.aborted) return;
      await inner.close(0);
      throw new StreamwareError('engine.stopping');
    } catch (thrown) {
      this.#settle(null);
      throw thrown;
    }
  }

  write(tag: MediaTag): boolean {
    return this.#inner?.write(tag) ?? true;
  }

  progress(): SessionProgress {
    return this.#inner?.progress() ?? NOTHING;
  }

  async close(graceMs: number): Promise<void> {
    this.#abort.abort();
    if (this.#inner === null) this.#settle(null);
    else await this.#inner.close(graceMs);
    await this.ended;
  }
}
