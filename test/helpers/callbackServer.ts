/** A small web server to which nginx-rtmp and node-media-server report publishers, and which decides about them. */
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CallbackServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts it on 127.0.0.1. `answer` gets the body of each POST and gives the HTTP status. */
export async function startCallbackServer(
  answer: (body: string) => number | Promise<number>,
): Promise<CallbackServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void Promise.resolve(answer(Buffer.concat(chunks).toString('utf8'))).then((status) => {
        response.writeHead(status, { connection: 'close', 'content-length': 0 }).end();
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/publish`,
    async stop() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The body of a GET, over a connection of its own that is closed afterwards (fetch would keep it). */
export function httpGet(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    });
    request.on('error', reject);
  });
}
