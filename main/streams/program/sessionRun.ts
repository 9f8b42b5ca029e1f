import { type StreamwareError, toStreamwareError } from '../../contract/errors.ts';
import type { EncoderSession } from '../../media/encoder/encoderSession.ts';
import type { MediaTag } from '../../media/flv/mediaTag.ts';
import type { TagSource } from '../../media/relay/tagSink.ts';
import type { EncodeRun } from './encoding.ts';

const STOP_GRACE_MS = 2000;

/** A run of ffmpeg from the moment it is asked for: also while it is still starting, and when it cannot start at all. */
export class SessionRun implements EncodeRun {
  readonly ended: Promise<StreamwareError | null>;
  /** Resolves when it can be fed; stays open when it cannot start. */
  readonly started: Promise<void>;
  readonly #starting: Promise<EncoderSession>;
  #session: EncoderSession | null = null;

  constructor(starting: Promise<EncoderSession>, sources: readonly TagSource[]) {
    this.#starting = starting;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.started = promise;
    this.ended = starting.then(
      (session) => {
        this.#session = session;
        resolve();
        return session.ended;
      },
      (error) => {
        for (const source of sources) source.end();
        return toStreamwareError(error);
      },
    );
  }

  get speed(): number | null {
    return this.#session?.progress().speed ?? null;
  }

  /** What is fed before `started` is lost, headers included. */
  feed(tag: MediaTag): void {
    this.#session?.feed(tag);
  }

  /** Also while it is starting, with the text of before. */
  async setText(index: number, text: string): Promise<void> {
    const session = await this.#starting.catch(() => null);
    await session?.setText(index, text);
  }

  async stop(): Promise<void> {
    const session = await this.#starting.catch(() => null); // It never started: `ended` says why.
    await session?.stop(STOP_GRACE_MS);
  }
}
