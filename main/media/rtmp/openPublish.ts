/**
 * From an address to an accepted publish: connects, negotiates, and does so again where the server asks for
 * credentials or sends us elsewhere. Everything it opened is gone again when it rejects.
 */
import { randomBytes } from 'node:crypto';
import { StreamwareError } from '../../contract/errors.ts';
import type { Secret } from '../../lib/secret.ts';
import { type NegotiationStep, PublishNegotiation } from './publishNegotiation.ts';
import { rejectionError, type ServerStatus } from './rejection.ts';
import { type AuthStep, nextAuthStep } from './rtmpAuth.ts';
import { type ConnectionEvents, RtmpConnection } from './rtmpConnection.ts';
import { parseRtmpTarget, type RtmpTarget } from './rtmpUrl.ts';
import { type ConnectionPhase, connectionError } from './socketErrors.ts';
import { openTransport, type Transport, type TransportOptions } from './transport.ts';

const MAX_REDIRECTS = 3;
/** "Authentication needed", the challenge, the answer to it. */
const MAX_AUTH_ROUNDS = 3;

export interface OpenPublishOptions extends TransportOptions {
  readonly target: RtmpTarget;
  readonly key: Secret;
  readonly windowBytes: number;
  /** From the open connection to the accepted publish. */
  readonly handshakeTimeoutMs: number;
  readonly scrub: (text: string) => string;
}

export interface PublishLink {
  readonly connection: RtmpConnection;
  readonly streamId: number;
  /** The target that accepted: another one than asked for after a redirect. */
  readonly target: RtmpTarget;
  readonly rttMs: number;
}

/** `liveEvents` are connected the moment the server accepts. Rejects with a typed error, or the signal's reason. */
export async function openPublish(
  options: OpenPublishOptions,
  liveEvents: ConnectionEvents,
  signal: AbortSignal,
): Promise<PublishLink> {
  let { target } = options;
  let authQuery = '';
  let redirects = 0;
  let authRounds = 0;
  for (;;) {
    const transport = await openTransport(target, options, signal);
    const { connection, outcome } = await negotiate(
      transport,
      target,
      authQuery,
      options,
      liveEvents,
      signal,
    );
    if (outcome.kind === 'published')
      return { connection, streamId: outcome.streamId, target, rttMs: transport.rttMs };
    const { status, step } = outcome;
    const rejection = (): StreamwareError => rejectionError(status, step, options.scrub);
    if (status.redirectUrl !== null) {
      if (++redirects > MAX_REDIRECTS) throw tooManyRedirects();
      target = redirectedTarget(target, status.redirectUrl);
      authQuery = '';
      continue;
    }
    const auth = step === 'connect' ? authenticate(status, target) : UNRELATED;
    if (auth.kind === 'unrelated') throw rejection();
    if (auth.kind === 'failed' || ++authRounds > MAX_AUTH_ROUNDS) throw authRejected(target);
    authQuery = auth.query;
  }
}

type Outcome = Exclude<NegotiationStep, { kind: 'wait' }>;

/** Speaks RTMP on an open socket until the server has said yes or no. Closes the socket unless it was a yes. */
function negotiate(
  transport: Transport,
  target: RtmpTarget,
  authQuery: string,
  options: OpenPublishOptions,
  liveEvents: ConnectionEvents,
  signal: AbortSignal,
): Promise<{ connection: RtmpConnection; outcome: Outcome }> {
  return new Promise((resolve, reject) => {
    const { key, windowBytes, clock, handshakeTimeoutMs } = options;
    const app = target.app + authQuery;
    const tcUrl = target.tcUrl + authQuery;
    const negotiation = new PublishNegotiation({ app, tcUrl, streamName: key.reveal(), windowBytes });
    let phase: ConnectionPhase = 'greeting';
    const connection = new RtmpConnection(transport, windowBytes, {
      onOpen() {
        phase = 'negotiating';
        connection.send([negotiation.begin()]);
      },
      onCommand(command) {
        const step = negotiation.receive(command);
        if (step.kind !== 'wait') return settle(step);
        connection.send(step.send);
        if (negotiation.step === 'publish') phase = 'publishing';
      },
      onDrain: () => undefined,
      onClosed: (cause) => fail(connectionError(cause, phase, target.host)),
    });
    const abort = (): void => fail(signal.reason);
    const timer = clock.after(handshakeTimeoutMs, () =>
      fail(
        new StreamwareError('destination.handshake_timeout', { detail: whatIsMissing(phase, target.host) }),
      ),
    );
    const release = (next: ConnectionEvents): void => {
      timer.cancel();
      signal.removeEventListener('abort', abort);
      connection.setEvents(next);
    };
    const settle = (outcome: Outcome): void => {
      release(outcome.kind === 'published' ? liveEvents : NO_EVENTS);
      if (outcome.kind === 'refused') connection.destroy(null);
      resolve({ connection, outcome });
    };
    const fail = (error: unknown): void => {
      release(NO_EVENTS);
      connection.destroy(null);
      reject(error);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort);
    connection.start();
  });
}

const nothing = (): void => undefined;
const NO_EVENTS: ConnectionEvents = {
  onOpen: nothing,
  onCommand: nothing,
  onDrain: nothing,
  onClosed: nothing,
};
const UNRELATED: AuthStep = { kind: 'unrelated' };

function authenticate(status: ServerStatus, target: RtmpTarget): AuthStep {
  return nextAuthStep(status.description, target.app, target.credentials, randomBytes(4).toString('hex'));
}

function authRejected(target: RtmpTarget): StreamwareError {
  const detail =
    target.credentials === null
      ? `${target.host} asks for a user name and a password`
      : `${target.host} does not accept the user name and password`;
  return new StreamwareError('destination.auth_rejected', { detail });
}

/** The key must not travel in clear because somebody between says so. */
function redirectedTarget(current: RtmpTarget, url: string): RtmpTarget {
  const next = readTarget(url);
  if (current.isSecure && !next.isSecure) {
    const detail = 'the server sends us to an address without encryption; it was not followed';
    throw new StreamwareError('destination.publish_rejected', { detail });
  }
  return next.credentials === null ? { ...next, credentials: current.credentials } : next;
}

function readTarget(url: string): RtmpTarget {
  try {
    return parseRtmpTarget(url);
  } catch (cause) {
    throw new StreamwareError('destination.protocol', {
      detail: 'the server sends us to no RTMP address',
      cause,
    });
  }
}

function tooManyRedirects(): StreamwareError {
  return new StreamwareError('destination.redirected', { detail: 'the server sends us on and on' });
}

function whatIsMissing(phase: ConnectionPhase, host: string): string {
  if (phase === 'greeting') return `${host} did not finish the RTMP handshake`;
  return phase === 'publishing' ? `${host} did not answer to publish` : `${host} did not answer to connect`;
}
