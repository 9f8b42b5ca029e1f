import type { Clock } from '../../../lib/clock.ts';
import type { MediaTag } from '../../flv/mediaTag.ts';
import type { Amf0Object } from '../amf0.ts';
import type { RtmpMessage } from '../rtmpMessage.ts';
import type { IngestConsumer, IngestEndReason, IngestPublisher, IngestSlot } from './ingestSlot.ts';
import { MediaMessages } from './mediaMessages.ts';

/** A publisher that sends nothing is reported after these times, milliseconds, once each until it sends again. */
const SILENCE_REPORTS_MS = [5_000, 30_000] as const;
/**
 * A publisher silent for longer gives way to another one with its key: a phone that lost its network
 * comes back before its old connection is known to be dead.
 */
const GIVES_WAY_AFTER_MS = 5_000;

/** What a publication needs from the connection it runs on. */
export interface PublishingConnection {
  readonly address: string;
  readonly encoder: string;
  readonly bytesReceived: number;
  /** Ends the connection; the publication is ended with this reason. */
  shut(reason: IngestEndReason): void;
}

/** One publisher in one slot, from the accepted publish to its end. */
export class Publication implements IngestPublisher {
  readonly slotId: string;
  readonly publishingSince: number;
  readonly #connection: PublishingConnection;
  readonly #clock: Clock;
  readonly #media = new MediaMessages();
  readonly #consumer: IngestConsumer;
  #lastMediaMs: number;
  #silenceReports = 0;
  #hasEnded = false;

  constructor(slot: IngestSlot, connection: PublishingConnection, clock: Clock) {
    this.slotId = slot.id;
    this.publishingSince = clock.nowMs();
    this.#connection = connection;
    this.#clock = clock;
    this.#lastMediaMs = clock.monotonicMs();
    this.#consumer = slot.accept(this);
  }

  get address(): string {
    return this.#connection.address;
  }

  get encoder(): string {
    return this.#connection.encoder;
  }

  get bytesReceived(): number {
    return this.#connection.bytesReceived;
  }

  get silentMs(): number {
    return Math.round(this.#clock.monotonicMs() - this.#lastMediaMs);
  }

  get metadata(): Amf0Object | null {
    return this.#media.metadata;
  }

  /** Whether another publisher with the same key may take its place. */
  get givesWay(): boolean {
    return this.silentMs > GIVES_WAY_AFTER_MS;
  }

  drop(): void {
    this.#connection.shut('dropped');
  }

  /** Gives its place to another publisher. */
  replace(): void {
    this.#connection.shut('replaced');
  }

  /** Hands the media of a message on. Throws `media.malformed`. */
  take(message: RtmpMessage): void {
    if (!this.#hasEnded) this.#media.read(message, this.#deliver);
  }

  /** To be called about once a second. */
  checkSilence(): void {
    const thresholdMs = SILENCE_REPORTS_MS[this.#silenceReports];
    if (thresholdMs === undefined || this.#hasEnded || this.silentMs < thresholdMs) return;
    this.#silenceReports++;
    this.#consumer.silence?.(thresholdMs);
  }

  /** Tells the consumer that it is over. Only the first call counts; true for that one. */
  end(reason: IngestEndReason): boolean {
    if (this.#hasEnded) return false;
    this.#hasEnded = true;
    this.#consumer.end(reason);
    return true;
  }

  readonly #deliver = (tag: MediaTag): void => {
    if (tag.kind !== 'data') {
      this.#lastMediaMs = this.#clock.monotonicMs();
      this.#silenceReports = 0;
    }
    this.#consumer.push(tag);
  };
}
