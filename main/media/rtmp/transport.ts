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

export interface Transport {
  readonly socket: Socket;
  /** How long the far side took to answer the connection request: about one round trip. */
  readonly rttMs: number;
}

const HAPPY_EYEBALLS_MS = 1000;

/** Resolves with a connected (and, for rtmps, trusted) socket. Rejects with a typed error, or with the signal's reason. */
export function openTransport(target: RtmpTarget, options: TransportOptions, signal: AbortSignal): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const { clock, connectTimeoutMs, secureTimeoutMs } = options;
    let phase: ConnectionPhase = 'connecting';
    let startedMs = clock.monotonicMs();
    let rttMs = 0;
    const socket = createSocket(target, options);
    const finish = (error: unknown): void => {
      timer.cancel();
      signal.removeEventListener('abort', abort);
      socket.removeAllListeners();
      if (error === null) return resolve({ socket, rttMs });
      socket.on('error', () => undefined); // What comes after the reason for giving up is of no interest.
      socket.destroy();
      reject(error);
    };
    const abort = (): void => finish(signal.reason);
    const expire = (code: 'destination.connect_timeout' | 'destination.handshake_timeout') => (): void =>
      finish(new StreamwareError(code, { detail: `${target.host}:${target.port} did not answer in time` }));
    let timer = clock.after(connectTimeoutMs, expire('destination.connect_timeout'));
    socket.once('lookup', () => {
      startedMs = clock.monotonicMs();
    });
    socket.once('connect', () => {
      rttMs = clock.monotonicMs() - startedMs;
      if (!target.isSecure) return finish(null);
      phase = 'securing';
      timer.cancel();
      timer = clock.after(secureTimeoutMs, expire('destination.handshake_timeout'));
    });
    socket.once('secureConnect', () => finish(null));
    socket.once('error', (error) => finish(connectionError(error, phase, target.host)));
    socket.once('close', () => finish(connectionError(null, phase, target.host)));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
}

function createSocket(target: RtmpTarget, options: TransportOptions): Socket {
  const { host, port } = target;
  const tcp: TcpNetConnectOpts = { host, port, noDelay: true, autoSelectFamilyAttemptTimeout: HAPPY_EYEBALLS_MS };
  if (!target.isSecure) return connectTcp(tcp);
  const { allowInsecureTls, trustedCertificates } = options;
  return connectTls({
    ...tcp,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(trustedCertificates.length === 0 ? {} : { ca: [...rootCertificates, ...trustedCertificates] }),
    rejectUnauthorized: !allowInsecureTls,
  });
}
