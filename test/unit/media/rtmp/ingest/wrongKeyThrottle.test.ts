import { expect, test } from 'vitest';
import { WrongKeyThrottle } from '../../../../../main/media/rtmp/ingest/wrongKeyThrottle.ts';

test('the first mistakes are free, later ones wait longer and longer up to a limit', () => {
  const throttle = new WrongKeyThrottle();
  const delays = Array.from({ length: 10 }, (_, index) => throttle.noteMistake('10.0.0.1', index * 1_000));
  expect(delays).toEqual([0, 0, 0, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  expect(throttle.noteMistake('10.0.0.2', 10_000)).toBe(0);
});

test('mistakes are forgotten after ten quiet minutes', () => {
  const throttle = new WrongKeyThrottle();
  for (let index = 0; index < 5; index++) throttle.noteMistake('10.0.0.1', 0);
  expect(throttle.noteMistake('10.0.0.1', 599_999)).toBeGreaterThan(0);
  expect(throttle.noteMistake('10.0.0.1', 599_999 + 600_000)).toBe(0);
});

test('a thousand other addresses push the oldest one out, and no more is kept', () => {
  const throttle = new WrongKeyThrottle();
  for (let index = 0; index < 4; index++) throttle.noteMistake('old', 0);
  for (let index = 0; index < 4; index++) throttle.noteMistake('recent', 0);
  for (let index = 0; index < 999; index++) throttle.noteMistake(`address ${index}`, 1);
  expect(throttle.noteMistake('recent', 2)).toBeGreaterThan(0);
  expect(throttle.noteMistake('old', 2)).toBe(0);
});
