/**
 * The RTMP and RTMPS destination: one connection over which one stream is published. No child process, no queue of
 * its own beyond what the socket has not taken yet, no retries: the supervisor owns those. A further connection within
 * `open` is made only where the server demands it, to authenticate or to go elsewhere.
 *
 *   idle ──open──▶ opening ──publish accepted──▶ live ──close──▶ closing ──▶ over
 *                     └──────refused, time-out, abort──────┴──connection lost──▶ over
 */
import { StreamwareError, toStreamwareError } from '../../contract/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import { Redactor } from '../../lib/redactor.ts';
import type { Secret } from '../../lib/secret.ts';
import type { MediaTag } from '../flv/mediaTag.ts';
import type { OutputSession, SessionProgress } from '../outputs/outputSession.ts';
import { asObject, type RtmpCommand, textOf } from './commandMessage.ts';
import { acknowledgementWindow } from './confirmedBytes.ts';
import { type FlushScheduler, sharedFlushScheduler } from './flushScheduler.ts';
import type { MediaPacker } from './mediaPacker.ts';
import { openPublish, type PublishLink } from './openPublish.ts';
import { unpublishMessages } from './publishNegotiation.ts';
import { endsPublishing, isRefusal, parseStatus, rejectionError } from './rejection.ts';
import type { ConnectionEvents } from './rtmpConnection.ts';
import { type RtmpTarget, redactedTarget } from './rtmpUrl.ts';
import { connectionError } from './socketErrors.ts';

/** A little under the ten seconds within which a person is told why a destination does not work. */
const DEFAULT_TIMEOUT_MS = 9000;
const DEFAULT_BITRATE_KBPS = 1000;
/** Gathered bytes beyond this are sent without waiting for the common flush. */
const FLUSH_BYTES = 256 * 1024;
/** Above this `write` asks for a pause. */
const HIGH_WATER_BYTES = 512 * 1024;
/** How long the bitrate is measured before the acknowledgement window is thought over. */
const BITRATE_SPAN_MS = 3000;

export interface RtmpPublisherOptions {
  readonly target: RtmpTarget;
  readonly key: Secret;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Besides the key and the password of this target, which are always removed from what is logged or reported. */
  readonly redactor?: Redactor;
  /** Accepts any certificate. Default false. */
  readonly allowInsecureTls?: boolean;
  /** PEM certificates trusted besides the public authorities. */
  readonly trustedCertificates?: readonly string[];
  /** What the stream will carry, kbit/s; sizes the acknowledgement window. Default 1000. */
  readonly bitrateKbps?: number;
  /** Default 9000 each. */
  readonly connectTimeoutMs?: number;
  readonly handshakeTimeoutMs?: number;
  /** The server wants the next connection at this address (Enhanced RTMP); null: at the same one. The session ends with `destination.redirected`. */
  readonly onReconnectRequest?: (tcUrl: string | null) => void;
  /** Default: shared by all publishers on the clock. */
  readonly flushScheduler?: FlushScheduler;
}

/** One attempt to publish. See OutputSession for the order of calls. */
export function createRtmpPublisher(options: RtmpPublisherOptions): OutputSession {
  return new RtmpPublisher(options);
}

type State =
  | { readonly kind: 'idle' | 'opening' | 'over' }
  | { readonly kind: 'live' | 'closing'; readonly link: PublishLink; readonly packer: MediaPacker };

class RtmpPublisher implements OutputSession {
  onDrain: () => void = () => undefined;
  readonly ended: Promise<StreamwareError | null>;
  readonly #options: RtmpPublisherOptions;
  readonly #logger: Logger;
  readonly #scrub: (text: string) => string;
  readonly #scheduler: FlushScheduler;
  readonly #abort = new AbortController();
  #state: State = { kind: 'idle' };
  #settleEnded: (error: StreamwareError | null) => void = () => undefined;
  /** Tags since the last flush. */
  #batch: MediaTag[] = [];
  #batchBytes = 0;
  #isFlushRequested = false;
  #lastFlushMs = Number.NEGATIVE_INFINITY;
  #measuredFrom: { readonly sentBytes: number; readonly atMs: number } | null = null;
  #isBlocked = false;
  #lastProgress: SessionProgress = { bytesSent: 0, bytesConfirmed: 0, bytesPending: 0, rttMs: null };

