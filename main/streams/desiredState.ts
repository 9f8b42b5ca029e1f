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

  /** Done also while it cannot be saved: whoever wants to be off air must not stay on it. */
  async orderStopped(): Promise<void> {
    if (this.#current.order === 'stopped') return;
    if (!(await this.changeAnyway({ order: 'stopped' }))) this.#options.streams.saveStopBehind(this.#current);
  }

  /**
   * For what takes somebody off air. What cannot be saved now is saved with the next change.
   * @returns whether it was saved
   */
  async changeAnyway(change: Partial<Pick<DesiredStream, 'config' | 'order'>>): Promise<boolean> {
    try {
      await this.change(change);
      return true;
    } catch (error) {
      const { id: streamId } = this.#current;
      this.#options.logger.error('it cannot be saved yet, and is done all the same', { streamId, error });
      this.#take(this.#with(change));
      return false;
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
