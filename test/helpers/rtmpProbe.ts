/** A bare RTMP client for tests of our server: does exactly what it is told, right or wrong. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Amf0Value } from '../../main/media/rtmp/amf0.ts';
import { ChunkReader } from '../../main/media/rtmp/chunkReader.ts';
import { ChunkWriter } from '../../main/media/rtmp/chunkWriter.ts';
import {
  asObject,
  commandMessage,
  parseCommand,
  type RtmpCommand,
  textOf,
} from '../../main/media/rtmp/commandMessage.ts';
import { createClientHandshake } from '../../main/media/rtmp/handshake.ts';
import type { RtmpMessage } from '../../main/media/rtmp/rtmpMessage.ts';
import { waitFor } from './waitFor.ts';

export class RtmpProbe {
  readonly socket: Socket;
  /** Everything the server said so far, handshake apart. */
  readonly messages: RtmpMessage[] = [];
  readonly #writer = new ChunkWriter();
  readonly #reader = new ChunkReader((message) => this.messages.push(message));
  #transactions = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined); // Being cut off is what many tests are about; see `isClosed`.
  }

  /** Connects and does nothing more. */
  static async open(port: number): Promise<RtmpProbe> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const probe = new RtmpProbe(socket);
    await once(socket, 'connect');
    return probe;
  }

  /** Connects, shakes hands and connects to the application. */
  static async connected(port: number, app = 'live'): Promise<RtmpProbe> {
    const probe = await RtmpProbe.open(port);
    await probe.shakeHands();
    await probe.call('connect', { app, flashVer: 'probe', tcUrl: `rtmp://127.0.0.1:${port}/${app}` });
    return probe;
  }

  get isClosed(): boolean {
    return this.socket.destroyed || this.socket.readableEnded;
  }

  get commands(): RtmpCommand[] {
    return this.messages.map(parseCommand).filter((command) => command !== null);
  }

  /** The codes of the onStatus messages so far. */
  get statusCodes(): string[] {
    return this.commands
      .filter((command) => command.name === 'onStatus')
      .map((command) => textOf(asObject(command.values[1]), 'code'));
  }

  async shakeHands(): Promise<void> {
    const handshake = createClientHandshake();
    this.socket.write(handshake.hello);
    await new Promise<void>((resolve, reject) => {
      this.socket.once('close', () => reject(new Error('the server closed the connection in the handshake')));
      const take = (bytes: Buffer): void => {
        const step = handshake.push(bytes);
        if (step.reply !== null) this.socket.write(step.reply);
        if (!step.isDone) return;
        this.socket.off('data', take);
        this.socket.on('data', (more) => this.#reader.push(more));
        if (step.rest.length > 0) this.#reader.push(step.rest);
        resolve();
      };
      this.socket.on('data', take);
    });
  }

  send(...messages: RtmpMessage[]): void {
    const slices: Buffer[] = [];
    for (const message of messages) this.#writer.append(slices, message);
    this.socket.write(Buffer.concat(slices));
  }

  /** Sends a command on a message stream without waiting. */
  tell(streamId: number, name: string, ...values: Amf0Value[]): void {
    this.send(commandMessage(streamId, name, 0, ...values));
  }

  /** Sends a command and gives the server's `_result` or `_error` for it. */
  async call(name: string, ...values: Amf0Value[]): Promise<RtmpCommand> {
    const transactionId = ++this.#transactions;
    this.send(commandMessage(0, name, transactionId, ...values));
    return waitFor(
      () =>
        this.commands.find(
          (command) => command.name.startsWith('_') && command.transactionId === transactionId,
        ),
      { what: `the answer to ${name}` },
    );
  }

  /** Asks to publish and gives the code of the answer. */
  async publish(key: string): Promise<string> {
    await this.call('createStream', null);
    const before = this.statusCodes.length;
    this.tell(1, 'publish', null, key, 'live');
    return waitFor(() => this.statusCodes[before], { what: 'the answer to publish' });
  }

  close(): void {
    this.socket.destroy();
  }
}
