import { describe, expect, it } from 'vitest';
import { type BenchResult, renderReport } from '../../bench/report.ts';
import { checkAgainst, checkLimit, checkNone, figure } from '../../bench/result.ts';
import { rows } from '../../bench/rows.ts';
import { checkCells, figureLine, renderTable } from '../../bench/table.ts';

describe('the table', () => {
  it('has columns as wide as their widest cell and nothing behind the last', () => {
    const text = renderTable(
      ['row', 'ratio'],
      [
        ['relay-cpu', '1'],
        ['x', '12.34567'],
      ],
    );
    expect(text.split('\n')).toEqual([
      'row        ratio',
      '─────────  ────────',
      'relay-cpu  1',
      'x          12.34567',
    ]);
  });

  it('shows the peer and the ratio, the limit as the target, and a miss in capitals', () => {
    const ours = figure('streamware', 'CPU', 's', [0.4]);
    const peer = figure('nginx push', 'CPU', 's', [0.2]);
    expect([
      checkCells('relay-cpu', checkAgainst('CPU', ours, peer, 1.5)),
      checkCells('frozen', checkLimit('noticed', 7.5, 's', 15)),
      checkCells('frozen', checkNone('frames lost', 3, 'frames', '900 frames')),
    ]).toEqual([
      ['relay-cpu', 'CPU', '0.4 s', 'nginx push 0.2 s', '2.00', '≤ 1.5 ×', 'MISSED'],
      ['frozen', 'noticed', '7.5 s', 'the limit', '0.50', '≤ 15 s', 'met'],
      ['frozen', 'frames lost', '3 frames', '900 frames', '–', '0', 'MISSED'],
    ]);
  });

  it('gives the spread of several runs and none of a single one', () => {
    expect(figureLine(figure('ffmpeg', 'to the first picture', 's', [0.9, 0.8, 1]))).toBe(
      'ffmpeg: to the first picture 0.9 s (0.8–1, n=3)',
    );
    expect(figureLine(figure('ffmpeg', 'CPU', 'cores', [0.4]))).toBe('ffmpeg: CPU 0.4 cores');
  });
});

describe('the report', () => {
  const row = {
    ...{ name: 'idle', what: 'Engine idle', target: '< 0.5 %', how: 'watched' },
    ...{ figures: [], remarks: [], seconds: 40, load: { busyPercent: 7, loadPerCore: 0.2 }, failure: null },
  };
  const result: BenchResult = {
    version: '0.1.0',
    startedAt: '2025-05-02T18:00:00.000Z',
    machine: {
      ...{ cpu: 'a CPU', cores: 2, memoryGb: 8, system: 'a system' },
      ...{ node: '24.0.0', ffmpeg: '5.1', nginx: 'nginx 1.22' },
    },
    isQuick: true,
    rows: [
      {
        ...row,
        checks: [checkLimit('CPU', 0.1, '%', 0.5, true), checkLimit('memory', 120, 'MB', 110, true)],
      },
      { ...row, name: 'frozen', checks: [], failure: 'nginx is missing' },
    ],
  };

  it('names the machine, warns of a quick run, counts what was met and says what was not measured', () => {
    const text = renderReport(result);
    expect(text).toContain('2 × a CPU, 8 GB; a system');
    expect(text).toContain('quick: not for quoting');
    expect(text).toContain('the whole machine was 7 % busy');
    expect(text).toContain('1 of 2 targets met.');
    expect(text).toContain('Not measured: frozen: nginx is missing');
  });
});

describe('the rows', () => {
  it('have names of their own and say how each is measured', () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    for (const { name, how, target } of rows) {
      expect(name).toMatch(/^[a-z-]+$/);
      expect(how.length).toBeGreaterThan(50);
      expect(target.length).toBeGreaterThan(5);
    }
  });
});
