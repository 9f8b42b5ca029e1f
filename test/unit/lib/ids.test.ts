import { expect, it } from 'vitest';
import { createId } from '../../../main/lib/ids.ts';

it('makes ids that tell what they name and fit into addresses and file names', () => {
  expect(createId('str')).toMatch(/^str_[0-9a-hjkmnp-tv-z]{10}$/);
});

it('does not repeat itself', () => {
  const ids = new Set(Array.from({ length: 20_000 }, () => createId('evt')));
  expect(ids.size).toBe(20_000);
});

it('uses every letter of its alphabet equally', () => {
  const counts = new Map<string, number>();
  for (let index = 0; index < 3200; index++) {
    for (const letter of createId('evt').slice(4)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  expect(counts.size).toBe(32);
  // 1000 each on average; 200 off would be six standard deviations.
  expect(Math.min(...counts.values())).toBeGreaterThan(800);
  expect(Math.max(...counts.values())).toBeLessThan(1200);
});
