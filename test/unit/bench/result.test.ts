import { describe, expect, it } from 'vitest';
import { checkAgainst, checkLimit, checkNone, figure, round } from '../../bench/result.ts';

const ours = (...runs: number[]) => figure('streamware', 'CPU', 's', runs);
const peer = (...runs: number[]) => figure('nginx push', 'CPU', 's', runs);

describe('a figure', () => {
  it('is the median of its runs, which it keeps', () => {
    expect(ours(0.3, 0.1, 0.2)).toEqual({
      contender: 'streamware',
      what: 'CPU',
      unit: 's',
      median: 0.2,
      runs: [0.3, 0.1, 0.2],
    });
  });
});

describe('a check against a peer', () => {
  it.each([
    ['exactly at the factor', 0.3, 0.2, 1.5, true],
    ['a little above it', 0.301, 0.2, 1.5, false],
    ['below the peer', 0.1, 0.2, 1.5, true],
    ['a third of the peer', 0.1, 0.4, 1 / 3, true],
    ['more than a third of the peer', 0.2, 0.4, 1 / 3, false],
  ])('%s', (_name, measured, reference, factor, isMet) => {
    const check = checkAgainst('CPU of the relay', ours(measured), peer(reference), factor);
    expect(check).toMatchObject({ isMet, ratio: measured / reference, against: 'nginx push', reference });
  });

  it('is missed when there is no figure to compare', () => {
    expect(checkAgainst('CPU', ours(), peer(0.2), 1.5).isMet).toBe(false);
    expect(checkAgainst('CPU', ours(0.2), peer(), 1.5).isMet).toBe(false);
  });
});

describe('a check against a limit', () => {
  it.each([
    ['the limit itself is met', 15, 15, false, true],
    ['the limit itself is missed when it is strict', 20, 20, true, false],
    ['above', 15.1, 15, false, false],
    ['no figure', Number.NaN, 15, false, false],
    ['it never came', Number.POSITIVE_INFINITY, 15, false, false],
  ])('%s', (_name, measured, limit, isStrict, isMet) => {
    expect(checkLimit('noticed', measured, 's', limit, isStrict).isMet).toBe(isMet);
  });

  it('gives the ratio to the limit, never the time alone', () => {
    expect(checkLimit('noticed', 7.5, 's', 15)).toMatchObject({ ratio: 0.5, target: '≤ 15 s' });
  });
});

describe('what must not happen', () => {
  it('has no ratio, and one is too many', () => {
    expect(checkNone('frames lost', 0, 'frames', '900 frames')).toMatchObject({ ratio: null, isMet: true });
    expect(checkNone('frames lost', 1, 'frames', '900 frames').isMet).toBe(false);
  });
});

describe('round', () => {
  it.each([
    [0.123456, '0.123'],
    [1234.5, '1235'],
    [99.96, '100'],
    [0, '0'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('%d → %s', (value, text) => {
    expect(round(value)).toBe(text);
  });
});
