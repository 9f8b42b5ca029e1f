/**
 * Puts files on an HTTP server: one attempt is bounded in time, a failed one is repeated until the deadline of the file,
 * a refusal is final. Addresses hold keys, so none is ever logged or quoted; errors name the host alone.
 */
import { once } from 'node:events';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { connect, isIP } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { StreamwareError } from '../../../contract/errors.ts';
import { type Clock, delay } from '../../../lib/clock.ts';
import { connectionError } from '../../rtmp/socketErrors.ts';

export interface PushRequest {
  readonly method: 'PUT' | 'DELETE';
  readonly url: URL;
  readonly body: Buffer;
  readonly contentType: string;
  /** From now on; a failed attempt is repeated until then. */
  readonly deadlineMs: number;
  /** How long one attempt may take, from the connection to the answer. */
  readonly attemptMs: number;
}

/** For a connection alone. */
const REACH_TIMEOUT_MS = 6000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 2000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** No further attempt of this request helps: it was no HTTP, or whoever took it never answered. A new session may do better. */
const HOPELESS: ReadonlySet<string> = new Set(['destination.protocol', 'destination.stalled']);
const RETRYABLE_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);

export class PushClient {
  readonly #clock: Clock;
  readonly #agents = {
    http: new HttpAgent({ keepAlive: true, maxSockets: 2 }),
    https: new HttpsAgent({ keepAlive: true, maxSockets: 2 }),
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves when the server answered with 2xx.
   * @throws `destination.auth_rejected`, `.publish_rejected`, `.protocol`, and `.stalled` after an attempt without an answer, at once; what the last attempt met when the time is over
   */
  async send(request: PushRequest, signal: AbortSignal): Promise<void> {
    const endsAtMs = this.#clock.monotonicMs() + request.deadlineMs;
    for (let pauseMs = FIRST_RETRY_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_RETRY_MS)) {
      try {
        return await this.#attempt(request, signal);
      } catch (thrown) {
        if (signal.aborted) throw new StreamwareError('engine.stopping');
        const error = thrown instanceof StreamwareError ? thrown : this.#lost(thrown, request.url);
        const isLate = this.#clock.monotonicMs() + pauseMs >= endsAtMs;
        if (!error.retryable || isLate || HOPELESS.has(error.code)) throw error;
      }
      await delay(this.#clock, pauseMs, signal);
    }
  }

  /** Whether there is a server that can be trusted; resolves at once when it accepts a connection. */
  async reach(url: URL, signal: AbortSignal): Promise<void> {
    const isSecure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port === '' ? (isSecure ? 443 : 80) : url.port);
    const socket = isSecure
      ? connectSecurely({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}) })
      : connect({ host, port });
    const timer = this.#clock.after(REACH_TIMEOUT_MS, () => socket.destroy(new TimedOut()));
    const abort = (): void => void socket.destroy(new StreamwareError('engine.stopping'));
    signal.addEventListener('abort', abort);
    try {
      await once(socket, isSecure ? 'secureConnect' : 'connect');
    } catch (thrown) {
      throw thrown instanceof StreamwareError ? thrown : this.#lost(thrown, url);
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', abort);
      socket.destroy();
    }
  }

  /** Closes idle connections; requests in progress end with their signal. */
  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  async #attempt(request: PushRequest, signal: AbortSignal): Promise<void> {
    const late = new AbortController();
    const timer = this.#clock.after(request.attemptMs, () => late.abort());
    try {
      assertAccepted(await this.#exchange(request, AbortSignal.any([signal, late.signal])), request.url);
    } catch (thrown) {
      if (!late.signal.aborted) throw thrown;
      const detail = `${request.url.host} did not answer within ${request.attemptMs / 1000} s.`;
      throw new StreamwareError('destination.stalled', { detail });
    } finally {
      timer.cancel();
    }
  }

  #exchange({ method, url, body, contentType }: PushRequest, signal: AbortSignal): Promise<number> {
    const isSecure = url.protocol === 'https:';
    const headers = {
      'content-type': contentType,
      'content-length': body.length,
      'cache-control': 'no-cache',
    };
    const options = { method, signal, headers, agent: isSecure ? this.#agents.https : this.#agents.http };
    return new Promise((resolve, reject) => {
      const outgoing = (isSecure ? httpsRequest : httpRequest)(url, options, (answer) => {
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_ANSWER_BYTES) answer.destroy();
        });
        answer.on('error', reject);
        answer.on('close', () => resolve(answer.statusCode ?? 0));
      });
      outgoing.on('error', reject);
      outgoing.end(method === 'DELETE' ? undefined : body);
    });
  }

  #lost(thrown: unknown, url: URL): StreamwareError {
    const cause = thrown instanceof Error ? thrown : null;
    const code = cause !== null && 'code' in cause ? String(cause.code) : '';
    if (code.startsWith('HPE_')) {
      return new StreamwareError('destination.protocol', { detail: `${url.host} does not answer in HTTP.` });
    }
    const isSecuring = /CERT|SSL|TLS|SELF_SIGNED/.test(code);
    return connectionError(cause, isSecuring ? 'securing' : 'connecting', url.hostname);
  }
}

/** Read by `connectionError` as the time-out that it is. */
class TimedOut extends Error {
  readonly code = 'ETIMEDOUT';
}

function assertAccepted(status: number, url: URL): void {
  if (status >= 200 && status < 300) return;
  const detail = `${url.host} answered ${status === 0 ? 'with nothing' : `HTTP ${status}`}.`;
  if (status === 401 || status === 403) throw new StreamwareError('destination.auth_rejected', { detail });
  if (status === 0 || RETRYABLE_STATUS.has(status))
    throw new StreamwareError('destination.disconnected', { detail });
  throw new StreamwareError('destination.publish_rejected', { detail });
}
