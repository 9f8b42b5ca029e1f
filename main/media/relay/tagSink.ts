import type { MediaTag } from '../flv/mediaTag.ts';

/**
 * Where the relay delivers. A sink gets, in this order: metadata, sequence headers, a key frame, then every tag
 * of its rendition on the output timeline, monotonic in both tracks. It must return at once and never throw:
 * a sink that is slow queues for itself.
 */
export interface TagSink {
  push(tag: MediaTag): void;
}

/** Where sources deliver. The relay implements it once per attached source. */
export interface TagSource {
  /** Tags on the source's own timeline, in the order they were made. */
  push(tag: MediaTag): void;
  /** No more tags will come. */
  end(): void;
}
