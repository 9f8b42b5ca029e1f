import type { MediaTag } from '../flv/mediaTag.ts';

/**
 * The timeline of one connection: begins at 0 with the first picture or sound and keeps the distance between the
 * tracks. Servers take such a session for a fresh one, whatever the program's own clock says. Neither track ever
 * goes back; a tag from before the start lands on 0.
 */
export class SessionTimeline {
  #baseMs: number | null = null;
  readonly #lastMs = { audio: 0, video: 0, data: 0 };

  /** The timestamp of `tag` on this connection, 0 or more. */
  rebase(tag: MediaTag): number {
    if (this.#baseMs === null && isMedia(tag)) this.#baseMs = tag.timestampMs;
    const relativeMs = this.#baseMs === null ? 0 : tag.timestampMs - this.#baseMs;
    const timestampMs = Math.max(this.#lastMs[tag.kind], relativeMs);
    this.#lastMs[tag.kind] = timestampMs;
    return timestampMs;
  }
}

/** Metadata and headers may bear any time; they do not begin a timeline. */
function isMedia(tag: MediaTag): boolean {
  return tag.kind !== 'data' && tag.frame !== 'header';
}
