/** One connection through a FaultProxy: client ⇄ server, under rules that may change at any time. */
import type { Socket } from 'node:net';
import { systemClock, type Timer } from '../../main/lib/clock.ts';

const PACE_INTERVAL_MS = 20;

/** Shared by all lines of a proxy; call `update` on each after a change. */
export interface LineRules {
  isStalled: boolean;
  bytesPerSecond: number | null;
  stallAfterBytes: number;
  resetAfterBytes: number;
}

export class FaultLine {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #rules: LineRules;
  readonly #onClosed: () => void;
  /** Read from the client, not yet passed on. */
  #waiting: Buffer[] = [];
  #bytesFromClient = 0;
  #bytesForwarded = 0;
  #pace: Timer | null = null;
  #isClosed = false;

  constructor(client: Socket, server: Socket, rules: LineRules, onClosed: () => void) {
    this.#client = client;
    this.#server = server;
    this.#rules = rules;
    this.#onClosed = onClosed;
    client.on('data', (chunk) => this.#takeFromClient(chunk));
    server.on('data', (chunk) => {
      if (!client.write(chunk)) server.pause();
    });
    client.on('drain', () => this.update());
    server.on('drain', () => this.update());
    client.on('end', () => this.update());
    server.on('end', () => client.end());
    for (const socket of [client, server]) {
      socket.on('error', () => this.reset());
      socket.on('close', () => this.#close());
    }
    this.update();
  }

  get bytesForwarded(): number {
    return this.#bytesForwarded;
  }

  /** Breaks both connections with RST. */
  reset(): void {
    if (this.#isClosed) return;
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
    this.#close();
  }

  /** Puts bytes of its own into what the client gets. */
  inject(bytes: Buffer): void {
    if (!this.#isClosed) this.#client.write(bytes);
  }

  /** Does what the rules allow at this moment: passes on what waits, reads on or leaves the rest in the sockets. */
  update(): void {
    if (this.#isClosed) return;
    if (this.#isStalled) {
      this.#client.pause();
      this.#server.pause();
      return;
    }
    if (!this.#client.writableNeedDrain) this.#server.resume();
    if (this.#rules.bytesPerSecond === null) this.#forward(Number.POSITIVE_INFINITY);
    else if (this.#waiting.length > 0)
      this.#pace ??= systemClock.every(PACE_INTERVAL_MS, () => this.#forwardPaced());
    if (this.#waiting.length > 0 || this.#server.writableNeedDrain) this.#client.pause();
    else this.#client.resume();
    if (this.#client.readableEnded && this.#waiting.length === 0) this.#server.end();
  }

  get #isStalled(): boolean {
    return this.#rules.isStalled || this.#bytesFromClient >= this.#rules.stallAfterBytes;
  }

  #takeFromClient(chunk: Buffer): void {
    this.#bytesFromClient += chunk.length;
    this.#waiting.push(chunk);
    if (this.#bytesFromClient >= this.#rules.resetAfterBytes) this.reset();
    else this.update();
  }

  #forwardPaced(): void {
    const { bytesPerSecond } = this.#rules;
    if (!this.#isStalled && bytesPerSecond !== null) {
      this.#forward(Math.ceil((bytesPerSecond * PACE_INTERVAL_MS) / 1_000));
    }
    if (bytesPerSecond === null || this.#waiting.length === 0) {
      this.#pace?.cancel();
      this.#pace = null;
    }
    this.update();
  }

  #forward(allowedBytes: number): void {
    let left = allowedBytes;
    while (left > 0 && !this.#server.writableNeedDrain) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) return;
      if (chunk.length > left) this.#waiting.unshift(chunk.subarray(left));
      const part = chunk.subarray(0, left);
      this.#server.write(part);
      this.#bytesForwarded += part.length;
      left -= part.length;
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pace?.cancel();
    this.#client.destroy();
    this.#server.destroy();
    this.#onClosed();
  }
}
