import type { Statement } from './protocol.ts';
import type { Importance } from './store.ts';

export interface WriteBehindLimits {
  maxRows: number;
  maxBytes: number;
}

interface QueuedRow {
  readonly statement: Statement;
  readonly order: number;
  readonly bytes: number;
}

/**
 * Rows that wait to be written, in the order in which they came. When there is no room the oldest sample makes place,
 * an event only when there are no samples left. Pure memory: no clock, no database.
 */
export class WriteBehind {
  readonly #limits: WriteBehindLimits;
  #events: QueuedRow[] = [];
  #samples: QueuedRow[] = [];
  #bytes = 0;
  #order = 0;
  #lost = 0;

  constructor(limits: WriteBehindLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#events.length + this.#samples.length;
  }

  /** Rows lost so far, because there was no room. */
  get lost(): number {
    return this.#lost;
  }

  add(statement: Statement, importance: Importance): void {
    const row = { statement, order: this.#order++, bytes: sizeOf(statement) };
    (importance === 'event' ? this.#events : this.#samples).push(row);
    this.#bytes += row.bytes;
    this.#makeRoom();
  }

  /** Takes out up to `count` rows, the oldest first. */
  take(count: number): TakenRows {
    const events: QueuedRow[] = [];
    const samples: QueuedRow[] = [];
    while (events.length + samples.length < count) {
      const event = this.#events[events.length];
      const sample = this.#samples[samples.length];
      if (event && (!sample || event.order < sample.order)) events.push(event);
      else if (sample) samples.push(sample);
      else break;
    }
    this.#events = this.#events.slice(events.length);
    this.#samples = this.#samples.slice(samples.length);
    const rows = [...events, ...samples].sort((a, b) => a.order - b.order);
    for (const row of rows) this.#bytes -= row.bytes;
    return {
      statements: rows.map(({ statement }) => statement),
      giveBack: (): void => this.#giveBack(events, samples),
    };
  }

  #giveBack(events: QueuedRow[], samples: QueuedRow[]): void {
    this.#events = [...events, ...this.#events];
    this.#samples = [...samples, ...this.#samples];
    for (const row of [...events, ...samples]) this.#bytes += row.bytes;
    this.#makeRoom();
  }

  #makeRoom(): void {
    while (this.size > this.#limits.maxRows || this.#bytes > this.#limits.maxBytes) {
      const row = this.#samples.shift() ?? this.#events.shift();
      if (!row) return;
      this.#bytes -= row.bytes;
      this.#lost += 1;
    }
  }
}

export interface TakenRows {
  readonly statements: readonly Statement[];
  /** Puts them back to the front: they could not be written. */
  giveBack(): void;
}

/** About what a row takes in memory. */
function sizeOf({ params = [] }: Statement): number {
  let bytes = 64;
  for (const value of Object.values(params)) {
    if (typeof value === 'string') bytes += 2 * value.length;
    else bytes += value instanceof Uint8Array ? value.byteLength : 8;
  }
  return bytes;
}
