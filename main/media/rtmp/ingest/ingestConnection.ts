import type { Socket } from 'node:net';
import { StreamwareError } from '../../../contract/errors.ts';
import { assertNever } from '../../../lib/assertNever.ts';
import type { Clock, Timer } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/logger.ts';
import { ChunkReader } from '../chunkReader.ts';
import { ChunkWriter } from '../chunkWriter.ts';
import { parseCommand, type RtmpCommand } from '../commandMessage.ts';
import { createServerHandshake, type Handshake } from '../handshake.ts';
import {
  acknowledgement,
  parseProtocolControl,
  pingResponse,
  setChunkSize,
  userControlEvent,
} from '../protocolControl.ts';
import type { RtmpMessage } from '../rtmpMessage.ts';
import { Gathering } from './gathering.ts';
import { decideCommand } from './ingestCommands.ts';
import * as reply from './ingestReplies.ts';
import type { IngestEndReason } from './ingestSlot.ts';
import type { Publication, PublishingConnection } from './publication.ts';
import { streamAddress } from './streamAddress.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const PUBLISH_TIMEOUT_MS = 30_000;
/** How long the other side has to take our last words before the connection is cut. */
const LINGER_MS = 2_000;
const CHUNK_BYTES = 4_096;
/** A smaller window would make answers out of every few bytes. */
const MIN_WINDOW_BYTES = 16 * 1024;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024 - 1;
/** Commands are small; who sends more before it may publish wants our memory. */
const MAX_BYTES_BEFORE_PUBLISH = 256 * 1024;
/**
 * Of less than this nothing is left to gather. A sender of small pieces waits for each to be taken before it sends the
 * next one (Nagle's algorithm meets delayed acknowledgements), so waiting would slow it down to below real time.
 */
const WORTH_GATHERING_BYTES = 4 * 1024;
/** Node reads at most so much at once: there is more waiting, and it is read on. */
const FULL_READ_BYTES = 64 * 1024;
/** Answers that the other side does not read. */
const MAX_UNREAD_ANSWERS_BYTES = 256 * 1024;

export type PublishAnswer = { readonly kind: 'accepted'; readonly publication: Publication } | PublishRefusal;

export interface PublishRefusal {
  readonly kind: 'refused';
  readonly code: reply.RefusalCode;
  readonly description: string;
  /** How long to wait before saying so. */
  readonly delayMs: number;
}

/** The server as a connection sees it. */
export interface IngestHost {
  readonly clock: Clock;
  readonly logger: Logger;
  /** See RtmpIngestOptions. */
  readonly gatherMs: number;
  requestPublish(connection: IngestConnection, app: string, key: string): PublishAnswer;
  /** The publication's consumer has been told; the slot is free. */
  publicationEnded(publication: Publication, reason: IngestEndReason): void;
  connectionClosed(connection: IngestConnection): void;
}

/**
 * One connection to the ingest.
 *
 *   handshake ──C2──▶ connecting ──connect──▶ connected ──publish accepted──▶ publishing
 *       │                  │                   │    ▲                            │
 *       │ 10 s             │ 10 s         30 s │    └──────── unpublish ─────────┘
 *       ▼                  ▼                   ▼                                 │
 *    closing ◀─────── refused, limits, rubbish, shut() ◀─────────────────────────┘
 *
 * A dead machine at the other end is found by TCP keep-alive (30 s), not by RTMP pings: OBS never answers those, and a
 * publisher that is frozen or paused keeps its place for as long as its system answers for it.
 */
