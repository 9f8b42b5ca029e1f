/**
 * The way of an `http` input into the network: a small HTTP proxy on loopback through which ffmpeg must go, for the
 * address itself and for everything a playlist or a redirect names afterwards. Each host is resolved here, each address
 * checked (gatePolicy.ts), and exactly the checked address connected to.
 * It also keeps the address out of the process list: ffmpeg is given GATE_SOURCE_URL and redirected to the real one.
 * One per running input. It needs a password, which travels in ffmpeg's environment, so that others on this machine
 * can neither use it nor ask it for the address. It does not look into what passes.
 */
import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { StreamwareError } from '../../contract/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import { connectTarget, type Endpoint, endpointOf, type GatePolicy, mayConnect } from './gatePolicy.ts';

/** A name that can never exist (RFC 6761), so that it leads nowhere if ever asked without the gate. */
export const GATE_SOURCE_URL = 'http://streamware.invalid/source';
const SOURCE_HOST = 'streamware.invalid';

export interface NetworkGate {
  /** Proxy address with its password, for the environment variable `http_proxy`. */
  readonly url: string;
  /** How many connections were refused so far. */
  readonly refusals: number;
  close(): Promise<void>;
}

export interface NetworkGateOptions extends GatePolicy {
  readonly logger: Logger;
  /** All addresses of a name. Default: as the system resolves it. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** Rejects with `input.refused` when the address can be told to be out of bounds without asking anybody. */
export async function openNetworkGate(options: NetworkGateOptions): Promise<NetworkGate> {
  const target = endpointOf(options.sourceUrl);
  if (target === null)
    throw new StreamwareError('input.refused', {
      field: 'input.url',
      detail: 'This is not an http address.',
    });
  if (isIP(target.host) !== 0 && !mayConnect(options, target.host, target.port, target.host)) {
    throw new StreamwareError('input.refused', {
      field: 'input.url',
      detail: 'Addresses of this kind are not opened.',
      hint: 'Set allowPrivateNetwork if you are sure that this address may be read.',
    });
  }
  const gate = new Gate(options);
  await gate.listen();
  return gate;
}

class Gate implements NetworkGate {
  readonly #options: NetworkGateOptions;
  readonly #password = randomBytes(18).toString('base64url');
  readonly #authorization: string;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #tunnels = new Set<Duplex>();
  #refusals = 0;

  constructor(options: NetworkGateOptions) {
    this.#options = options;
    this.#authorization = `Basic ${Buffer.from(`streamware:${this.#password}`).toString('base64')}`;
    this.#server = createServer((asked, answer) => void this.#forward(asked, answer));
    this.#server.on('connect', (asked, socket, head) => void this.#tunnel(asked, socket, head));
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://streamware:${this.#password}@127.0.0.1:${port}`;
  }

  get refusals(): number {
    return this.#refusals;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
      for (const socket of this.#tunnels) socket.destroy();
      this.#agent.destroy();
    });
  }

  async #forward(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    if (asked.headers['proxy-authorization'] !== this.#authorization) {
      answer.writeHead(407, { 'Proxy-Authenticate': 'Basic realm="streamware"', 'Content-Length': 0 }).end();
      return;
    }
    const target = asked.url?.startsWith('http://') ? endpointOf(asked.url) : null;
    if (target === null || (asked.method !== 'GET' && asked.method !== 'HEAD')) {
      answer.writeHead(400).end();
      return;
    }
    if (target.host === SOURCE_HOST) {
      answer.writeHead(302, { Location: this.#options.sourceUrl, 'Content-Length': 0 }).end();
      return;
    }
    const address = await this.#reach(target);
    if (address === null) answer.writeHead(502).end();
    else this.#relay(asked, answer, target, address);
  }

  #relay(asked: IncomingMessage, answer: ServerResponse, target: Endpoint, address: string): void {
    const { pathname, search } = new URL(asked.url ?? '');
    const onward = request(
      {
        agent: this.#agent,
        host: address,
        port: target.port,
        method: asked.method,
        path: `${pathname}${search}`,
        headers: onwardHeaders(asked, target),
      },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
        reply.on('error', () => answer.destroy());
      },
    );
    onward.on('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
    answer.on('close', () => onward.destroy());
    onward.end();
  }

  async #tunnel(asked: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.#keep(socket);
    if (asked.headers['proxy-authorization'] !== this.#authorization) {
      socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="streamware"\r\nContent-Length: 0\r\n\r\n',
      );
      return;
    }
    const target = connectTarget(asked.url ?? '');
    const address = target === null ? null : await this.#reach(target);
    if (target === null || address === null) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const onward: Socket = connect(target.port, address, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    this.#keep(onward);
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  }

  #keep(socket: Duplex): void {
    this.#tunnels.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#tunnels.delete(socket));
  }

  /** The address to connect to; null when there is none that may be. */
  async #reach({ host, port }: Endpoint): Promise<string | null> {
    const addresses = isIP(host) === 0 ? await this.#addressesOf(host) : [host];
    const allowed = addresses.find((address) => mayConnect(this.#options, host, port, address));
    if (allowed !== undefined) return allowed;
    if (addresses.length > 0) {
      this.#refusals += 1;
      this.#options.logger.warn('input asked for an address it may not reach', { host, port });
    }
    return null;
  }

  async #addressesOf(host: string): Promise<readonly string[]> {
    try {
      if (this.#options.resolve !== undefined) return await this.#options.resolve(host);
      return (await lookup(host, { all: true })).map(({ address }) => address);
    } catch {
      return []; // A name nobody knows: ffmpeg is told that it cannot be reached.
    }
  }
}

/** Without what concerns only the way to us. */
function onwardHeaders(
  asked: IncomingMessage,
  target: Endpoint,
): Record<string, string | string[] | undefined> {
  const {
    'proxy-authorization': _ours,
    'proxy-connection': _hop,
    connection: _also,
    ...rest
  } = asked.headers;
  const host = isIP(target.host) === 6 ? `[${target.host}]` : target.host;
  return { ...rest, host: target.port === 80 ? host : `${host}:${target.port}` };
}
