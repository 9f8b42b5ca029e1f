import { describe, expect, it } from 'vitest';
import {
  acknowledgementWindow,
  betterWindow,
  ConfirmedBytes,
} from '../../../../main/media/rtmp/confirmedBytes.ts';

const WINDOW = 100_000;

/** A peer that acknowledges every window of a stream, the socket far ahead of it. */
function acknowledging(upTo: number): ConfirmedBytes {
  const bytes = new ConfirmedBytes(WINDOW);
  for (let at = WINDOW; at <= upTo; at += WINDOW) bytes.acknowledge(at % 2 ** 32, at + 500_000);
  return bytes;
}

describe('ConfirmedBytes', () => {
  it('goes by the acknowledgements, not by what the kernel took', () => {
    expect(acknowledging(300_000).confirmed(800_000, 0)).toBe(300_000);
  });

  it('stands still when the peer freezes while the kernel takes on', () => {
    const bytes = acknowledging(300_000);
    const seen = [800_000, 900_000, 2_000_000].map((drained, second) =>
      bytes.confirmed(drained, second * 10_000),
    );
    expect(seen).toEqual([300_000, 300_000, 300_000]);
  });

  it('waits five seconds for the first acknowledgement, then goes by the socket', () => {
    const bytes = new ConfirmedBytes(WINDOW);
    expect(bytes.confirmed(40_000, 0)).toBe(40_000);
    expect(bytes.confirmed(1_500_000, 1000)).toBe(WINDOW);
    expect(bytes.confirmed(1_600_000, 5999)).toBe(WINDOW);
    expect(bytes.confirmed(1_700_000, 6000)).toBe(1_700_000);
    expect(bytes.confirmed(1_800_000, 7000)).toBe(1_800_000);
  });

  it('grows with a slow peer that acknowledges what was sent in one burst', () => {
    const bytes = new ConfirmedBytes(WINDOW);
    expect(bytes.confirmed(1_500_000, 0)).toBe(WINDOW);
    bytes.acknowledge(101_000, 1_500_000);
    bytes.acknowledge(202_000, 1_500_000);
    expect(bytes.confirmed(1_500_000, 2000)).toBe(202_000);
  });

  it('goes by the socket when the peer acknowledges much more rarely than asked', () => {
    const bytes = new ConfirmedBytes(WINDOW);
    bytes.acknowledge(2_500_000, 2_600_000);
    expect(bytes.confirmed(2_600_000, 0)).toBe(2_600_000);
  });

  it('counts on across 2^32', () => {
    const bytes = acknowledging(2 ** 32 - (2 ** 32 % WINDOW));
    const at = 2 ** 32 - (2 ** 32 % WINDOW) + WINDOW;
    bytes.acknowledge(at % 2 ** 32, at);
    expect(bytes.confirmed(at, 0)).toBe(at);
  });

  it('follows a peer that begins to count at 0 again', () => {
    const bytes = acknowledging(1_000_000);
    bytes.acknowledge(50_000, 1_200_000);
    expect(bytes.confirmed(1_200_000, 0)).toBe(1_050_000);
    bytes.acknowledge(150_000, 1_300_000);
    expect(bytes.confirmed(1_300_000, 0)).toBe(1_150_000);
  });

  it('never exceeds what was sent and never goes back', () => {
    const bytes = new ConfirmedBytes(WINDOW);
    bytes.acknowledge(150_000, 120_000);
    expect(bytes.confirmed(120_000, 0)).toBe(120_000);
    bytes.acknowledge(150_000, 120_000);
    expect(bytes.confirmed(100_000, 0)).toBe(120_000);
  });
});

describe('acknowledgementWindow', () => {
  it.each([
    [100, 32_000],
    [500, 62_500],
    [2000, 250_000],
    [6000, 512_000],
    [60_000, 512_000],
  ])('at %d kbit/s is %d bytes', (bitrateKbps, bytes) => {
    expect(acknowledgementWindow(bitrateKbps)).toBe(bytes);
  });
});

describe('betterWindow', () => {
  it.each<[string, number, number, number | null]>([
    ['leaves one alone that is about right', 125_000, 1500, null],
    ['grows with the bitrate', 125_000, 6000, 512_000],
    ['shrinks with the bitrate', 512_000, 500, 62_500],
    ['never goes below the smallest', 32_000, 1, null],
  ])('%s', (_name, windowBytes, bitrateKbps, better) => {
    expect(betterWindow(windowBytes, bitrateKbps)).toBe(better);
  });
});

describe('a window that is announced anew', () => {
  it('goes by the acknowledgements also of a peer that finishes the larger window before', () => {
    const bytes = new ConfirmedBytes(500_000);
    bytes.acknowledge(500_000, 600_000);
    bytes.changeWindow(50_000);
    bytes.acknowledge(1_000_000, 1_200_000);
    expect(bytes.confirmed(1_200_000, 0)).toBe(1_000_000);
    bytes.acknowledge(1_050_000, 1_200_000);
    expect(bytes.confirmed(1_200_000, 0)).toBe(1_050_000);
  });

  it('does not trust a peer any more that keeps neither', () => {
    const bytes = new ConfirmedBytes(500_000);
    bytes.acknowledge(500_000, 600_000);
    bytes.changeWindow(50_000);
    bytes.acknowledge(550_000, 1_200_000);
    bytes.acknowledge(1_000_000, 1_200_000);
    expect(bytes.confirmed(1_150_000, 0)).toBe(1_150_000);
  });
});
