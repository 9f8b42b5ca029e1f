import { isIPv6 } from 'node:net';
import type { networkInterfaces } from 'node:os';

type Interfaces = ReturnType<typeof networkInterfaces>;

const EVERY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * What another computer calls a listener of this one, as it stands in a URL. One that listens on every address is called
 * by the first that leads out of this computer, IPv4 first since phones ask for it; by the loopback when there is none.
 */
export function reachableHost(bound: string, interfaces: Interfaces): string {
  return inUrl(EVERY_ADDRESS.has(bound) ? firstOutside(interfaces) : bound);
}

function firstOutside(interfaces: Interfaces): string {
  const outside = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !isLinkLocal(address));
  return (outside.find(({ family }) => family === 'IPv4') ?? outside[0])?.address ?? '127.0.0.1';
}

/** Means nothing without the name of an interface, which is another one on the other computer. */
function isLinkLocal(address: string): boolean {
  return /^(fe80:|169\.254\.)/i.test(address);
}

function inUrl(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
