import { describe, expect, it } from 'vitest';
import { parseMachineTicks, parseSchedstat, parseSmapsRollup } from '../../bench/processCost.ts';
import { parseLocalPortsTo } from '../../bench/sockets.ts';

describe('what /proc says', () => {
  it('CPU time of a thread, in nanoseconds', () => {
    expect(parseSchedstat('721697345 866192 25\n')).toBeCloseTo(0.721697345, 9);
    expect(parseSchedstat('')).toBe(0);
  });

  it('memory of a process, resident and its own', () => {
    const text = [
      '55756efc5000-7ffe4ced0000 ---p 00000000 00:00 0                          [rollup]',
      'Rss:              112640 kB',
      'Pss:               60000 kB',
      'Shared_Clean:      50000 kB',
      'Private_Clean:      1000 kB',
      'Private_Dirty:     61500 kB',
    ].join('\n');
    const { rssMb, privateMb } = parseSmapsRollup(text);
    expect(rssMb).toBeCloseTo(115.343, 3);
    expect(privateMb).toBeCloseTo(64, 3);
  });

  it('nothing of a process that is gone', () => {
    expect(parseSmapsRollup('')).toEqual({ rssMb: 0, privateMb: 0 });
  });

  it('the whole machine, waiting for the disk counted as idle', () => {
    const text = 'cpu  100 5 40 800 20 3 7 25 0 0\ncpu0 50 2 20 400 10 1 3 12 0 0\n';
    expect(parseMachineTicks(text)).toEqual({ busy: 180, total: 1000 });
  });

  it('who is connected to a port', () => {
    const text = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid',
      '   0: 0100007F:07D0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0',
      '   1: 0100007F:9C40 0100007F:07D0 01 00000000:00000000 00:00000000 00000000     0',
      '   2: 0100007F:9C41 0100007F:07D0 06 00000000:00000000 00:00000000 00000000     0',
      '   3: 0100007F:07D0 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0',
      '',
    ].join('\n');
    expect([...parseLocalPortsTo(text, 2000)]).toEqual([40_000]);
    expect([...parseLocalPortsTo(text, 2001)]).toEqual([]);
  });
});
