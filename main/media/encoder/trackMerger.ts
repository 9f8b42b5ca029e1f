/**
 * Puts the picture and the sound of one rendition, which come on separate pipes, into one sequence ordered by time, and
 * silence where there is no sound. So every rendition has both tracks from its first picture on.
 *
 *   sound comes ──────────▶ together ──── none for longer than the skew ────▶ silent
 *                              ▲                                                │
 *                              └──────── sound comes again (its overlap is dropped)
 *
 * It knows no clock: everything is decided by the times on the tags. A picture waits for sound as long as pictures
 * behind it span less than the skew; sound that turns out to be later than that widens the skew, so that a source which
 * is merely skewed is heard, after a moment, rather than replaced by silence for ever.
 */
import { AAC_FRAME_SAMPLES, aacHeaderTag, parseAacHeaderTag, silentAacTag } from '../flv/aac.ts';
import { type AudioTag, at, type MediaTag, type VideoTag } from '../flv/mediaTag.ts';
import { SAMPLE_RATE_HZ } from './soundChain.ts';

export interface TrackMergerOptions {
  /** False: no sound will ever come. */
  readonly hasSound: boolean;
  /** False for sound that is passed through: then only the order is seen to, and its own header is kept. */
  readonly fillsSilence: boolean;
  readonly skewMs: { readonly videoBehind: number; readonly audioBehind: number };
  readonly push: (tag: MediaTag) => void;
}

const FRAME_MS: number = (AAC_FRAME_SAMPLES * 1000) / SAMPLE_RATE_HZ;
const MAX_SKEW_MS = 6000;
/** Sound that overlaps silence by less than this is kept: half a frame cannot be heard. */
const OVERLAP_MS: number = FRAME_MS / 2;

export class TrackMerger {
  readonly #options: TrackMergerOptions;
  readonly #video: VideoTag[] = [];
  readonly #audio: AudioTag[] = [];
  /** A header waits for the frame it belongs to, and is given the frame's time. */
  readonly #headers = new Map<VideoTag, VideoTag>();
  #videoHeader: VideoTag | null = null;
  #audioBehindMs: number;
  #isSilent: boolean;
  /** True from the first sound after silence until sound is in step again. */
  #isRejoining = false;
  /** End of the last silent frame; sound before it is too late. */
  #silenceEndMs = Number.NEGATIVE_INFINITY;
  #hasAudioHeader = false;
  /** True once a frame was handed on. */
  #hasBegun = false;
  /** Where the next frame of sound is due; null before the first picture or sound. */
  #nextSoundMs: number | null = null;
  #latestVideoMs = 0;
  #silentFrames = 0;

  constructor(options: TrackMergerOptions) {
    this.#options = options;
    this.#audioBehindMs = options.skewMs.audioBehind;
    this.#isSilent = !options.hasSound;
  }

  /** Frames of silence put in so far. */
  get silentFrames(): number {
    return this.#silentFrames;
  }

  pushVideo(tag: VideoTag): void {
    if (tag.frame === 'header') {
      this.#videoHeader = tag;
      return;
    }
    this.#video.push(tag);
    if (this.#videoHeader !== null) {
      this.#headers.set(tag, this.#videoHeader);
      this.#videoHeader = null;
    }
    this.#latestVideoMs = tag.timestampMs;
    this.#drain();
  }

  pushAudio(tag: AudioTag): void {
    if (tag.frame === 'header') {
      this.#takeHeader(tag);
      return;
    }
    if (tag.timestampMs < this.#silenceEndMs - OVERLAP_MS) {
      this.#waitForLateSound(tag);
      return;
    }
    if (this.#isRejoining) this.#rejoin(tag);
    this.#isSilent = false;
    this.#audio.push(tag);
    this.#drain();
  }

  /** Hands on what is still waiting: nothing more will come. */
  flush(): void {
    this.#audioBehindMs = 0;
    this.#drain();
    for (const tag of this.#audio.splice(0)) this.#pushSound(tag);
  }

  #drain(): void {
    for (;;) {
      const picture = this.#video[0];
      const sound = this.#audio[0];
      if (picture === undefined) {
        if (sound === undefined || !this.#mayRunAhead()) return;
        // Before the first picture there is nobody to hear it.
        if (this.#hasBegun || sound.frame === 'header') this.#pushSound(sound);
        this.#audio.shift();
      } else if (sound?.frame === 'sound' && !this.#hasBegun && sound.timestampMs < picture.timestampMs) {
        this.#audio.shift(); // Nothing can be heard before there is a picture to begin with.
      } else if (sound !== undefined && this.#comesFirst(sound, picture)) {
        this.#pushSound(sound);
        this.#audio.shift();
      } else if (sound !== undefined || this.#isDue(picture)) {
        // Sound that is there already tells how far the gap before it reaches; otherwise it is missing.
        if (sound === undefined) this.#isSilent = true;
        this.#pushHeader(picture);
        this.#fillUntil(picture.timestampMs, sound?.timestampMs ?? Number.POSITIVE_INFINITY);
        this.#options.push(picture);
        this.#hasBegun = true;
        this.#video.shift();
      } else return;
    }
  }

  /** At the same time sound goes first, except at the very beginning, which is a picture. */
  #comesFirst(sound: AudioTag, picture: VideoTag): boolean {
    const isFirst = !this.#hasBegun && sound.frame === 'sound';
    return isFirst ? sound.timestampMs < picture.timestampMs : sound.timestampMs <= picture.timestampMs;
  }

  /** Sound may go on alone when the picture has been away for longer than encoders hold pictures back. */
  #mayRunAhead(): boolean {
    const first = this.#audio[0]?.timestampMs ?? 0;
    const last = this.#audio.at(-1)?.timestampMs ?? 0;
    return last - first > this.#options.skewMs.videoBehind;
  }

  /** Whether the picture has waited for sound long enough. */
  #isDue(picture: VideoTag): boolean {
    return this.#isSilent || this.#latestVideoMs - picture.timestampMs >= this.#audioBehindMs;
  }

