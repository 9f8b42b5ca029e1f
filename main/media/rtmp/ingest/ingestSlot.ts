import type { MediaTag } from '../../flv/mediaTag.ts';
import type { Amf0Object } from '../amf0.ts';

/** Why a publisher is one no longer. */
export type IngestEndReason =
  /** It said that it stops. */
  | 'unpublished'
  /** Its connection ended, or was found dead. */
  | 'disconnected'
  /** It had been silent, and another one came with the same key. */
  | 'replaced'
  /** What it sent was no RTMP any more, or beyond the limits. */
  | 'protocol_error'
  /** The key was taken away, or `drop` was called. */
  | 'dropped'
  /** The ingest was closed. */
  | 'closed';

/** Takes what one publisher sends; a relay's `TagSource` is one. Must return at once and never throw. */
export interface IngestConsumer {
  /** Tags on the publisher's own timeline, in the order they came. Metadata is a data tag without @setDataFrame. */
  push(tag: MediaTag): void;
  /** Nothing more will come from this publisher. Called once. */
  end(reason: IngestEndReason): void;
  /**
   * The publisher is connected and has sent no sound and no picture for this long: called at 5 000 and at 30 000 ms.
   * It keeps its place; the next `push` is its return.
   */
  silence?(silentMs: number): void;
}

/** A publisher as its consumer may know it. */
export interface IngestPublisher {
  readonly slotId: string;
  /** Where it connects from, without the port. */
  readonly address: string;
  /** What it calls itself (`FMLE/3.0 (compatible; FMSc/1.0)`), cut to 64 printable characters. */
  readonly encoder: string;
  /** Wall clock, UTC epoch milliseconds. */
  readonly publishingSince: number;
  /** Everything received on its connection, behind the handshake. */
  readonly bytesReceived: number;
  /** Milliseconds since its last sound or picture, or since it began. */
  readonly silentMs: number;
  /** The fields of its last onMetaData, as it sent them; null before. Its strings are a stranger's. */
  readonly metadata: Amf0Object | null;
  /** Ends its connection. */
  drop(): void;
}

/** One place to publish to. At most one publisher is in it at a time. */
export interface IngestSlot {
  /** Names it in logs and lists, such as the stream's id. Never the key. */
  readonly id: string;
  /** Called when a publisher was accepted; what it sends goes to the consumer returned. Must not throw. */
  accept(publisher: IngestPublisher): IngestConsumer;
}

export type IngestDecision =
  | { readonly kind: 'accept'; readonly slot: IngestSlot }
  /** `description` is shown to the person at the publishing program. */
  | { readonly kind: 'refuse'; readonly description: string };
