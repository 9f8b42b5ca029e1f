import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Below the range from which Linux (32768) and macOS/Windows (49152) give out ports by themselves,
 * so that no connection or `listen(0)` of a parallel test takes the port before it is used.
 */
const LOWEST = 10_000;
const HIGHEST = 32_000;

/** A port of 127.0.0.1 on which neither TCP nor UDP is bound at this moment. For peers that cannot be told "any". */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if ((await isTcpFree(port)) && (await isUdpFree(port))) return port;
  }
  throw new Error('no free port found on 127.0.0.1');
}

/** Whether a TCP connection to that port of 127.0.0.1 is accepted. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const answer = (listening: boolean): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}

async function isTcpFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    // once() rejects with the error event: the port is taken, which is the answer.
    return false;
  }
}

async function isUdpFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return true;
  } catch {
    // As above.
    return false;
  } finally {
    socket.close();
  }
}
