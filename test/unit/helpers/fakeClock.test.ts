import { expect, test } from 'vitest';
import { delay } from '../../../main/lib/clock.ts';
import { createFakeClock } from '../../helpers/fakeClock.ts';

test('timers run in the order they fall due, each at its own time', async () => {
  const clock = createFakeClock(1_000);
  const seen: [string, number, number][] = [];
  const note = (name: string) => () => void seen.push([name, clock.monotonicMs(), clock.nowMs()]);
  clock.after(30, note('late'));
  clock.every(20, note('tick'));
  clock.after(20, note('same time, set later'));
  clock.after(0, note('at once'));

  await clock.advance(40);

  expect(seen).toEqual([
    ['at once', 0, 1_000],
    ['tick', 20, 1_020],
    ['same time, set later', 20, 1_020],
    ['late', 30, 1_030],
    ['tick', 40, 1_040],
  ]);
  expect(clock.pendingTimers).toBe(1);
});

test('what a timer sets in motion has settled before the next timer runs', async () => {
  const clock = createFakeClock();
  const seen: number[] = [];
  async function repeat(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await delay(clock, 10);
      seen.push(clock.monotonicMs());
    }
  }
  const done = repeat();
  await clock.advance(100);
  await done;
  expect(seen).toEqual([10, 20, 30]);
  expect(clock.monotonicMs()).toBe(100);
});

test('a cancelled timer does not run, and a jump of the wall clock moves no timer', async () => {
  const clock = createFakeClock(0);
  const runs: string[] = [];
  clock.after(10, () => runs.push('cancelled')).cancel();
  const interval = clock.every(10, () => runs.push('interval'));
  clock.jumpWallClock(-3_600_000);
  await clock.advance(10);
  interval.cancel();
  await clock.advance(1_000);
  expect(runs).toEqual(['interval']);
  expect([clock.monotonicMs(), clock.nowMs()]).toEqual([1_010, 1_010 - 3_600_000]);
});
