import { expect, it } from 'vitest';
import { MediaClock } from '../../../../../main/media/outputs/hls/mediaClock.ts';
import { createFakeClock } from '../../../../helpers/fakeClock.ts';

const START = Date.UTC(2025, 0, 1);

it('dates the stream by the frames that came with the least delay', async () => {
  const clock = createFakeClock(START);
  const media = new MediaClock(clock);
  for (const timeMs of [0, 500, 1000, 1500]) media.note(timeMs);
  await clock.advance(40);
  media.note(1540);
  expect(media.dateOf(1500, true)).toBe(START);
  expect(media.dateOf(0, false)).toBe(START - 1500);
});

it('lets dates advance as the media does when the clock of the computer is set, until the next break', () => {
  const clock = createFakeClock(START);
  const media = new MediaClock(clock);
  media.note(0);
  expect(media.dateOf(0, true)).toBe(START);
  clock.jumpWallClock(-3_600_000);
  for (let timeMs = 0; timeMs < 100; timeMs++) media.note(timeMs);
  expect(media.dateOf(2000, false)).toBe(START + 2000);
  expect(Math.abs(media.dateOf(4000, true) - (START - 3_600_000 + 4000))).toBeLessThan(200);
});
