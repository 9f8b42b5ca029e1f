import type { OutputTimeline, Track } from './outputTimeline.ts';

/** A decoding time may step back this far without being a jump: a muxer that rounds or interleaves badly. */
const BACKWARD_TOLERANCE_MS = 250;
/**
 * Sound may step back this far beside a picture that goes on: what overlaps is dropped. Moved instead, it would stay behind
 * the picture by that much, and by more with each step of a sender whose sound is unsteady.
 */
const SOUND_BACKWARD_MS = 2000;
/** A longer gap than this, with no real time to explain it, is a jump of the source's clock. */
const FORWARD_TOLERANCE_MS = 2000;
/** After a splice the old sound may reach this far beyond the cut; the new one is dropped until it has caught up. */
const SPLICE_OVERLAP_MS = 5000;

interface TrackPlacement {
  /** What is added to the source's timestamps. */
  shiftMs: number;
  lastOutMs: number | null;
  /** What the last tag was moved by in fact: the shift, and what its order in the track took. */
  lastMoveMs: number | null;
}

/**
 * Where the tags of one source go on the output timeline. Both tracks of a source are shifted by the same amount, so that
 * sound and picture stay together exactly as the source had them. When its clock jumps (a loop, a wrapped counter, a
 * restart at 0) the first track to jump gets a new shift that continues the output; the other one follows onto the same
 * shift with its first tag from the new stretch, however the two are interleaved around the jump.
 * Times are milliseconds; arrival times are of the monotonic clock.
 */
