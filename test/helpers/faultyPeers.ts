/** Servers that are broken by themselves. For a healthy server behind a broken line see faultProxy.ts. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { startPeer } from './childProcess.ts';
import { freePort } from './freePort.ts';

export interface FaultyPeer {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: number;
  stop(): Promise<void>;
}

/** A port on which nobody listens: connections are refused at once. */
export async function refusingPort(): Promise<number> {
  return freePort();
}

/** Accepts every connection, reads nothing and never answers. */
export function startMutePeer(options: { readonly port?: number } = {}): Promise<FaultyPeer> {
  return startServer(options.port, (socket) => socket.pause());
}

/** Answers each connection with bytes that are no RTMP: 8 kB of noise, or `answer` (an HTTP error page, say). */
export function startGarbagePeer(
  options: { readonly port?: number; readonly answer?: Buffer } = {},
): Promise<FaultyPeer> {
  return startServer(options.port, (socket) => {
    socket.resume();
    socket.write(options.answer ?? randomBytes(8_192));
  });
}

/** Resets each connection once `afterBytes` have arrived (0: at once). */
export function startResettingPeer(
  options: { readonly port?: number; readonly afterBytes?: number } = {},
): Promise<FaultyPeer> {
  let left = options.afterBytes ?? 0;
  return startServer(options.port, (socket) => {
    if (left <= 0) return void socket.resetAndDestroy();
    socket.on('data', (chunk) => {
      left -= chunk.length;
      if (left <= 0) socket.resetAndDestroy();
    });
  });
}

/**
 * Connections to it are neither accepted nor refused: the handshake of TCP itself goes unanswered, as behind
 * a firewall that drops. Made of a stopped process whose queue of waiting connections is full. Linux only.
 */
export async function startBlackhole(): Promise<FaultyPeer> {
  const port = await freePort();
  const program = `require('node:net').createServer().listen({ port: ${port}, host: '127.0.0.1', backlog: 1 }, () => process.stdout.write('.'))`;
  const listener = await startPeer({ command: process.execPath, args: ['-e', program], ownStdout: true });
  const stdout = listener.process.stdout;
  if (stdout !== null) await once(stdout, 'data');
  listener.signal('SIGSTOP');
  const fillers = Array.from({ length: 8 }, () => connect({ host: '127.0.0.1', port }));
  for (const filler of fillers) filler.on('error', () => undefined); // Reset when the listener is killed; expected.
  await once(fillers[0] as Socket, 'connect');
  return {
    port,
    connections: 0,
    async stop() {
      for (const filler of fillers) filler.destroy();
      listener.signal('SIGKILL');
      await listener.exited;
    },
  };
}

async function startServer(port: number | undefined, serve: (socket: Socket) => void): Promise<FaultyPeer> {
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    open.add(socket);
    socket.on('error', () => undefined); // The other side may reset; these peers do not care.
    socket.on('close', () => open.delete(socket));
    serve(socket);
  });
  server.listen(port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    async stop() {
      for (const socket of open) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}
