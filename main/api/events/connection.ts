/**
 * One WebSocket client. Whatever it sends or fails to read ends this connection at most.
 *
 *   greeting ──every stream sent once──▶ flowing ──close, error, slow, silent, misuse, token revoked──▶ closed
 */
import { StreamwareError, toStreamwareError } from '../../contract/errors.ts';
import { clientMessageSchema, type EngineEvent, type ServerMessage } from '../../contract/events.ts';
import { parseWith } from '../../contract/parse.ts';
import type { Stream } from '../../contract/streams.ts';
import type { Clock } from '../../lib/clock.ts';
import { RateLimiter } from '../rateLimiter.ts';
import { Subscriptions } from './subscriptions.ts';

/** The part of a `ws` socket that is used. */
export interface ClientSocket {
  readonly bufferedAmount: number;
  /** @param onGone called when it has left this process, or never will */
  send(text: string, onGone?: () => void): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown;
  on(event: 'pong' | 'close', listener: () => void): unknown;
}

export interface ConnectionParts {
  readonly clock: Clock;
  /** All streams as they are, for the greeting and after subscribing. */
  readonly snapshot: () => Promise<readonly Stream[]>;
  readonly onClosed: () => void;
}

/** Close codes of RFC 6455 §7.4.1. */
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;

/** A reader this far behind does not read. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** Measurements are left out for a reader this far behind; the next ones replace them anyway. */
const BUSY_BYTES = 64 * 1024;
const GOODBYE_MS = 500;
const MAX_WAITING_EVENTS = 1000;
const MAX_BAD_MESSAGES = 10;
const MESSAGE_LIMIT = { perSecond: 20, burst: 120 };

export class EventConnection {
  readonly tokenId: string | null;
  readonly #socket: ClientSocket;
  readonly #parts: ConnectionParts;
  readonly #subscriptions = new Subscriptions();
  readonly #messages: RateLimiter;
  /** Events that happen while the greeting is sent: sent after it, so that the newer one comes last. */
  #waiting: EngineEvent[] | null = null;
  #greetings = 0;
  /** Greetings that wait for their reader. */
  readonly #held: (() => void)[] = [];
  #badMessages = 0;
  #hasAnswered = true;
  #isClosed = false;

  constructor(socket: ClientSocket, tokenId: string | null, parts: ConnectionParts) {
    this.#socket = socket;
    this.tokenId = tokenId;
    this.#parts = parts;
    this.#messages = new RateLimiter(MESSAGE_LIMIT, parts.clock);
    socket.on('message', (data, isBinary) => void this.#receive(data, isBinary));
    socket.on('pong', () => {
      this.#hasAnswered = true;
    });
    socket.on('close', () => this.#markClosed());
  }

  /**
   * Sends every stream as it is; then events flow. As fast as they are read: many streams are more than any buffer holds.
   * Asked again before that is done, because the subscriptions changed, it begins anew.
   */
  async greet(): Promise<void> {
    this.#waiting ??= [];
    this.#greetings += 1;
    const greeting = this.#greetings;
    const streams = await this.#parts.snapshot().catch(() => []);
    const at = this.#parts.clock.nowMs();
    for (const stream of streams) {
      if (greeting !== this.#greetings || this.#isClosed) return;
      this.#offer({ type: 'streamChanged', at, streamId: stream.id, stream });
      if (this.#socket.bufferedAmount > BUSY_BYTES) await this.#untilSent();
    }
    if (greeting !== this.#greetings) return;
    const waiting: readonly EngineEvent[] = this.#waiting ?? [];
    this.#waiting = null;
    for (const event of waiting) this.#offer(event);
  }

  /** @param text the event as JSON, made once for all connections */
  deliver(event: EngineEvent, text?: string): void {
    if (this.#waiting === null) this.#offer(event, text);
    else if (isMeasurement(event)) return;
    else if (this.#waiting.length < MAX_WAITING_EVENTS) this.#waiting.push(event);
    else this.drop();
  }

  /** Called by the heartbeat: a client that did not answer the last ping is gone. */
  beat(): void {
    if (!this.#hasAnswered) {
      this.drop();
      return;
    }
    this.#hasAnswered = false;
    this.#socket.ping();
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#socket.close(code, reason);
    this.#markClosed();
  }

  /** Says goodbye, and does not wait long for the answer. */
  closeForGood(): void {
    this.close(GOING_AWAY, 'the engine stops');
    this.#parts.clock.after(GOODBYE_MS, () => this.#socket.terminate());
  }

  closeRevoked(): void {
    this.close(POLICY_VIOLATION, 'the token was revoked');
  }

  /** Without waiting for what is still to be sent. */
  drop(): void {
    this.#socket.terminate();
    this.#markClosed();
  }

  #markClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#goOn();
    this.#parts.onClosed();
  }

  #offer(event: EngineEvent, text?: string): void {
    if (this.#isClosed) return;
    if (isMeasurement(event) && this.#socket.bufferedAmount > BUSY_BYTES) return;
    const isWanted = this.#subscriptions.take(event, this.#parts.clock.monotonicMs());
    if (isWanted) this.#send(text ?? JSON.stringify(event));
  }

  #send(text: string): void {
    if (this.#isClosed) return;
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) this.drop();
    else this.#socket.send(text, () => this.#goOn());
  }

  /** Resolves when the reader has caught up, or is gone. */
  #untilSent(): Promise<void> {
    return new Promise((resolve) => void this.#held.push(resolve));
  }

  #goOn(): void {
    if (!this.#isClosed && this.#socket.bufferedAmount > BUSY_BYTES) return;
    for (const resume of this.#held.splice(0)) resume();
  }

  #answer(message: ServerMessage): void {
    this.#send(JSON.stringify(message));
  }

  async #receive(data: Buffer, isBinary: boolean): Promise<void> {
    if (this.#isClosed) return;
    if (isBinary) return this.close(UNSUPPORTED_DATA, 'only text is understood');
    if (!this.#messages.take('').isAllowed) return this.close(POLICY_VIOLATION, 'too many messages');
    try {
      await this.#handle(data.toString('utf8'));
    } catch (thrown) {
      this.#badMessages += 1;
      if (this.#badMessages >= MAX_BAD_MESSAGES)
        return this.close(POLICY_VIOLATION, 'too many messages that cannot be used');
      this.#answer({
        type: 'error',
        at: this.#parts.clock.nowMs(),
        problem: toStreamwareError(thrown).toProblem(),
      });
    }
  }

  async #handle(text: string): Promise<void> {
    const message = parseWith(clientMessageSchema, parseJson(text));
    const at = this.#parts.clock.nowMs();
    if (message.type === 'ping') return this.#answer({ type: 'pong', at });
    if (message.type === 'unsubscribe') this.#subscriptions.unsubscribe(message.id);
    else if (!this.#subscriptions.subscribe(message))
      return this.close(POLICY_VIOLATION, 'too many subscriptions');
    this.#answer({ type: 'subscribed', at, subscriptions: this.#subscriptions.ids });
    if (message.type === 'subscribe') await this.greet();
  }
}

/** A newer one replaces it. */
function isMeasurement({ type }: EngineEvent): boolean {
  return type === 'health' || type === 'engine';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its text would repeat a piece of the message.
    throw new StreamwareError('request.invalid', { detail: 'The message is not JSON.' });
  }
}
