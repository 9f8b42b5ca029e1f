import { describe, expect, it } from 'vitest';
import { RunScreen } from '../../../main/cli/runScreen.ts';
import { statusLine, tableLines } from '../../../main/cli/runTable.ts';
import { healthExample, outputExample } from '../../../main/contract/api/examples.ts';
import { StreamwareError } from '../../../main/contract/errors.ts';
import type { StreamHealth } from '../../../main/contract/streams.ts';
import { createFakeClock } from '../../helpers/fakeClock.ts';

const startedAt = Date.UTC(2025, 0, 1);
const now = startedAt + 72_000;
const title = { name: 'Friday show', startedAt };
const broken = {
  ...outputExample,
  id: 'out_2',
  name: 'Client',
  state: 'retrying' as const,
  bitrateKbps: 0,
  reason: new StreamwareError('destination.refused', {
    detail: 'Nobody listens at 10.0.0.1:1935.',
  }).toProblem(),
  retryAt: now + 2400,
};
const health: StreamHealth = { ...healthExample, outputs: [outputExample, broken] };

describe('the table of a run', () => {
  it('says how every output does and why one does not', () => {
    expect(tableLines(title, health, now, 200)).toEqual([
      'Friday show  LIVE 0:01:12  4630 kb/s  30.0 fps  speed 1.00  source ok  libx264',
      'OUTPUT  STATE            RATE   FPS     SENT  DROPPED  RECONNECTS  QUEUE',
      'Twitch  ● live      4630 kb/s  30.0  34.7 MB        0           0  12 ms',
      'Client  ↻ retrying     0 kb/s  30.0  34.7 MB        0           0  12 ms',
      '  Client: Nobody listens at 10.0.0.1:1935. Next try in 3 s.',
    ]);
  });

  it('never breaks a line of the terminal, whatever a name holds', () => {
    const named = { ...health, outputs: [{ ...outputExample, name: `${'x'.repeat(300)}\n\u001b[2J` }] };
    const lines = tableLines({ ...title, name: 'a\nb' }, named, now, 60);
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(60);
    expect(lines.join('')).not.toContain('\u001b');
  });

  it('fits into one line for logs', () => {
    expect(statusLine(title, health, now)).toBe(
      'Friday show  LIVE 0:01:12  4630 kb/s  30.0 fps  speed 1.00  source ok  libx264 | Twitch live 4630 kb/s, 0 dropped | Client retrying 0 kb/s, 0 dropped (destination.refused)',
    );
  });
});

describe('RunScreen', () => {
  const screenOf = (isTerminal: boolean) => {
    const written: string[] = [];
    return {
      written,
      screen: { write: (text: string) => void written.push(text), isTerminal, columns: 100 },
    };
  };

  it('draws over itself on a terminal, below what was logged', () => {
    const { written, screen } = screenOf(true);
    const run = new RunScreen(screen, createFakeClock(now));
    run.show(title, health);
    run.show(title, health);
    run.write('12:00:00 WARN  something\n');
    run.show(title, health);
    expect(
      written.map((text) => (text.startsWith('\u001b') ? text : (text.split(/[ \n]/)[0] ?? ''))),
    ).toEqual(['Friday', '\u001b[5A\u001b[0J', 'Friday', '\u001b[5A\u001b[0J', '12:00:00', 'Friday']);
  });

  it('writes a line every five seconds elsewhere', async () => {
    const { written, screen } = screenOf(false);
    const clock = createFakeClock(now);
    const run = new RunScreen(screen, clock);
    for (let second = 0; second < 12; second++) {
      run.show(title, health);
      await clock.advance(second % 2 === 0 ? 990 : 1010);
    }
    expect(written).toHaveLength(3);
    expect(written.join('')).not.toContain('\u001b');
  });
});
