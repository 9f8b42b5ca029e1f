import { describe, expect, it } from 'vitest';
import { createLineReader } from '../../../../main/media/ffmpeg/lineReader.ts';
import { createStderrTail } from '../../../../main/media/ffmpeg/stderrTail.ts';

describe('createLineReader', () => {
  function read(pieces: readonly string[], maxLineChars?: number): string[] {
    const lines: string[] = [];
    const reader = createLineReader((line) => lines.push(line), maxLineChars);
    for (const piece of pieces) reader.push(piece);
    reader.flush();
    return lines;
  }

  it('puts lines together that come in pieces', () => {
    expect(read(['fra', 'me=1\nfps', '=2\n'])).toEqual(['frame=1', 'fps=2']);
  });

  it('ends lines at \\r too and leaves out empty ones', () => {
    expect(read(['a\r\nb\rc\n\n'])).toEqual(['a', 'b', 'c']);
  });

  it('hands on the rest at the end', () => {
    expect(read(['last words'])).toEqual(['last words']);
  });

  it('keeps no more of an endless line than it must', () => {
    expect(read(['x'.repeat(50), 'y'.repeat(50)], 10)).toEqual(['x'.repeat(10)]);
  });
});

describe('createStderrTail', () => {
  const plain = (line: string): string => line;

  it('keeps the last forty lines', () => {
    const tail = createStderrTail();
    for (let index = 0; index < 100; index++) tail.add(`line ${index}`);
    const lines = tail.lines(plain);
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([40, 'line 60', 'line 99']);
  });

  it('counts a line that repeats, whatever address it names', () => {
    const tail = createStderrTail();
    tail.add('[h264 @ 0x55d0c8f31a00] [error] no frame!');
    tail.add('[h264 @ 0x55d0c8f31b40] [error] no frame!');
    tail.add('[h264 @ 0x55d0c8f31c80] [error] no frame!');
    expect(tail.lines(plain)).toEqual(['[h264] [error] no frame! (3 times)']);
  });

  it('scrubs before it cuts, so that no half of a secret is left', () => {
    const secret = 'SECRETx7'.repeat(10);
    const tail = createStderrTail();
    tail.add(`${'x'.repeat(480)}${secret}`);
    expect(tail.lines((line) => line.replaceAll(secret, '[redacted]'))[0]).not.toContain('SECRET');
  });
});
