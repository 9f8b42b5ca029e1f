import type { Clock, Timer } from './clock.ts';
import type { LogRecord } from './logger.ts';

export interface LogThrottleOptions {
  clock: Clock;
  /** Length of one window, milliseconds. Default 10 000. */
  windowMs?: number;
  /** How many different lines of one message pass in a window. Default 20. */
  maxPerMessage?: number;
}

interface MessageWindow {
  record: LogRecord;
  passed: number;
  leftOut: number;
  repeats: Map<string, { record: LogRecord; count: number }>;
}

/** Different messages watched at once; messages are constant text, so more than this is somebody's mistake. */
const MAX_MESSAGES = 500;

/**
 * Keeps a flood out of the log without hiding that there was one. Per message and window: a line that was written
 * already is only counted, and of different lines only the first twenty pass. When the window ends, one line tells
 * how often each was repeated (`repeated`) and how many were left out (`leftOut`).
 */
export class LogThrottle {
  readonly #write: (record: LogRecord) => void;
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #maxPerMessage: number;
  readonly #windows = new Map<string, MessageWindow>();
  #timer: Timer | null = null;

  constructor(write: (record: LogRecord) => void, options: LogThrottleOptions) {
    this.#write = write;
    this.#clock = options.clock;
    this.#windowMs = options.windowMs ?? 10_000;
    this.#maxPerMessage = options.maxPerMessage ?? 20;
  }

  /** @param identity text that is equal for equal lines */
  pass(record: LogRecord, identity: string): void {
    const window = this.#windowOf(record);
    const known = window.repeats.get(identity);
    if (known) {
      known.count += 1;
      known.record = record;
    } else if (window.passed >= this.#maxPerMessage) {
      window.leftOut += 1;
      window.record = record;
    } else {
      window.passed += 1;
      window.repeats.set(identity, { record, count: 0 });
      this.#write(record);
    }
  }

  /** Ends the window now: tells what was held back. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const windows = [...this.#windows.values()];
    this.#windows.clear();
    for (const { record, leftOut, repeats } of windows) {
      for (const repeat of repeats.values()) {
        if (repeat.count > 0) this.#write(withField(repeat.record, 'repeated', repeat.count));
      }
      if (leftOut > 0) this.#write(withField({ ...record, fields: {} }, 'leftOut', leftOut));
    }
  }

  #windowOf(record: LogRecord): MessageWindow {
    const key = `${record.level} ${record.message}`;
    const known = this.#windows.get(key);
    if (known) return known;
    if (this.#windows.size >= MAX_MESSAGES) this.flush();
    const window = { record, passed: 0, leftOut: 0, repeats: new Map() };
    this.#windows.set(key, window);
    this.#timer ??= this.#clock.after(this.#windowMs, () => this.flush());
    return window;
  }
}

function withField(record: LogRecord, name: string, count: number): LogRecord {
  return { ...record, fields: { ...record.fields, [name]: count } };
}
