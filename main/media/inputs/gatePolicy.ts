import { classifyAddress } from './addressClass.ts';

export interface GatePolicy {
  /** The address the user typed. */
  readonly sourceUrl: string;
  /** The user's opt-in: everything may be reached. */
  readonly allowPrivateNetwork: boolean;
}

/**
 * Whether an input may connect there. The public internet always; this machine and the private network only if the user
 * typed that very host and port, or opted in; link-local addresses, where cloud machines keep their credentials,
 * only after the opt-in.
 * @param address what the host name was resolved to. It is also what is connected to, so the answer cannot change in between.
 */
export function mayConnect(policy: GatePolicy, host: string, port: number, address: string): boolean {
  if (policy.allowPrivateNetwork) return true;
  const kind = classifyAddress(address);
  if (kind === 'public') return true;
  if (kind !== 'private' && kind !== 'loopback') return false;
  const named = endpointOf(policy.sourceUrl);
  return named !== null && named.host === plainHost(host) && named.port === port;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Host and port of an http(s) address, in lower case and without the brackets of IPv6; null when it is none. */
export function endpointOf(url: string): Endpoint | null {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null) return null;
  const usual = parsed.protocol === 'https:' ? 443 : parsed.protocol === 'http:' ? 80 : null;
  if (usual === null || parsed.hostname === '') return null;
  return { host: plainHost(parsed.hostname), port: parsed.port === '' ? usual : Number(parsed.port) };
}

/** `host:port` of a CONNECT request. */
export function connectTarget(authority: string): Endpoint | null {
  const match = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<name>[^:[\]]+)):(?<port>\d{1,5})$/i.exec(authority)?.groups;
  const port = Number(match?.port);
  const host = match?.v6 ?? match?.name;
  return host === undefined || port < 1 || port > 65_535 ? null : { host: plainHost(host), port };
}

function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}
