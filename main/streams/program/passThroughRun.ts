import { StreamwareError } from '../../contract/errors.ts';
import type { TagSource } from '../../media/relay/tagSink.ts';
import type { EncodeRun } from './encoding.ts';
import type { PublisherFeed } from './publisherFeed.ts';

/** Hands what a publisher sends to the relay as it is. */
export class PassThroughRun implements EncodeRun {
  readonly ended: Promise<StreamwareError | null>;
  readonly speed = null;
  readonly #end: (reason: StreamwareError | null) => void;

  constructor(feed: PublisherFeed, sources: readonly TagSource[]) {
    const { promise, resolve } = Promise.withResolvers<StreamwareError | null>();
    this.ended = promise;
    const subscription = feed.subscribe({
      push: (tag) => {
        for (const source of sources) source.push(tag);
      },
    });
    const off = feed.onEnd(() =>
      this.#end(new StreamwareError('input.ended', { detail: 'The publisher left.' })),
    );
    let isOver = false;
    this.#end = (reason): void => {
      if (isOver) return;
      isOver = true;
      subscription.unsubscribe();
      off();
      for (const source of sources) source.end();
      resolve(reason);
    };
  }

  async stop(): Promise<void> {
    this.#end(null);
  }
}