  /** Silence up to a time, but not over the next sound. */
  #fillUntil(untilMs: number, nextSoundMs: number): void {
    this.#nextSoundMs ??= untilMs;
    if (!this.#options.fillsSilence) return;
    while (this.#nextSoundMs <= untilMs && this.#nextSoundMs + FRAME_MS <= nextSoundMs + 1) {
      this.#announceSound(this.#nextSoundMs);
      this.#options.push(silentAacTag(2, Math.round(this.#nextSoundMs)));
      this.#silentFrames += 1;
      this.#nextSoundMs += FRAME_MS;
      this.#silenceEndMs = this.#nextSoundMs;
      if (this.#isSilent) this.#isRejoining = true;
    }
  }

  #pushHeader(picture: VideoTag): void {
    const header = this.#headers.get(picture);
    if (header === undefined) return;
    this.#headers.delete(picture);
    this.#options.push(at(header, picture.timestampMs));
    // Players and recordings want to know of the sound before the first picture is shown.
    const sound = this.#audio[0];
    if (this.#options.fillsSilence) this.#announceSound(picture.timestampMs);
    else if (sound?.frame === 'header') {
      this.#options.push(at(sound, picture.timestampMs));
      this.#audio.shift();
    }
  }

  #pushSound(sound: AudioTag): void {
    if (sound.frame === 'sound') {
      this.#fillUntil(sound.timestampMs, sound.timestampMs);
      this.#nextSoundMs = sound.timestampMs + FRAME_MS;
      this.#hasBegun = true;
    }
    if (this.#options.fillsSilence) this.#announceSound(sound.timestampMs);
    this.#options.push(sound);
  }

  /** All our encodes and all silence have one and the same header, so that it never changes under a destination. */
  #announceSound(timestampMs: number): void {
    if (this.#hasAudioHeader) return;
    this.#hasAudioHeader = true;
    this.#options.push(aacHeaderTag(SAMPLE_RATE_HZ, 2, Math.round(timestampMs)));
  }

  #takeHeader(tag: AudioTag): void {
    if (this.#options.fillsSilence && isOwnFormat(tag)) return;
    this.#hasAudioHeader = true;
    this.#audio.push(tag);
    this.#drain();
  }

  /** Its place was taken by silence. From here on pictures wait longer, so that what follows can be heard. */
  #waitForLateSound(tag: AudioTag): void {
    this.#isSilent = false;
    this.#audioBehindMs = Math.max(this.#audioBehindMs, this.#skewOf(tag));
  }

  /** Now it shows how late the sound really is: what was filled in for a gap comes late once, a skewed source always. */
  #rejoin(tag: AudioTag): void {
    this.#isRejoining = false;
    this.#audioBehindMs = Math.max(this.#options.skewMs.audioBehind, this.#skewOf(tag));
  }

  #skewOf(tag: AudioTag): number {
    return Math.min(MAX_SKEW_MS, this.#latestVideoMs - tag.timestampMs + 4 * FRAME_MS);
  }
}

function isOwnFormat(header: AudioTag): boolean {
  try {
    const { objectType, sampleRateHz, channels } = parseAacHeaderTag(header);
    return objectType === 2 && sampleRateHz === SAMPLE_RATE_HZ && channels === 2;
  } catch {
    return false; // Passed on as it is: whoever decodes it will say what is wrong with it.
  }
}
