import { AAC_FRAME_SAMPLES, parseAacHeaderTag, silentAacTag } from '../flv/aac.ts';
import type { AudioTag } from '../flv/mediaTag.ts';
import type { ProgramOutput } from './programOutput.ts';

/** SBR doubles the samples of a frame (ISO/IEC 14496-3, 4.6.18). */
const SBR_OBJECT_TYPES: ReadonlySet<number> = new Set([5, 29]);
const PARAMETRIC_STEREO = 29;

interface SilentFrame {
  readonly tag: AudioTag;
  readonly durationMs: number;
}

/** A silent frame for a track with that header; null when none can be made (not AAC, more than two channels). */
export function silentFrameFor(header: AudioTag): SilentFrame | null {
  if (header.codec !== 'aac') return null;
  try {
    const { objectType, sampleRateHz, channels } = parseAacHeaderTag(header);
    if (channels !== 1 && channels !== 2) return null;
    const samples = SBR_OBJECT_TYPES.has(objectType) ? 2 * AAC_FRAME_SAMPLES : AAC_FRAME_SAMPLES;
    const coreChannels = objectType === PARAMETRIC_STEREO ? 1 : channels;
    return { tag: silentAacTag(coreChannels, 0), durationMs: (samples * 1000) / sampleRateHz };
  } catch {
    return null; // A header nobody can read gets no silence; what the source sends was passed on as it came.
  }
}

/** Silence in the format of the sound before it, frame after frame, in place of a source that sends none. */
export class Silence {
  readonly #output: ProgramOutput;
  readonly #header: AudioTag;
  readonly #frame: SilentFrame;
  #nextMs: number;

  constructor(output: ProgramOutput, header: AudioTag, frame: SilentFrame, startMs: number) {
    this.#output = output;
    this.#header = header;
    this.#frame = frame;
    this.#nextMs = startMs;
  }

  /** Sends every frame that begins at or before `dueMs`. What is longer than `maxCatchUpMs` ago is left out. */
  sendUntil(dueMs: number, maxCatchUpMs: number): void {
    if (dueMs - this.#nextMs > maxCatchUpMs) this.#nextMs = dueMs;
    for (; this.#nextMs <= dueMs; this.#nextMs += this.#frame.durationMs) {
      this.#output.sendAudio({ ...this.#frame.tag, timestampMs: Math.round(this.#nextMs) }, this.#header);
    }
  }
}