export class SourceTimeline {
  readonly #line: OutputTimeline;
  readonly #tracks: Record<Track, TrackPlacement> = {
    video: { shiftMs: 0, lastOutMs: null, lastMoveMs: null },
    audio: { shiftMs: 0, lastOutMs: null, lastMoveMs: null },
  };
  #lastArrivalMs: number;
  /** The track that has not followed onto the newest shift yet. */
  #behind: Track | null = null;
  /** While sound joins in, what would overlap the sound already sent is dropped, not moved: up to this much of it. */
  #joiningOverlapMs: number | null = null;
  /** The shift was just chosen for the next tag: that one goes where it was meant to. */
  #isAnchored = false;
  #jumps = 0;

  constructor(line: OutputTimeline, arrivalMs: number) {
    this.#line = line;
    this.#lastArrivalMs = arrivalMs;
  }

  /** The shift in force: the newest one. */
  get shiftMs(): number {
    return this.#tracks[this.#behind === 'audio' ? 'video' : 'audio'].shiftMs;
  }

  /** How often the source's clock jumped. */
  get jumps(): number {
    return this.#jumps;
  }

  /**
   * Sound minus picture in what is sent, against the same in the source, measured on the last tag of each track.
   * Null until both were sent.
   */
  get avOffsetMs(): number | null {
    const { video, audio } = this.#tracks;
    return video.lastMoveMs === null || audio.lastMoveMs === null
      ? null
      : audio.lastMoveMs - video.lastMoveMs;
  }

  /** Shifts both tracks. Sound that overlaps what was sent already will be dropped. */
  anchor(shiftMs: number): void {
    this.#tracks.video.shiftMs = shiftMs;
    this.#tracks.audio.shiftMs = shiftMs;
    this.#behind = null;
    this.#joiningOverlapMs = SPLICE_OVERLAP_MS;
    this.#isAnchored = true;
  }

  /** Sound comes back after silence was put in its place. */
  rejoinAudio(): void {
    this.#joiningOverlapMs ??= BACKWARD_TOLERANCE_MS;
  }

  /**
   * The picture comes back with a key frame while the slate is on. It keeps the shift when that puts it right behind
   * the slate; otherwise both tracks are shifted anew.
   * @param programNowMs the output timeline's present.
   */
  cutIn(rawMs: number, compositionMs: number, programNowMs: number): void {
    const outMs = rawMs + this.shiftMs;
    const earliestMs = this.#line.nextKeyMs(compositionMs) ?? programNowMs;
    const latestMs = Math.max(this.#line.latestMs ?? 0, programNowMs) + FORWARD_TOLERANCE_MS;
    this.anchor(outMs < earliestMs || outMs > latestMs ? earliestMs - rawMs : this.shiftMs);
  }

  /** Output time of a tag, or null when it is sound that must be dropped. Video is strictly, audio weakly increasing. */
  place(track: Track, rawMs: number, arrivalMs: number): number | null {
    const silentMs = Math.max(0, arrivalMs - this.#lastArrivalMs);
    this.#lastArrivalMs = arrivalMs;
    if (track === this.#behind) this.#followIfCloser(track, rawMs);
    if (track === 'audio' && this.#isSoundRepeated(rawMs)) this.#joiningOverlapMs ??= SOUND_BACKWARD_MS;
    const isExpected = this.#isAnchored || this.#fits(track, rawMs + this.#tracks[track].shiftMs, silentMs);
    if (!isExpected) this.#jump(track, rawMs, silentMs);
    const outMs = this.#order(track, rawMs + this.#tracks[track].shiftMs);
    if (outMs === null) return null;
    this.#isAnchored = false;
    this.#tracks[track].lastOutMs = outMs;
    this.#tracks[track].lastMoveMs = outMs - rawMs;
    return outMs;
  }

  /** Script data between the frames: it is not ordered against them, only moved with them. */
  placeData(rawMs: number): number {
    return Math.max(0, rawMs + this.shiftMs);
  }

  #order(track: Track, outMs: number): number | null {
    const last = this.#line.lastMs(track);
    if (track === 'video') return last === null ? Math.max(0, outMs) : Math.max(outMs, last + 1);
    if (this.#joiningOverlapMs !== null) {
      const from = last === null ? 0 : last + this.#line.intervalMs('audio') / 2;
      if (outMs < from) return null;
      this.#joiningOverlapMs = null;
    }
    return Math.max(outMs, last ?? 0);
  }

  /** Whether that output time can be the continuation of the same stretch, given how long nothing had come. */
  #fits(track: Track, outMs: number, silentMs: number): boolean {
    const last = this.#line.lastMs(track);
    const toleranceMs =
      track === 'audio' ? (this.#joiningOverlapMs ?? BACKWARD_TOLERANCE_MS) : BACKWARD_TOLERANCE_MS;
    if (last !== null && outMs < last - toleranceMs) return false;
    const { video, audio } = this.#tracks;
    const ownLatest = Math.max(video.lastOutMs ?? -1, audio.lastOutMs ?? -1);
    const lineLatest = this.#line.latestMs;
    if (lineLatest === null) return true;
    return outMs <= Math.max(lineLatest, ownLatest < 0 ? 0 : ownLatest + silentMs) + FORWARD_TOLERANCE_MS;
  }

  /** Whether sound that shares the picture's clock goes over a stretch again. If its clock has jumped, the picture's will. */
  #isSoundRepeated(rawMs: number): boolean {
    const { video, audio } = this.#tracks;
    const last = audio.lastOutMs;
    if (last === null || video.lastOutMs === null || video.shiftMs !== audio.shiftMs) return false;
    const backMs = last - (rawMs + audio.shiftMs);
    return backMs > BACKWARD_TOLERANCE_MS && backMs <= SOUND_BACKWARD_MS;
  }

  /** Continues the output at this tag with a new shift, which the other track is then to follow. */
  #jump(track: Track, rawMs: number, silentMs: number): void {
    const own = this.#tracks[track];
    const expected = this.#line.expectedMs(track) ?? this.#line.latestMs ?? 0;
    const outMs = Math.max(expected, own.lastOutMs === null ? 0 : own.lastOutMs + silentMs);
    own.shiftMs = outMs - rawMs;
    this.#behind = track === 'video' ? 'audio' : 'video';
    this.#jumps += 1;
  }

  /** The track that is behind takes the newest shift as soon as that explains its timestamp better than its own. */
  #followIfCloser(track: Track, rawMs: number): void {
    const own = this.#tracks[track];
    const newest = this.#tracks[track === 'video' ? 'audio' : 'video'];
    const expected = this.#line.expectedMs(track);
    if (
      expected === null ||
      Math.abs(rawMs + newest.shiftMs - expected) < Math.abs(rawMs + own.shiftMs - expected)
    ) {
      own.shiftMs = newest.shiftMs;
      this.#behind = null;
      this.#makeRoom(track, rawMs);
    }
  }

  /** A track that lands on what was sent already: the picture moves both tracks on, the sound drops the overlap. */
  #makeRoom(track: Track, rawMs: number): void {
    if (track === 'audio') {
      this.#joiningOverlapMs = SPLICE_OVERLAP_MS;
      return;
    }
    const expected = this.#line.expectedMs('video');
    const last = this.#line.lastMs('video');
    if (expected === null || last === null || rawMs + this.#tracks.video.shiftMs > last) return;
    this.#tracks.video.shiftMs = expected - rawMs;
    this.#tracks.audio.shiftMs = expected - rawMs;
  }
}
