import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { DesiredStream, StreamStore } from './streamStore.ts';

export interface DesiredStateOptions {
  readonly streams: Pick<StreamStore, 'saveDesired' | 'saveStopBehind'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onChanged: () => void;
}

/** What is wanted of one stream. A change is on the disk before it counts, so that a crash does not undo it; but for a stop. */
export class DesiredState {
  readonly #options: DesiredStateOptions;
  #current: DesiredStream;

  constructor(desired: DesiredStream, options: DesiredStateOptions) {
    this.#current = desired;
    this.#options = options;
  }

  get current(): DesiredStream {
    return this.#current;
  }

  /** @throws `store.unavailable`: nothing was changed */
  async change(change: Partial<Pick<DesiredStream, 'config' | 'order'>>): Promise<void> {
    const desired = this.#with(change);
    await this.#options.streams.saveDesired(desired);
    this.#take(desired);
  }

  /** @throws `store.unavailable` */
  async orderLive(): Promise<void> {
    if (this.#current.order !== 'live') await this.change({ order: 'live' });
  }

  /** Also while nothing can be saved: whoever wants to be off air must not stay on it. */
  async orderStopped(): Promise<void> {
    if (this.#current.order === 'stopped') return;
    try {
      await this.change({ order: 'stopped' });
    } catch (error) {
      const { streams, logger } = this.#options;
      const { id } = this.#current;
      logger.error('a stop cannot be saved yet; it is done all the same', { streamId: id, error });
      const desired = this.#with({ order: 'stopped' });
      streams.saveStopBehind(desired);
      this.#take(desired);
    }
  }

  #with(change: Partial<DesiredStream>): DesiredStream {
    return { ...this.#current, ...change, updatedAt: this.#options.clock.nowMs() };
  }

  #take(desired: DesiredStream): void {
    this.#current = desired;
    this.#options.onChanged();
  }
}
