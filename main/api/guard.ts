/**
 * Which requests get past the door, before any token is looked at. Pure decisions over header texts.
 * Two attacks are met here: a web page whose name is re-pointed to this machine (DNS rebinding; its own name stands
 * in `Host`), and a web page that sends requests across origins (its origin stands in `Origin`).
 */
import { isIP } from 'node:net';
import { StreamwareError } from '../contract/errors.ts';

export interface HostPolicy {
  /**
   * `loopback`: only names of this machine's loopback are taken.
   * `addresses`: any IP address as well, for a listener that is open to the network. An address cannot be re-pointed by a name server.
   */
  readonly mode: 'loopback' | 'addresses';
  /** Further names, without a port, such as `studio.local`. */
  readonly allowedHosts: readonly string[];
}

/** The host name in a `Host` header, lower case, without port and brackets; null when it is malformed. */
export function hostNameOf(header: string | undefined): string | null {
  const match = /^(?:\[(?<v6>[0-9a-f:.%]+)\]|(?<name>[a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? '');
  return (match?.groups?.v6 ?? match?.groups?.name)?.toLowerCase() ?? null;
}

/** @throws `auth.host_refused` */
export function assertHost(header: string | undefined, policy: HostPolicy): void {
  const name = hostNameOf(header);
  if (name !== null && isHostAllowed(name, policy)) return;
  throw new StreamwareError('auth.host_refused', {
    detail: `"${shorten(header ?? '')}" is not a name of this engine.`,
  });
}

function isHostAllowed(name: string, policy: HostPolicy): boolean {
  if (name === 'localhost' || name === '::1') return true;
  if (isIP(name) === 4 && name.startsWith('127.')) return true;
  if (policy.allowedHosts.includes(name)) return true;
  return policy.mode === 'addresses' && isIP(name) !== 0;
}

export interface OriginFacts {
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`, which browsers set and scripts cannot. */
  readonly fetchSite: string | undefined;
  readonly host: string | undefined;
}

/**
 * Lets through programs (no `Origin`), the studio page itself, and configured origins. A page on another port
 * of this machine is another origin; so is `null`, which any sandboxed frame can send.
 * @throws `auth.origin_refused`
 */
export function assertOrigin(facts: OriginFacts, allowedOrigins: readonly string[]): void {
  if (facts.origin === undefined) {
    // <img>, <script> and form posts of other sites come without Origin in some browsers, but with this.
    if (facts.fetchSite === 'cross-site' || facts.fetchSite === 'same-site') {
      throw new StreamwareError('auth.origin_refused', {
        detail: 'The request came from a page of another site.',
      });
    }
    return;
  }
  if (isOwnOrigin(facts) || allowedOrigins.includes(facts.origin)) return;
  throw new StreamwareError('auth.origin_refused', { detail: `"${shorten(facts.origin)}" is not allowed.` });
}

/** Whether the page that sent this was served under the very address it now talks to. */
export function isOwnOrigin({ origin, host }: Pick<OriginFacts, 'origin' | 'host'>): boolean {
  if (origin === undefined || host === undefined) return false;
  return origin === `http://${host}` || origin === `https://${host}`;
}

/**
 * Only JSON bodies: a form or `text/plain` can be posted across origins without a preflight.
 * @throws `request.unsupported_media_type`
 */
export function assertJsonBody(contentType: string | undefined, hasBody: boolean): void {
  if (contentType === undefined ? !hasBody : /^application\/json\s*(;|$)/i.test(contentType)) return;
  throw new StreamwareError('request.unsupported_media_type', {
    detail: contentType === undefined ? 'Content-Type is missing.' : `"${shorten(contentType)}" was sent.`,
  });
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
