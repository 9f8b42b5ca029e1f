/**
 * Asks an SRT server for its greeting before ffmpeg is started. ffmpeg connects only when it has frames, and tells a
 * refusal, a dead route and silence apart in no way at all; this does, at once, and leaves nothing behind at the server:
 * the first half of the handshake is stateless there by design.
 * Source: The Secure Reliable Transport Protocol (draft-sharabayko-srt), 3.2.1 and 4.3.1.1.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { StreamwareError } from '../../../contract/errors.ts';
import type { Clock } from '../../../lib/clock.ts';
import { connectionError } from '../../rtmp/socketErrors.ts';

const TIMEOUT_MS = 3000;
const REPEAT_MS = 250;
const HANDSHAKE_BYTES = 64;
const CONTROL_HANDSHAKE = 0x8000_0000;
const INDUCTION = 1;

/**
 * Resolves when an SRT server answers at that port.
 * @throws `destination.name_not_found`, `.refused`, `.unreachable`, `.connect_timeout`
 */
export async function probeSrtServer(
  host: string,
  port: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  try {
    await answerOf(socket, host, port, clock, signal);
  } finally {
    socket.close();
  }
}

function answerOf(
  socket: Socket,
  host: string,
  port: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timers: { cancel(): void }[] = [];
    const settle = (error: StreamwareError | null): void => {
      for (const timer of timers) timer.cancel();
      signal.removeEventListener('abort', onAbort);
      if (error === null) resolve();
      else reject(error);
    };
    const onAbort = (): void => settle(new StreamwareError('engine.stopping'));
    const ask = (): void => socket.send(inductionRequest(), () => undefined); // A failed send shows as an error event.
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) return onAbort();
    socket.on('error', (error) => settle(connectionError(error, 'connecting', host)));
    socket.on('message', (message) => {
      if (isHandshake(message)) settle(null);
    });
    // Typed without an argument, but called with the error when the name cannot be resolved.
    socket.connect(port, host, (...[error]: [Error?]) => {
      if (error instanceof Error) return settle(connectionError(error, 'connecting', host));
      ask();
      timers.push(clock.every(REPEAT_MS, ask));
    });
    const detail = `${host} does not answer on port ${port}.`;
    timers.push(
      clock.after(TIMEOUT_MS, () => settle(new StreamwareError('destination.connect_timeout', { detail }))),
    );
  });
}

/** A caller's first packet: handshake version 4, type induction, no cookie yet. */
function inductionRequest(): Buffer {
  const packet = Buffer.alloc(HANDSHAKE_BYTES);
  packet.writeUInt32BE(CONTROL_HANDSHAKE, 0);
  packet.writeUInt32BE(4, 16);
  packet.writeUInt16BE(2, 22);
  packet.writeUInt32BE(1, 24);
  packet.writeUInt32BE(1500, 28);
  packet.writeUInt32BE(8192, 32);
  packet.writeUInt32BE(INDUCTION, 36);
  packet.writeUInt32BE(1, 40);
  return packet;
}

function isHandshake(message: Buffer): boolean {
  return message.length >= HANDSHAKE_BYTES && message.readUInt32BE(0) === CONTROL_HANDSHAKE;
}
