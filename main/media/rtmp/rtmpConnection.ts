/**
 * The client's end of one RTMP connection, on an open socket: handshake, chunks in both directions, acknowledgements,
 * pings. It knows nothing of publishing: commands go up, messages come down.
 * It ends when the socket does, and the other way round.
 *
 *   greeting ──handshake──▶ open ──end()──▶ closing ──▶ closed         (any) ──error, peer closes──▶ closed
 */
import type { Socket } from 'node:net';
import { ChunkReader } from './chunkReader.ts';
import { ChunkWriter } from './chunkWriter.ts';
import { parseCommand, type RtmpCommand } from './commandMessage.ts';
import { betterWindow, ConfirmedBytes } from './confirmedBytes.ts';
import { createClientHandshake } from './handshake.ts';
import { MediaPacker, type Packed } from './mediaPacker.ts';
import * as control from './protocolControl.ts';
import type { RtmpMessage } from './rtmpMessage.ts';
import { SliceJoiner } from './sliceJoiner.ts';
import type { Transport } from './transport.ts';

/** Servers say little; whoever claims more is none. */
const MAX_RECEIVED_MESSAGE_BYTES = 256 * 1024;

/** Shared: destinations of one stream send the same pieces one after the other. */
const sliceJoiner = new SliceJoiner();

export interface ConnectionEvents {
  /** The handshake is done. */
  onOpen(): void;
  onCommand(command: RtmpCommand): void;
  /** Everything handed over has left for the kernel. */
  onDrain(): void;
  /** Called once. `cause`: what broke the connection; null when it was closed in good order, by whichever side. */
  onClosed(cause: Error | null): void;
}

export class RtmpConnection {
  readonly #socket: Socket;
  #events: ConnectionEvents;
  readonly #handshake = createClientHandshake();
  readonly #reader = new ChunkReader((message) => this.#onMessage(message), {
    maxMessageBytes: MAX_RECEIVED_MESSAGE_BYTES,
  });
  readonly #writer = new ChunkWriter();
  readonly #confirmed: ConfirmedBytes;
  #isOpen = false;
  #cause: Error | null = null;
  #sentBytes = 0;
  #receivedBytes = 0;
  #acknowledgedBytes = 0;
  #peerWindowBytes = Number.POSITIVE_INFINITY;

  /** `windowBytes`: the acknowledgement window that will be announced to the peer. */
  constructor({ socket, receiver }: Transport, windowBytes: number, events: ConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#confirmed = new ConfirmedBytes(windowBytes);
    receiver.onBytes = (bytes) => this.#receive(bytes);
    socket.on('drain', () => this.#events.onDrain());
    socket.on('error', (error) => {
      this.#cause ??= error;
    });
    socket.on('close', () => this.#events.onClosed(this.#cause));
  }

  /** Hands the connection over to another listener, from the next event on. */
  setEvents(events: ConnectionEvents): void {
    this.#events = events;
  }

  /** Begins the handshake. */
  start(): void {
    this.#write(this.#handshake.hello);
  }

  /** For the media of one message stream on this connection; what it packs goes to `sendPacked`, in order. */
  createPacker(streamId: number): MediaPacker {
    return new MediaPacker(this.#writer, streamId);
  }

  /** Sends packed media in one system call, while the peer keeps up. */
  sendPacked({ slices, bytes }: Packed): void {
    if (slices.length === 0) return;
    this.#sentBytes += bytes;
    // A socket that has a backlog would keep the joined piece for long: it gets references instead.
    if (bytes > sliceJoiner.maxBytes || this.#socket.writableLength > 0) this.#writeApart(slices);
    else this.#writeJoined(slices, bytes);
  }

  #writeJoined(slices: readonly Buffer[], bytes: number): void {
    this.#socket.write(sliceJoiner.join(slices, bytes));
    if (this.#socket.writableLength > 0) sliceJoiner.giveAway();
  }

  #writeApart(slices: readonly Buffer[]): void {
    this.#socket.cork();
    for (const slice of slices) this.#socket.write(slice);
    this.#socket.uncork();
  }

  /** Sends messages at once. */
  send(messages: readonly RtmpMessage[]): void {
    const slices: Buffer[] = [];
    let bytes = 0;
    for (const message of messages) bytes += this.#writer.append(slices, message);
    this.sendPacked({ slices, bytes });
  }

  /** Asks the peer to acknowledge after other amounts than before, if the measured bitrate calls for it. */
  noteBitrate(bitrateKbps: number): void {
    const windowBytes = betterWindow(this.#confirmed.windowBytes, bitrateKbps);
    if (windowBytes === null) return;
    this.#confirmed.changeWindow(windowBytes);
    this.send([control.windowAcknowledgementSize(windowBytes)]);
  }

  /** Bytes accepted and still on this side of the kernel. */
  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  /** Bytes handed to the socket so far, handshake included. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Bytes that the peer has confirmed; see ConfirmedBytes. */
  confirmedBytes(nowMs: number): number {
    return this.#confirmed.confirmed(this.#sentBytes - this.#socket.writableLength, nowMs);
  }

  /** Closes our direction once everything is sent; the peer then closes its own. */
  end(): void {
    this.#socket.end();
  }

  /** Breaks the connection off now. `cause` is handed to `onClosed`. */
  destroy(cause: Error | null): void {
    this.#cause ??= cause;
    this.#socket.destroy();
  }

  #write(bytes: Buffer): void {
    this.#sentBytes += bytes.length;
    this.#socket.write(bytes);
  }

  #receive(bytes: Buffer): void {
    this.#receivedBytes += bytes.length;
    try {
      if (this.#isOpen) this.#reader.push(bytes);
      else this.#greet(bytes);
    } catch (error) {
      this.destroy(error as Error);
      return;
    }
    if (this.#receivedBytes - this.#acknowledgedBytes < this.#peerWindowBytes) return;
    this.#acknowledgedBytes = this.#receivedBytes;
    this.send([control.acknowledgement(this.#receivedBytes)]);
  }

  #greet(bytes: Buffer): void {
    // The handshake keeps what it gets; the receive buffer is used again.
    const { reply, isDone, rest } = this.#handshake.push(Buffer.from(bytes));
    if (reply !== null) this.#write(reply);
    if (!isDone) return;
    this.#isOpen = true;
    this.#events.onOpen();
    this.#reader.push(rest);
  }

  #onMessage(message: RtmpMessage): void {
    const parsed = control.parseProtocolControl(message);
    if (parsed !== null) {
      this.#onControl(parsed);
      return;
    }
    const command = parseCommand(message);
    if (command !== null) this.#events.onCommand(command);
  }

  #onControl(message: control.ProtocolControl): void {
    switch (message.kind) {
      case 'acknowledgement':
        this.#confirmed.acknowledge(message.sequence, this.#sentBytes);
        return;
      case 'windowAcknowledgementSize':
        this.#peerWindowBytes = Math.max(1, message.bytes);
        return;
      case 'setPeerBandwidth':
        return; // Asks for a window announcement in answer; ours was chosen for this stream and stays.
      case 'userControl':
        if (message.event !== control.userControlEvent.pingRequest) return;
        this.send([control.pingResponse(message.data)]);
        return;
    }
  }
}
