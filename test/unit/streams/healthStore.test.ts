import { expect, it } from 'vitest';
import { chooseStep } from '../../../main/streams/healthStore.ts';

const HOUR_MS = 3_600_000;
const now = Date.UTC(2025, 0, 2);

it.each([
  ['ten minutes of now', now - 600_000, now, 1000],
  [
    'ten minutes of three days ago, when there are no seconds any more',
    now - 72 * HOUR_MS,
    now - 71.9 * HOUR_MS,
    60_000,
  ],
  ['two hours', now - 2 * HOUR_MS, now, 60_000],
  ['a week', now - 168 * HOUR_MS, now, HOUR_MS],
])('the step of a history of %s', (_what, fromMs, toMs, stepMs) => {
  expect(chooseStep(fromMs, toMs, now)).toBe(stepMs);
});
