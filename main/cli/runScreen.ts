/** Shows a running stream: on a terminal a table that is drawn over, elsewhere a line every five seconds. */
import type { StreamHealth } from '../contract/streams.ts';
import type { Clock } from '../lib/clock.ts';
import type { Screen } from './ports.ts';
import { type RunTitle, statusLine, tableLines } from './runTable.ts';

const LINE_EVERY_MS = 5000;

export class RunScreen {
  readonly #screen: Screen;
  readonly #clock: Clock;
  #drawnLines = 0;
  #lastLineMs: number | null = null;

  constructor(screen: Screen, clock: Clock) {
    this.#screen = screen;
    this.#clock = clock;
  }

  show(title: RunTitle, health: StreamHealth): void {
    const now = this.#clock.nowMs();
    if (this.#screen.isTerminal) this.#draw(tableLines(title, health, now, this.#screen.columns - 1));
    else if (this.#isLineDue()) this.#screen.write(`${statusLine(title, health, now)}\n`);
  }

  /** A log line that stays, above the table. */
  write(text: string): void {
    this.#erase();
    this.#screen.write(text);
  }

  get isTTY(): boolean {
    return this.#screen.isTerminal;
  }

  #draw(lines: readonly string[]): void {
    this.#erase();
    this.#screen.write(`${lines.join('\n')}\n`);
    this.#drawnLines = lines.length;
  }

  /** Moves to the table's first line and clears everything from there. */
  #erase(): void {
    if (this.#drawnLines > 0) this.#screen.write(`\u001b[${this.#drawnLines}A\u001b[0J`);
    this.#drawnLines = 0;
  }

  #isLineDue(): boolean {
    const now = this.#clock.monotonicMs();
    // They come once a second, a little early or late.
    if (this.#lastLineMs !== null && now - this.#lastLineMs < LINE_EVERY_MS - 500) return false;
    this.#lastLineMs = now;
    return true;
  }
}
