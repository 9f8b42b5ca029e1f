/**
 * The RTMP server to which OBS, ffmpeg, phones, cameras and other engines push, for inputs of the kind `ingest`.
 * It checks keys, keeps one publisher per slot and hands on media tags; it plays nothing to anybody, stores nothing,
 * and makes no file or path of what it is told. Rubbish costs its sender the connection and nobody else anything.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { StreamwareError } from '../../../contract/errors.ts';
import type { Clock, Timer } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/logger.ts';
import { IngestConnection, type IngestHost, type PublishAnswer } from './ingestConnection.ts';
import type { IngestDecision, IngestEndReason, IngestPublisher, IngestSlot } from './ingestSlot.ts';
import { Publication } from './publication.ts';
import { WrongKeyThrottle } from './wrongKeyThrottle.ts';

const DEFAULT_GATHER_MS = 100;
const SILENCE_CHECK_MS = 1_000;
const LIMIT_WARNING_EVERY_MS = 10_000;
/** With the system's ten probes one second apart a dead machine is noticed after 30 s. */
const KEEP_ALIVE_DELAY_MS = 20_000;

export interface RtmpIngestOptions {
  /** Address to listen on; default 127.0.0.1. `0.0.0.0` or a LAN address lets other machines publish. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for each publish with the application and the whole key as received. See `IngestKeys.authorize`. */
  readonly authorize: (app: string, key: string) => IngestDecision;
  /** Connections from one address and in all; default 64 and 256. More are closed as they come. */
  readonly maxConnectionsPerAddress?: number;
  readonly maxConnections?: number;
  /**
   * How long a publisher's bytes may gather in the kernel before they are read, at most; default 100 ms, 0 reads each piece
   * as it comes. Less at high bitrates, and nothing in a publisher's first two seconds. It is all the delay that relaying
   * adds on purpose: what was read is sent on at once. At 200 ms senders were seen to fall behind real time.
   */
  readonly gatherMs?: number;
}

export interface RtmpIngest {
  /** The port it listens on; with port 0 known after `listen`. */
  readonly port: number;
  /** Resolves when it accepts connections. Rejects with `engine.port_in_use` or `internal.unexpected`. */
  listen(): Promise<void>;
  /** Ends every publisher with `closed` and stops listening. Resolves when no connection is left. */
  close(): Promise<void>;
  /** Who publishes at this moment. */
  publishers(): IngestPublisher[];
  /** Ends the publisher in a slot, if there is one. */
  drop(slotId: string): void;
}

export function createRtmpIngest(options: RtmpIngestOptions): RtmpIngest {
  return new RunningRtmpIngest(options);
}

class RunningRtmpIngest implements RtmpIngest, IngestHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly gatherMs: number;
  readonly #options: RtmpIngestOptions;
  readonly #server: Server;
  readonly #connections = new Set<IngestConnection>();
  readonly #publications = new Map<string, Publication>();
  readonly #throttle = new WrongKeyThrottle();
  #silenceCheck: Timer | null = null;
  #port: number;
  #lastLimitWarningMs = Number.NEGATIVE_INFINITY;

  constructor(options: RtmpIngestOptions) {
    this.#options = options;
    this.#port = options.port;
    this.clock = options.clock;
    this.logger = options.logger;
    this.gatherMs = options.gatherMs ?? DEFAULT_GATHER_MS;
    this.#server = createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS },
      (socket) => this.#accept(socket),
    );
  }

  get port(): number {
    return this.#port;
  }

  async listen(): Promise<void> {
    const host = this.#options.host ?? '127.0.0.1';
    this.#server.listen({ host, port: this.#options.port });
    try {
      await once(this.#server, 'listening');
    } catch (error) {
      throw listenError(error, this.#options.port);
    }
    this.#server.on('error', (error) => this.logger.error('ingest server failed', { error }));
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#silenceCheck = this.clock.every(SILENCE_CHECK_MS, () => {
      for (const publication of this.#publications.values()) publication.checkSilence();
    });
    this.logger.info('ingest listens', { host, port: this.#port });
  }

  async close(): Promise<void> {
    this.#silenceCheck?.cancel();
    for (const connection of [...this.#connections]) connection.destroy('closed');
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  publishers(): IngestPublisher[] {
    return [...this.#publications.values()];
  }

  drop(slotId: string): void {
    this.#publications.get(slotId)?.drop();
  }

  // --- what connections ask for ---

  requestPublish(connection: IngestConnection, app: string, key: string): PublishAnswer {
    const decision = this.#options.authorize(app, key);
    if (decision.kind === 'accept') return this.#enter(connection, decision.slot);
    const delayMs = this.#throttle.noteMistake(connection.address, this.clock.monotonicMs());
    this.logger.warn('ingest publisher refused', {
      address: connection.address,
      why: decision.description,
      delayMs,
    });
    const { description } = decision;
    return { kind: 'refused', code: 'NetStream.Publish.Denied', description, delayMs };
  }

  publicationEnded(publication: Publication, reason: IngestEndReason): void {
    const { slotId, bytesReceived } = publication;
    if (this.#publications.get(slotId) === publication) this.#publications.delete(slotId);
    this.logger.info('ingest publisher left', { slotId, reason, bytesReceived });
  }

  connectionClosed(connection: IngestConnection): void {
    this.#connections.delete(connection);
  }

  // --- inside ---

  #enter(connection: IngestConnection, slot: IngestSlot): PublishAnswer {
    const { address, encoder } = connection;
    const present = this.#publications.get(slot.id);
    if (present?.givesWay === false) {
      this.logger.warn('ingest publisher refused', { address, slotId: slot.id, why: 'the key is in use' });
      const description = 'Somebody publishes under this stream key already.';
      return { kind: 'refused', code: 'NetStream.Publish.BadName', description, delayMs: 0 };
    }
    present?.replace();
    const publication = new Publication(slot, connection, this.clock);
    this.#publications.set(slot.id, publication);
    this.logger.info('ingest publisher accepted', { slotId: slot.id, address, encoder });
    return { kind: 'accepted', publication };
  }

  #accept(socket: Socket): void {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    if (this.#isOverLimit(address)) {
      socket.destroy();
      this.#warnAboutLimit(address);
      return;
    }
    this.#connections.add(new IngestConnection(socket, address, this));
  }

  #isOverLimit(address: string): boolean {
    if (this.#connections.size >= (this.#options.maxConnections ?? 256)) return true;
    let fromAddress = 0;
    for (const connection of this.#connections) if (connection.address === address) fromAddress++;
    return fromAddress >= (this.#options.maxConnectionsPerAddress ?? 64);
  }

  #warnAboutLimit(address: string): void {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.#lastLimitWarningMs < LIMIT_WARNING_EVERY_MS) return;
    this.#lastLimitWarningMs = nowMs;
    this.logger.warn('ingest has too many connections', { address, connections: this.#connections.size });
  }
}

function listenError(error: unknown, port: number): StreamwareError {
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  if (!isTaken) return new StreamwareError('internal.unexpected', { cause: error });
  return new StreamwareError('engine.port_in_use', {
    detail: `The ingest cannot use port ${port}.`,
    cause: error,
  });
}
