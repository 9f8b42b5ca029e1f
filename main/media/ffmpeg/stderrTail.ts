/** The last lines a process printed, bounded in number and length, runs of the same line kept once with a count. */
export interface StderrTail {
  add(line: string): void;
  /** @param scrub applied to each line before it is cut: half a secret would not be recognised. */
  lines(scrub: (line: string) => string): string[];
}

const MAX_LINES = 40;
const MAX_LINE_CHARS = 500;
/** The address in `[h264 @ 0x55d0c8]` differs between runs and says nothing. */
const ADDRESS = / @ (0x)?[0-9a-f]{6,16}\]/gi;

export function createStderrTail(): StderrTail {
  const kept: { line: string; count: number }[] = [];
  return {
    add(raw: string): void {
      const line = raw.replace(ADDRESS, ']').trimEnd();
      if (line === '') return;
      const last = kept.at(-1);
      if (last?.line === line) {
        last.count += 1;
        return;
      }
      kept.push({ line, count: 1 });
      if (kept.length > MAX_LINES) kept.shift();
    },
    lines: (scrub: (line: string) => string): string[] =>
      kept.map(({ line, count }) => {
        const text = scrub(line).slice(0, MAX_LINE_CHARS);
        return count === 1 ? text : `${text} (${count} times)`;
      }),
  };
}
