import type { MediaTag } from '../flv/mediaTag.ts';

/**
 * The timeline of one connection: begins at 0 with the first picture or sound and keeps the distance between the
 * tracks. Servers take such a session for a fresh one, whatever the program's own clock says. Neither track ever
 * goes back; a tag from before the start lands on 0.
 */
export class SessionTimeline {
  #baseMs: number | null = null;
  readonly #lastMs = { audio: 0, video: 0, data: 0 };

  /** The program's time that is 0 on this connection; null before the first picture or sound. */
  get baseMs(): number | null {
    return this.#baseMs;
  }

  /** The last timestamp of a track, 0 before its first. */
  lastMs(kind: MediaTag['kind']): number {
    return this.#lastMs[kind];
  }

  /** Goes on as if tags up to this timestamp had been rebased here. */
  advance(kind: MediaTag['kind'], timestampMs: number): void {
    this.#lastMs[kind] = timestampMs;
  }

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