  constructor(options: RtmpPublisherOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ target: redactedTarget(options.target) });
    this.#scrub = createScrubber(options);
    this.#scheduler = options.flushScheduler ?? sharedFlushScheduler(options.clock);
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
  }

  async open(signal: AbortSignal): Promise<void> {
    this.#state = { kind: 'opening' };
    const { key, target, clock, bitrateKbps = DEFAULT_BITRATE_KBPS } = this.#options;
    const { connectTimeoutMs = DEFAULT_TIMEOUT_MS, handshakeTimeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    try {
      const link = await openPublish(
        {
          target,
          key,
          clock,
          connectTimeoutMs,
          handshakeTimeoutMs,
          secureTimeoutMs: handshakeTimeoutMs,
          allowInsecureTls: this.#options.allowInsecureTls ?? false,
          trustedCertificates: this.#options.trustedCertificates ?? [],
          windowBytes: acknowledgementWindow(bitrateKbps),
          scrub: this.#scrub,
        },
        this.#liveEvents(),
        AbortSignal.any([signal, this.#abort.signal]),
      );
      const packer = link.connection.createPacker(link.streamId);
      this.#state = { kind: 'live', link, packer };
      this.#logger.debug('rtmp publish accepted', { by: redactedTarget(link.target), rttMs: link.rttMs });
    } catch (error) {
      const isAbort = signal.aborted || this.#abort.signal.aborted;
      const reason = isAbort ? null : toStreamwareError(error);
      this.#finish(reason);
      throw reason ?? error;
    }
  }

  write(tag: MediaTag): boolean {
    if (this.#state.kind !== 'live') return false;
    this.#batch.push(tag);
    this.#batchBytes += tag.payload.length;
    if (this.#batchBytes >= FLUSH_BYTES) {
      this.#sendBatch();
    } else if (!this.#isFlushRequested) {
      this.#isFlushRequested = true;
      this.#scheduler.request(this.#flush, this.#lastFlushMs);
    }
    return !this.#isBlocked;
  }

  progress(): SessionProgress {
    if (this.#state.kind !== 'live' && this.#state.kind !== 'closing') return this.#lastProgress;
    const { connection, rttMs } = this.#state.link;
    const bytesPending = this.#batchBytes + connection.pendingBytes;
    this.#lastProgress = {
      bytesSent: connection.sentBytes,
      bytesConfirmed: connection.confirmedBytes(this.#options.clock.monotonicMs()),
      bytesPending,
      rttMs,
    };
    return this.#lastProgress;
  }

  async close(graceMs: number): Promise<void> {
    if (this.#state.kind === 'idle') this.#finish(null);
    if (this.#state.kind === 'opening') this.#abort.abort();
    if (this.#state.kind === 'live') this.#endPublish(this.#state.link, graceMs);
    await this.ended;
  }

  #endPublish(link: PublishLink, graceMs: number): void {
    const { connection, streamId } = link;
    this.#sendBatch();
    if (this.#state.kind !== 'live') return;
    this.#state = { ...this.#state, kind: 'closing' };
    connection.send(unpublishMessages(streamId, this.#options.key.reveal()));
    connection.end();
    const timer = this.#options.clock.after(graceMs, () => connection.destroy(null));
    void this.ended.then(() => timer.cancel());
  }

  /** Bound once, so that asking for a flush makes no new function. */
  readonly #flush = (nowMs: number): void => {
    this.#isFlushRequested = false;
    this.#lastFlushMs = nowMs;
    this.#sendBatch();
    this.#measureBitrate(nowMs);
  };

  #sendBatch(): void {
    if (this.#state.kind !== 'live' || this.#batch.length === 0) return;
    const { link, packer } = this.#state;
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    link.connection.sendPacked(packer.pack(batch));
    this.#isBlocked = link.connection.pendingBytes >= HIGH_WATER_BYTES;
  }

  #measureBitrate(nowMs: number): void {
    if (this.#state.kind !== 'live') return;
    const { connection } = this.#state.link;
    const { sentBytes } = connection;
    // What a new session gets at once, from the last key frame on, is not the bitrate: hence not from the start.
    this.#measuredFrom ??= { sentBytes, atMs: nowMs };
    const elapsedMs = nowMs - this.#measuredFrom.atMs;
    if (elapsedMs < BITRATE_SPAN_MS) return;
    connection.noteBitrate(((sentBytes - this.#measuredFrom.sentBytes) * 8) / elapsedMs);
    this.#measuredFrom = { sentBytes, atMs: nowMs };
  }

  #liveEvents(): ConnectionEvents {
    return {
      onOpen: () => undefined,
      onCommand: (command) => this.#onCommand(command),
      onDrain: () => this.#onDrained(),
      onClosed: (cause) => this.#onClosed(cause),
    };
  }

  #onDrained(): void {
    if (!this.#isBlocked || this.#state.kind !== 'live') return;
    this.#isBlocked = false;
    this.onDrain();
  }

  #onClosed(cause: Error | null): void {
    const isAsked = this.#state.kind === 'closing';
    this.progress();
    this.#finish(isAsked ? null : connectionError(cause, 'live', this.#options.target.host));
  }

  /** What a server says to a running publish: that it ends it, or that we should move. */
  #onCommand(command: RtmpCommand): void {
    if (command.name !== 'onStatus' && command.name !== 'close') return;
    const status = parseStatus(command.values[1]);
    if (/^netconnection\.connect\.reconnectrequest$/i.test(status.code)) this.#onReconnectRequest(command);
    else if (isRefusal(status) || endsPublishing(status))
      this.#breakOff(rejectionError(status, 'live', this.#scrub));
  }

  #onReconnectRequest(command: RtmpCommand): void {
    const tcUrl = textOf(asObject(command.values[1]), 'tcUrl');
    this.#options.onReconnectRequest?.(tcUrl === '' ? null : tcUrl);
    const detail = 'the server asks for a new connection';
    this.#breakOff(new StreamwareError('destination.redirected', { detail }));
  }

  #breakOff(error: StreamwareError): void {
    if (this.#state.kind === 'live') this.#state.link.connection.destroy(error);
  }

  #finish(error: StreamwareError | null): void {
    if (this.#state.kind === 'over') return;
    this.#state = { kind: 'over' };
    this.#lastProgress = { ...this.#lastProgress, bytesPending: 0 };
    this.#settleEnded(error);
  }
}

/** Removes this target's own secrets, whether or not anybody registered them. */
function createScrubber({ key, target, redactor }: RtmpPublisherOptions): (text: string) => string {
  const own = new Redactor();
  own.add(key.reveal());
  if (target.credentials !== null) own.add(target.credentials.password.reveal());
  return (text) => own.scrub(redactor?.scrub(text) ?? text);
}
