import type { Clock } from '../../lib/clock.ts';
import { type AudioTag, at, type VideoTag } from '../flv/mediaTag.ts';
import type { ProgramClock } from './programClock.ts';
import { hasSamePayload, type ProgramOutput } from './programOutput.ts';
import { Silence, silentFrameFor } from './silence.ts';
import type { SlateClip } from './slateClip.ts';
import { SlatePlayer, slateFrames } from './slatePlayer.ts';

/** A gap longer than this is not filled: the machine slept, or the source had been falling behind for long. */
const MAX_CATCH_UP_MS = 15_000;

/**
 * What is sent in place of a source: the slate for its picture, silence for its sound, each on its own.
 * When they are needed is decided in relay.ts.
 */
export class Filler {
  readonly #clock: Clock;
  readonly #program: ProgramClock;
  readonly #output: ProgramOutput;
  #clip: { clip: SlateClip; frames: readonly VideoTag[] } | null = null;
  #player: SlatePlayer | null = null;
  #slateSinceMs = 0;
  #slateMs = 0;
  #silence: Silence | null = null;

  constructor(clock: Clock, program: ProgramClock, output: ProgramOutput) {
    this.#clock = clock;
    this.#program = program;
    this.#output = output;
  }

  /** Throws a RangeError when the clip does not begin with a key frame. A running slate is not changed. */
  setClip(clip: SlateClip | null): void {
    const frames = clip === null ? null : slateFrames(clip);
    if (clip !== null && frames === null) throw new RangeError('a slate clip begins with a key frame');
    this.#clip = clip === null || frames === null ? null : { clip, frames };
  }

  get hasClip(): boolean {
    return this.#clip !== null;
  }

  get isSlateOn(): boolean {
    return this.#player !== null;
  }

  get isSilenceOn(): boolean {
    return this.#silence !== null;
  }

  /** How long the slate has been on, in all. */
  get slateMs(): number {
    return this.#slateMs + (this.#player === null ? 0 : this.#clock.monotonicMs() - this.#slateSinceMs);
  }

  /**
   * The slate's first frame is sent at once, right behind the last picture.
   * @param mayBeginSound whether the program may get a sound track that it did not have: only before the first source.
   */
  startSlate(mayBeginSound: boolean): void {
    if (this.#clip === null || this.#player !== null) return;
    const { clip, frames } = this.#clip;
    const programNowMs = this.#program.nowMs();
    const startMs = this.#output.line.nextKeyMs(frames[0]?.compositionMs ?? 0) ?? programNowMs;
    const { audioHeader, metadata } = clip;
    if (metadata && this.#output.headers.metadata === null) this.#output.sendMetadata(at(metadata, startMs));
    // Who starts with this key frame is to know of the sound from the beginning.
    if (mayBeginSound && audioHeader !== null)
      this.#output.announce({ video: null, audio: at(audioHeader, startMs) });
    this.#slateSinceMs = this.#clock.monotonicMs();
    this.#player = new SlatePlayer(this.#output, clip, frames, startMs);
  }

  /** The source's picture is back, with a key frame of that decoding and presentation time: the slate goes up to it. */
  endSlate(keyMs: number, keyPresentationMs: number): void {
    this.#player?.sendBefore(keyMs, keyPresentationMs);
    this.stopSlate();
  }

  stopSlate(): void {
    this.#slateMs = this.slateMs;
    this.#player = null;
  }

  /** Sends the slate's pictures that have fallen due. @param hasSound whether the source's sound goes on beside it. */
  runSlate(hasSound: boolean): void {
    const soundMs = this.#output.line.lastMs('audio');
    if (hasSound && soundMs !== null) this.#player?.followAudio(soundMs, MAX_CATCH_UP_MS);
    else this.#player?.followClock(this.#program.nowMs(), this.#clock.monotonicMs(), MAX_CATCH_UP_MS);
  }

  /** Sends silence up to where the picture is, in the format of the sound before. */
  runSilence(): void {
    const pictureMs = this.#output.line.lastMs('video');
    if (pictureMs === null) return;
    this.#silence ??= this.#makeSilence(pictureMs);
    this.#silence?.sendUntil(pictureMs, MAX_CATCH_UP_MS);
  }

  /** The source's sound is back: silence closes what is left before it. */
  endSilence(soundMs: number): void {
    this.#silence?.sendUntil(soundMs - this.#output.line.intervalMs('audio'), MAX_CATCH_UP_MS);
    this.#silence = null;
  }

  /** A source with sound in another format comes on air: silence in the old one goes up to it, and never after it. */
  endSilenceFor(header: AudioTag | null, startMs: number): void {
    if (header !== null && !hasSamePayload(header, this.#output.headers.audio)) this.endSilence(startMs);
  }

  #makeSilence(pictureMs: number): Silence | null {
    const header = this.#output.headers.audio;
    const frame = header && silentFrameFor(header);
    if (!header || !frame) return null;
    return new Silence(this.#output, header, frame, this.#output.line.expectedMs('audio') ?? pictureMs);
  }
}
