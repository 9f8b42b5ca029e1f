/** Until frames are known: 30 fps, and 1024 samples at 48 kHz. */
const DEFAULT_INTERVAL_MS: Record<Track, number> = { video: 1000 / 30, audio: 1024 / 48 };
/** The median of this many distances is the interval of a track: a gap or a doubled frame does not move it. */
const KNOWN_DISTANCES = 9;

export type Track = 'video' | 'audio';

/**
 * What was sent last in each track, and from it where the next thing may go. One per relay.
 * It records; where a source's tags belong is decided in sourceTimeline.ts.
 */
export class OutputTimeline {
  readonly #last: Record<Track, number | null> = { video: null, audio: null };
  readonly #distances: Record<Track, number[]> = { video: [], audio: [] };
  #lastPresentationMs: number | null = null;

  /** Decoding time of the last tag sent in that track; null before the first. */
  lastMs(track: Track): number | null {
    return this.#last[track];
  }

  /** The later of both tracks; null while nothing was sent. */
  get latestMs(): number | null {
    const { video, audio } = this.#last;
    return video === null || audio === null ? (video ?? audio) : Math.max(video, audio);
  }

  /** The usual distance between two tags of that track. */
  intervalMs(track: Track): number {
    const sorted = this.#distances[track].toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? DEFAULT_INTERVAL_MS[track];
  }

  /** Where the next tag of that track is expected; null while nothing was sent. */
  expectedMs(track: Track): number | null {
    const last = this.#last[track];
    return last === null ? null : Math.round(last + this.intervalMs(track));
  }

  /**
   * The earliest decoding time of a key frame that follows on what was sent without an overlap: one frame later in decoding
   * order, and in presentation order too, since the frames before it may be reordered. Null while nothing was sent.
   */
  nextKeyMs(compositionMs: number): number | null {
    const expected = this.expectedMs('video');
    if (expected === null || this.#lastPresentationMs === null) return expected;
    return Math.max(
      expected,
      Math.round(this.#lastPresentationMs + this.intervalMs('video') - compositionMs),
    );
  }

  record(track: Track, timestampMs: number, compositionMs = 0): void {
    const previous = this.#last[track];
    // One millisecond is what a tag that came out of order is moved by: it says nothing about the frame rate.
    if (previous !== null && timestampMs > previous + 1) {
      const distances = this.#distances[track];
      distances.push(timestampMs - previous);
      if (distances.length > KNOWN_DISTANCES) distances.shift();
    }
    this.#last[track] = timestampMs;
    if (track === 'audio') return;
    this.#lastPresentationMs = Math.max(this.#lastPresentationMs ?? 0, timestampMs + compositionMs);
  }
}
