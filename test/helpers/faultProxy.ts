/**
 * A TCP proxy on 127.0.0.1 that misbehaves on command: the way to break the line between two healthy programs.
 *
 *   forwarding ──stall()──▶ stalled (sockets stay open, nothing is read, nothing moves) ──release()──▶ forwarding
 *       │ reset(): RST to both sides, goes on listening    refuse(): as reset, and the port is closed until accept()
 *
 * The kernel buffers of the sockets still fill while it is stalled or slow, as they do on a real line.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { systemClock, type Timer } from '../../main/lib/clock.ts';
import { FaultLine, type LineRules } from './faultLine.ts';

export interface FaultProxyOptions {
  /** Where the healthy server listens, on 127.0.0.1. */
  readonly targetPort: number;
  readonly port?: number;
  /** Highest rate from client to server, of each connection. Default: no limit. */
  readonly bytesPerSecond?: number;
  /** Stalls each connection after so many bytes from its client. */
  readonly stallAfterBytes?: number;
  /** Stalls everything so long after the first connection. */
  readonly stallAfterSeconds?: number;
  /** Resets each connection after so many bytes from its client. */
  readonly resetAfterBytes?: number;
}

export interface FaultProxy {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Connections open at this moment. */
  readonly openConnections: number;
  /** Bytes passed on to the server so far, all connections together. */
  readonly bytesForwarded: number;
  stall(): void;
  release(): void;
  /** Changes the rate from now on; null takes the limit away. */
  setRate(bytesPerSecond: number | null): void;
  /** Breaks every open connection with RST. */
  reset(): void;
  /** Sends noise to every client, as a server that has lost its mind. */
  garble(): void;
  /** Resets everything and refuses new connections. */
  refuse(): Promise<void>;
  /** Listens again after `refuse`. */
  accept(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it and resolves when it accepts connections. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new RunningFaultProxy(options);
  await proxy.accept();
  return proxy;
}

class RunningFaultProxy implements FaultProxy {
  readonly #options: FaultProxyOptions;
  readonly #rules: LineRules;
  readonly #lines = new Set<FaultLine>();
  #listener: Server | null = null;
  #port: number;
  #connections = 0;
  #bytesOfClosedLines = 0;
  #stallTimer: Timer | null = null;

  constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
    this.#rules = {
      isStalled: false,
      bytesPerSecond: options.bytesPerSecond ?? null,
      stallAfterBytes: options.stallAfterBytes ?? Number.POSITIVE_INFINITY,
      resetAfterBytes: options.resetAfterBytes ?? Number.POSITIVE_INFINITY,
    };
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#connections;
  }

  get openConnections(): number {
    return this.#lines.size;
  }

  get bytesForwarded(): number {
    let bytes = this.#bytesOfClosedLines;
    for (const line of this.#lines) bytes += line.bytesForwarded;
    return bytes;
  }

  stall(): void {
    this.#rules.isStalled = true;
    this.#updateLines();
  }

  release(): void {
    this.#rules.isStalled = false;
    this.#rules.stallAfterBytes = Number.POSITIVE_INFINITY;
    this.#updateLines();
  }

  setRate(bytesPerSecond: number | null): void {
    this.#rules.bytesPerSecond = bytesPerSecond;
    this.#updateLines();
  }

  reset(): void {
    for (const line of [...this.#lines]) line.reset();
  }

  garble(): void {
    for (const line of this.#lines) line.inject(randomBytes(8_192));
  }

  async refuse(): Promise<void> {
    this.reset();
    const listener = this.#listener;
    this.#listener = null;
    if (listener === null) return;
    listener.close();
    await once(listener, 'close');
  }

  async accept(): Promise<void> {
    if (this.#listener !== null) return;
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#open(client));
    this.#listener = listener;
    listener.listen(this.#port, '127.0.0.1');
    await once(listener, 'listening');
    this.#port = (listener.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#stallTimer?.cancel();
    await this.refuse();
  }

  #open(client: Socket): void {
    this.#connections++;
    const { stallAfterSeconds, targetPort } = this.#options;
    if (stallAfterSeconds !== undefined) {
      this.#stallTimer ??= systemClock.after(stallAfterSeconds * 1_000, () => this.stall());
    }
    const server = connect({ host: '127.0.0.1', port: targetPort, allowHalfOpen: true, noDelay: true });
    const line = new FaultLine(client, server, this.#rules, () => {
      this.#lines.delete(line);
      this.#bytesOfClosedLines += line.bytesForwarded;
    });
    this.#lines.add(line);
  }

  #updateLines(): void {
    for (const line of this.#lines) line.update();
  }
}
