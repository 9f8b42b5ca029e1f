/** Opens the TCP or TLS connection under RTMP, with a time-out for each of its two steps. */
import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, rootCertificates } from 'node:tls';
import { StreamwareError } from '../../contract/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { RtmpTarget } from './rtmpUrl.ts';
import { type ConnectionPhase, connectionError } from './socketErrors.ts';

export interface TransportOptions {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  /** From the accepted TCP connection to the end of the TLS handshake. */
  readonly secureTimeoutMs: number;
  /** Takes any certificate. Only when the user asked for it. */
  readonly allowInsecureTls: boolean;
  /** PEM certificates to trust besides the public ones. */
  readonly trustedCertificates: readonly string[];
}

interface Receiver {
  onBytes: (bytes: Buffer) => void;
}

export interface Transport {
  readonly socket: Socket;
  /** Where received bytes go. They are valid during the call alone. */
  readonly receiver: Receiver;
  /** How long the far side took to answer the connection request: about one round trip. */
  readonly rttMs: number;
}

const HAPPY_EYEBALLS_MS = 1000;
const RECEIVE_BYTES = 16 * 1024;
/** One for all connections: what is received is read at once and never kept, so ten destinations need no ten buffers. */
const receiveBuffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);

/** Resolves with a connected (and, for rtmps, trusted) socket. Rejects with a typed error, or with the signal's reason. */
export function openTransport(
  target: RtmpTarget,
  options: TransportOptions,
  signal: AbortSignal,
): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const { clock, connectTimeoutMs, secureTimeoutMs } = options;
    let phase: ConnectionPhase = 'connecting';
    let startedMs = clock.monotonicMs();
    let rttMs = 0;
    const receiver: Receiver = { onBytes: () => undefined };
    const socket = createSocket(target, options, receiver);
    const over = new AbortController();
    const settle = (): void => {
      timer.cancel();
      over.abort();
      for (const [event, listener] of listeners) socket.off(event, listener);
    };
    const fail = (error: unknown): void => {
      settle();
      socket.on('error', () => undefined); // What comes after the reason for giving up is of no interest.
      socket.destroy();
      reject(error);
    };
    const succeed = (): void => {
      settle();
      resolve({ socket, receiver, rttMs });
    };
    const expire = (code: 'destination.connect_timeout' | 'destination.handshake_timeout'): void => {
      const what =
        phase === 'connecting' ? 'accept the connection' : 'begin TLS; without it the address is rtmp://';
      fail(new StreamwareError(code, { detail: `${target.host}:${target.port} did not ${what}` }));
    };
    let timer = clock.after(connectTimeoutMs, () => expire('destination.connect_timeout'));
    const onConnect = (): void => {
      rttMs = clock.monotonicMs() - startedMs;
      if (!target.isSecure) {
        succeed();
        return;
      }
      phase = 'securing';
      timer.cancel();
      timer = clock.after(secureTimeoutMs, () => expire('destination.handshake_timeout'));
    };
    const onLookup = (): void => {
      startedMs = clock.monotonicMs();
    };
    const listeners: [string, (error: Error) => void][] = [
      ['lookup', onLookup],
      ['connect', onConnect],
      ['secureConnect', succeed],
      ['error', (error) => fail(connectionError(error, phase, target.host))],
      ['close', () => fail(connectionError(null, phase, target.host))],
    ];
    for (const [event, listener] of listeners) socket.on(event, listener);
    if (signal.aborted) return fail(signal.reason);
    signal.addEventListener('abort', () => fail(signal.reason), { signal: over.signal });
  });
}

function createSocket(target: RtmpTarget, options: TransportOptions, receiver: Receiver): Socket {
  const { host, port } = target;
  const tcp: TcpNetConnectOpts = {
    host,
    port,
    noDelay: true,
    autoSelectFamilyAttemptTimeout: HAPPY_EYEBALLS_MS,
    onread: {
      buffer: receiveBuffer,
      callback(length: number): boolean {
        receiver.onBytes(receiveBuffer.subarray(0, length));
        return true;
      },
    },
  };
  if (!target.isSecure) return connectTcp(tcp);
  const { allowInsecureTls, trustedCertificates } = options;
  return connectTls({
    ...tcp,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(trustedCertificates.length === 0 ? {} : { ca: [...rootCertificates, ...trustedCertificates] }),
    rejectUnauthorized: !allowInsecureTls,
  });
}
