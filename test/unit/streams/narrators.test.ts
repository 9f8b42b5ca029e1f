import { describe, expect, it } from 'vitest';
import { StreamwareError } from '../../../main/contract/errors.ts';
import { narrateProgram, outputNarrator } from '../../../main/streams/narrators.ts';

const refused = new StreamwareError('destination.refused');
const stalled = new StreamwareError('destination.stalled');

describe('the story of an output', () => {
  it('tells an outage once, however many tries it takes, and again when the reason is another one', () => {
    const narrate = outputNarrator({ id: 'out_1', name: 'Twitch' });
    const told = [
      { from: 'connecting', to: 'live', reason: null },
      { from: 'live', to: 'retrying', reason: refused },
      { from: 'retrying', to: 'connecting', reason: refused },
      { from: 'connecting', to: 'retrying', reason: refused },
      { from: 'connecting', to: 'retrying', reason: stalled },
      { from: 'connecting', to: 'live', reason: null },
      { from: 'live', to: 'retrying', reason: refused },
    ] as const;
    expect(told.map((change) => narrate(change)?.kind ?? null)).toEqual([
      'outputLive',
      'outputLost',
      null,
      null,
      'outputLost',
      'outputLive',
      'outputLost',
    ]);
  });

  it('says what happened, what goes on, and what to do', () => {
    const narrate = outputNarrator({ id: 'out_1', name: 'YouTube' });
    const rejected = new StreamwareError('destination.auth_rejected');
    expect(narrate({ from: 'connecting', to: 'failed', reason: rejected })).toMatchObject({
      kind: 'outputFailed',
      severity: 'error',
      outputId: 'out_1',
      message:
        'YouTube was given up. The server refused the stream key. It may have been reset: copy the new one from the page of the service.',
    });
  });
});

describe('the story of the program', () => {
  it('speaks only of what the audience sees', () => {
    const tell = (
      from: 'none' | 'source' | 'slate',
      to: 'none' | 'source' | 'slate',
      reason: 'started' | 'returned' | 'replaced' | 'stalled',
    ): string | null => narrateProgram({ from, to, reason, source: 'run 1' }, null)?.kind ?? null;
    expect([
      tell('none', 'source', 'started'),
      tell('source', 'slate', 'stalled'),
      tell('slate', 'source', 'returned'),
      tell('none', 'source', 'returned'),
    ]).toEqual(['sourceOnAir', 'slateShown', 'sourceReturned', null]);
  });
});
