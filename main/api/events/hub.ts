/** All WebSocket clients: every event is turned into text once and offered to each. Nobody waits for anybody. */
import type { EngineEvent } from '../../contract/events.ts';
import type { Stream } from '../../contract/streams.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import { type ClientSocket, EventConnection } from './connection.ts';

export const HEARTBEAT_MS = 15_000;
const MAX_CONNECTIONS = 200;

export interface HubParts {
  readonly clock: Clock;
  readonly snapshot: () => Promise<readonly Stream[]>;
  /** Whether a token that opened a connection still is valid. */
  readonly isTokenValid: (tokenId: string) => boolean;
}

export class EventHub {
  readonly #parts: HubParts;
  readonly #connections = new Set<EventConnection>();
  readonly #heartbeat: Timer;

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#heartbeat = parts.clock.every(HEARTBEAT_MS, () => this.#beat());
  }

  get isFull(): boolean {
    return this.#connections.size >= MAX_CONNECTIONS;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Takes over an opened socket. */
  add(socket: ClientSocket, tokenId: string | null): void {
    const connection = new EventConnection(socket, tokenId, {
      clock: this.#parts.clock,
      snapshot: this.#parts.snapshot,
      onClosed: (): void => void this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    void connection.greet();
  }

  publish(event: EngineEvent): void {
    if (this.#connections.size === 0) return;
    const text = JSON.stringify(event);
    for (const connection of [...this.#connections]) connection.deliver(event, text);
  }

  closeToken(tokenId: string): void {
    for (const connection of [...this.#connections]) {
      if (connection.tokenId === tokenId) connection.closeRevoked();
    }
  }

  close(): void {
    this.#heartbeat.cancel();
    for (const connection of [...this.#connections]) connection.closeForGood();
  }

  #beat(): void {
    for (const connection of [...this.#connections]) {
      // A token may end by its date while the connection is open.
      if (connection.tokenId !== null && !this.#parts.isTokenValid(connection.tokenId))
        connection.closeRevoked();
      else connection.beat();
    }
  }
}