export class IngestConnection implements PublishingConnection {
  readonly address: string;
  readonly #socket: Socket;
  readonly #host: IngestHost;
  readonly #handshake: Handshake = createServerHandshake();
  readonly #reader = new ChunkReader((message) => this.#handleMessage(message), {
    maxMessageBytes: MAX_MESSAGE_BYTES,
  });
  readonly #writer = new ChunkWriter();
  #phase: 'handshake' | 'connecting' | 'connected' | 'publishing' | 'closing' = 'handshake';
  #outgoing: Buffer[] = [];
  #deadline: Timer;
  #app = '';
  #encoder = '';
  #streamIds = 0;
  #publication: Publication | null = null;
  #bytesReceived = 0;
  #bytesAcknowledged = 0;
  #bytesBeforePublish = 0;
  #peerWindowBytes = Number.POSITIVE_INFINITY;
  readonly #gathering: Gathering;
  #pause: Timer | null = null;

  constructor(socket: Socket, address: string, host: IngestHost) {
    this.#socket = socket;
    this.address = address;
    this.#host = host;
    this.#gathering = new Gathering(host.gatherMs);
    this.#deadline = this.#failAfter(CONNECT_TIMEOUT_MS, 'it did not connect in time');
    socket.on('data', (bytes) => {
      this.#receive(bytes);
      const isWorthIt = bytes.length >= WORTH_GATHERING_BYTES && bytes.length < FULL_READ_BYTES;
      if (this.#phase === 'publishing' && isWorthIt) this.#letGather();
    });
    socket.on('error', () => undefined); // 'close' follows and says all there is to say.
    socket.on('close', () => this.#handleClose());
  }

  get encoder(): string {
    return this.#encoder;
  }

  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** Ends it: the publication with this reason at once, the connection once the other side has read our last words. */
  shut(reason: IngestEndReason): void {
    this.#endPublication(reason);
    this.#closeGently();
  }

  /** Cuts it without another word. */
  destroy(reason: IngestEndReason): void {
    this.#endPublication(reason);
    this.#socket.destroy();
  }

  // --- receiving ---

  #receive(bytes: Buffer): void {
    if (this.#phase === 'closing') return;
    try {
      if (this.#phase === 'handshake') this.#takeHandshake(bytes);
      else this.#takeChunks(bytes);
      this.#flush();
    } catch (error) {
      this.#handleFailure(error);
    }
  }

  #letGather(): void {
    const { clock } = this.#host;
    const pauseMs = this.#gathering.pauseMs(this.#bytesReceived, clock.monotonicMs());
    if (pauseMs === 0) return;
    this.#socket.pause();
    this.#pause = clock.after(pauseMs, () => this.#socket.resume());
  }

  #takeHandshake(bytes: Buffer): void {
    const step = this.#handshake.push(bytes);
    if (step.reply !== null) this.#socket.write(step.reply);
    if (!step.isDone) return;
    this.#phase = 'connecting';
    if (step.rest.length > 0) this.#takeChunks(step.rest);
  }

  #takeChunks(bytes: Buffer): void {
    if (this.#phase !== 'publishing') this.#limitUnpublished(bytes.length);
    this.#reader.push(bytes);
    this.#bytesReceived += bytes.length;
    this.#acknowledge();
  }

  /**
   * Window by window, also within one large piece: a publisher that measures us by its window expects it like that.
   * One that named no window gets nothing: programs that do not read our answers (ffmpeg) lose what they have not sent
   * yet when they leave with such an answer unread.
   */
  #acknowledge(): void {
    while (this.#bytesReceived - this.#bytesAcknowledged >= this.#peerWindowBytes) {
      this.#bytesAcknowledged += this.#peerWindowBytes;
      this.#send(acknowledgement(this.#bytesAcknowledged));
    }
  }

  /** A window named late begins with what has come by then, not with all the acknowledgements that nobody asked for. */
  #setWindow(bytes: number): void {
    this.#peerWindowBytes = Math.max(bytes, MIN_WINDOW_BYTES);
    const latestMissed = this.#bytesReceived - this.#peerWindowBytes;
    this.#bytesAcknowledged = Math.max(this.#bytesAcknowledged, latestMissed);
  }

  #limitUnpublished(bytes: number): void {
    this.#bytesBeforePublish += bytes;
    if (this.#bytesBeforePublish <= MAX_BYTES_BEFORE_PUBLISH) return;
    throw new StreamwareError('media.malformed', { detail: 'it sent too much before it published' });
  }

  #handleMessage(message: RtmpMessage): void {
    if (this.#phase === 'closing') return;
    const command = parseCommand(message);
    const control = parseProtocolControl(message);
    if (command !== null) this.#handleCommand(command, message.streamId);
    else if (control === null) this.#publication?.take(message);
    else if (control.kind === 'windowAcknowledgementSize') this.#setWindow(control.bytes);
    else if (control.kind === 'userControl' && control.event === userControlEvent.pingRequest) {
      this.#send(pingResponse(control.data));
    }
  }

  // --- commands ---

  #handleCommand(command: RtmpCommand, streamId: number): void {
    const action = decideCommand(command);
    const { transactionId } = command;
    switch (action.kind) {
      case 'connect':
        this.#connect(transactionId, action.app, action.encoder);
        break;
      case 'rejectConnect':
        this.#send(reply.connectRejected(transactionId, action.description));
        this.#closeGently();
        break;
      case 'createStream':
        this.#send(reply.result(transactionId, ++this.#streamIds));
        break;
      case 'publish':
        this.#publish(streamId, action.name);
        break;
      case 'unpublish':
        this.#unpublish(streamId);
        break;
      case 'refusePlay':
        this.#send(reply.playRefused(streamId));
        break;
      case 'answer':
        if (transactionId > 0) this.#send(reply.result(transactionId, action.value));
        break;
      case 'unknown':
        if (transactionId > 0) this.#send(reply.callFailed(transactionId));
        break;
      case 'ignore':
        break;
      default:
        assertNever(action);
    }
  }

  #connect(transactionId: number, app: string, encoder: string): void {
    if (this.#phase !== 'connecting') return;
    this.#phase = 'connected';
    this.#app = app;
    this.#encoder = encoder;
    this.#restartDeadline(PUBLISH_TIMEOUT_MS, 'it did not publish in time');
    this.#send(...reply.greeting(), setChunkSize(CHUNK_BYTES), reply.connectAccepted(transactionId));
  }

  #publish(streamId: number, name: string): void {
    if (this.#phase === 'publishing') {
      const description = 'This connection publishes already.';
      this.#send(reply.publishRefused(streamId, 'NetStream.Publish.BadName', description));
    }
    if (this.#phase !== 'connected') return;
    const { app, key } = streamAddress(this.#app, name);
    const answer = this.#host.requestPublish(this, app, key);
    if (answer.kind === 'refused') this.#refuse(streamId, answer);
    else this.#startPublishing(streamId, answer.publication);
  }

  #startPublishing(streamId: number, publication: Publication): void {
    this.#publication = publication;
    this.#phase = 'publishing';
    this.#deadline.cancel();
    this.#send(...reply.publishStarted(streamId));
  }

  /** Says so, now or after the delay; what comes meanwhile is not looked at. */
  #refuse(streamId: number, refusal: PublishRefusal): void {
    const say = (): void => {
      this.#send(reply.publishRefused(streamId, refusal.code, refusal.description));
      this.#closeGently();
    };
    this.#phase = 'closing';
    this.#deadline.cancel();
    if (refusal.delayMs === 0) say();
    else this.#deadline = this.#host.clock.after(refusal.delayMs, say);
  }

  #unpublish(streamId: number): void {
    if (this.#phase !== 'publishing') return;
    this.#endPublication('unpublished');
    this.#phase = 'connected';
    this.#bytesBeforePublish = 0;
    this.#restartDeadline(PUBLISH_TIMEOUT_MS, 'it did not publish in time');
    this.#send(reply.unpublished(streamId));
  }

  // --- sending and ending ---

  #send(...messages: RtmpMessage[]): void {
    for (const message of messages) this.#writer.append(this.#outgoing, message);
  }

  #flush(): void {
    if (this.#outgoing.length === 0 || !this.#socket.writable) return;
    this.#socket.write(Buffer.concat(this.#outgoing));
    this.#outgoing = [];
    if (this.#socket.writableLength > MAX_UNREAD_ANSWERS_BYTES) this.#fail('it does not read our answers');
  }

  #handleFailure(error: unknown): void {
    if (error instanceof StreamwareError) {
      this.#fail(error.detail ?? error.message);
    } else {
      this.#host.logger.error('ingest connection failed unexpectedly', { address: this.address, error });
      this.destroy('dropped');
    }
  }

  #fail(why: string): void {
    this.#host.logger.info('ingest connection closed', { address: this.address, why });
    this.destroy('protocol_error');
  }

  #closeGently(): void {
    this.#phase = 'closing';
    this.#deadline.cancel();
    this.#flush();
    // What still arrives is read and thrown away: unread bytes would turn the end into a reset and lose our last words.
    this.#socket.end();
    this.#deadline = this.#host.clock.after(LINGER_MS, () => this.#socket.destroy());
  }

  #handleClose(): void {
    this.#phase = 'closing';
    this.#deadline.cancel();
    this.#pause?.cancel();
    this.#endPublication('disconnected');
    this.#host.connectionClosed(this);
  }

  #endPublication(reason: IngestEndReason): void {
    const publication = this.#publication;
    this.#publication = null;
    if (publication?.end(reason)) this.#host.publicationEnded(publication, reason);
  }

  #failAfter(delayMs: number, why: string): Timer {
    return this.#host.clock.after(delayMs, () => this.#fail(why));
  }

  #restartDeadline(delayMs: number, why: string): void {
    this.#deadline.cancel();
    this.#deadline = this.#failAfter(delayMs, why);
  }
}
