/** Splits text that arrives in pieces into lines. `\r` ends a line too: ffmpeg rewrites its status line with it. */
export interface LineReader {
  push(piece: string): void;
  /** Hands on what came after the last line end. */
  flush(): void;
}

/** @param maxLineChars what is longer is cut, so that output without line ends cannot grow in memory. */
export function createLineReader(onLine: (line: string) => void, maxLineChars = 8192): LineReader {
  let rest = '';
  const hand = (line: string): void => {
    if (line !== '') onLine(line.slice(0, maxLineChars));
  };
  return {
    push(piece: string): void {
      const lines = (rest + piece).split(/[\r\n]+/);
      rest = (lines.pop() ?? '').slice(0, maxLineChars);
      for (const line of lines) hand(line);
    },
    flush(): void {
      hand(rest);
      rest = '';
    },
  };
}
