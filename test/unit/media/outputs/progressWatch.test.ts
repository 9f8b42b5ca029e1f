import { describe, expect, it } from 'vitest';
import { ProgressWatch } from '../../../../main/media/outputs/progressWatch.ts';

interface Peer {
  kbps: number;
  /** It confirms whenever this much has come together; null: never. */
  windowBytes: number | null;
  /** Seconds at which it freezes. */
  freezesAt?: number;
  /** Seconds between which the stream sends nothing. */
  quiet?: [number, number];
  /** Sent all at once when the quiet time is over. */
  burstBytes?: number;
  /** What kernel buffers take after the freeze. */
  kernelBytes?: number;
  /** Seconds by which its confirmations are late. */
  delaySeconds?: number;
  /** What it can take, when that is less than it is sent. */
  takesKbps?: number;
}

/** Seconds until the watch reports a stall, or null within `seconds`. */
function stallAfter(peer: Peer, seconds: number): number | null {
  const { kbps, windowBytes, freezesAt = Number.POSITIVE_INFINITY, quiet = [0, 0] } = peer;
  const watch = new ProgressWatch({ bytesSent: 0, bytesConfirmed: 0, bytesPending: 0, rttMs: null }, 0);
  const kernelBytes = peer.kernelBytes ?? 4_000_000;
  let [written, received, confirmed] = [0, 0, 0];
  const receivedAt: number[] = [];
  for (let second = 1; second <= seconds; second++) {
    if (second < quiet[0] || second > quiet[1]) written += kbps * 125;
    if (second === quiet[1] + 1) written += peer.burstBytes ?? 0;
    const takes = (peer.takesKbps ?? Number.POSITIVE_INFINITY) * 125;
    if (second <= freezesAt) received = Math.min(written, received + takes);
    receivedAt.push(received);
    const heard = receivedAt.at(-1 - (peer.delaySeconds ?? 0)) ?? 0;
    if (windowBytes !== null) confirmed = Math.max(confirmed, heard - (heard % windowBytes));
    const bytesSent = Math.min(written, received + kernelBytes);
    const progress = { bytesSent, bytesConfirmed: confirmed, bytesPending: written - bytesSent, rttMs: null };
    if (watch.isStalled(progress, second * 1000)) return second;
  }
  return null;
}

describe('ProgressWatch', () => {
  it.each([
    ['at 6 Mbit/s', { kbps: 6000, windowBytes: 128_000 }],
    ['at 0.5 Mbit/s', { kbps: 500, windowBytes: 62_500 }],
    ['at 0.5 Mbit/s with a window of 250 kB', { kbps: 500, windowBytes: 250_000 }],
    ['at 0.3 Mbit/s', { kbps: 300, windowBytes: 37_500 }],
    ['at 20 Mbit/s with a window of 2.5 MB', { kbps: 20_000, windowBytes: 2_500_000 }],
  ])('notices a frozen peer within 15 s: %s', (_name, peer) => {
    for (const freezesAt of [8, 20, 21, 22, 23, 60]) {
      const stalledAt = stallAfter({ ...peer, freezesAt }, 200) ?? Number.POSITIVE_INFINITY;
      expect(stalledAt - freezesAt).toBeGreaterThan(4);
      expect(stalledAt - freezesAt).toBeLessThanOrEqual(15);
    }
  });

  it('notices one that never confirms, once its buffers are full', () => {
    const stalledAt = stallAfter(
      { kbps: 6000, windowBytes: null, freezesAt: 20, kernelBytes: 2_000_000 },
      200,
    );
    expect((stalledAt ?? 999) - 20).toBeLessThanOrEqual(15);
  });

  it.each<[string, Peer]>([
    ['a peer that confirms every 2.5 MB at 0.5 Mbit/s', { kbps: 500, windowBytes: 2_500_000 }],
    ['a peer that never confirms', { kbps: 6000, windowBytes: null }],
    ['a stream that is quiet for a minute', { kbps: 500, windowBytes: 250_000, quiet: [20, 80] }],
    ['a quiet stream at a high bitrate', { kbps: 6000, windowBytes: 128_000, quiet: [20, 80] }],
    [
      'a burst after a quiet minute',
      { kbps: 500, windowBytes: 64_000, quiet: [20, 80], burstBytes: 1_000_000, delaySeconds: 1 },
    ],
    ['a recording that grows by segments of 10 s', { kbps: 6000, windowBytes: 7_500_000 }],
    ['a slow peer that takes 1 Mbit/s of 6', { kbps: 6000, windowBytes: 128_000, takesKbps: 1000 }],
    ['a stream of 20 kbit/s', { kbps: 20, windowBytes: 128_000 }],
  ])('gives no false alarm: %s', (_name, peer) => {
    expect(stallAfter(peer, 600)).toBeNull();
  });

  it('knows whether anything was confirmed since the connection was accepted', () => {
    const accepted = { bytesSent: 3000, bytesConfirmed: 3000, bytesPending: 0, rttMs: null };
    const watch = new ProgressWatch(accepted, 0);
    expect(watch.confirms({ ...accepted, bytesSent: 9000 })).toBe(false);
    expect(watch.confirms({ ...accepted, bytesSent: 9000, bytesConfirmed: 9000 })).toBe(true);
  });
});
