// The live table: drawn anew every second on a terminal, a line every five seconds elsewhere.
import type { OutputStatus, StreamHealth } from '../../main/contract/streams.ts';

const LINE_EVERY = 5;
const SHAPES: Readonly<Record<OutputStatus['state'], string>> = {
  live: '●',
  connecting: '◐',
  retrying: '↻',
  paused: '‖',
  failed: '▲',
  off: '○',
};

export function renderTable(health: StreamHealth): string[] {
  const rows = health.outputs.map((output) => [
    output.name,
    `${SHAPES[output.state]} ${output.state}`,
    `${(output.bitrateKbps / 1000).toFixed(1)} Mb/s`,
    `${Math.round(output.fps)} fps`,
    `${output.framesSent} frames`,
    `${output.droppedFrames} dropped`,
    `${output.reconnects} reconnects`,
    output.state === 'live' ? '' : (output.reason?.title ?? ''),
  ]);
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const program = `${health.state} · ${health.encoder ?? '…'} · ${(health.bitrateKbps / 1000).toFixed(1)} Mb/s · ${health.fps} fps`;
  return [
    program,
    ...rows.map((row) =>
      `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
    ),
  ];
}

export class Screen {
  readonly #isTerminal = process.stdout.isTTY === true;
  #drawn = 0;
  #calls = 0;

  draw(lines: readonly string[]): void {
    this.#calls += 1;
    if (!this.#isTerminal && this.#calls % LINE_EVERY !== 0) return;
    const up = this.#isTerminal && this.#drawn > 0 ? `\u001b[${this.#drawn}A\u001b[J` : '';
    process.stdout.write(`${up}${lines.join('\n')}\n${this.#isTerminal ? '' : '\n'}`);
    this.#drawn = lines.length;
  }

  /** Stays above the table. */
  note(text: string): void {
    const up = this.#isTerminal && this.#drawn > 0 ? `\u001b[${this.#drawn}A\u001b[J` : '';
    process.stdout.write(`${up}${text}\n`);
    this.#drawn = 0;
  }
}
