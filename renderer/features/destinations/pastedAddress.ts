/** Addresses as services show them and people paste them: server and key in one line. */
import type { Destination } from '../../../main/contract/api/destinations.ts';

export interface PastedAddress {
  /** Id from the catalogue when the server is known there. */
  readonly service: string | null;
  /** Empty when it is the usual server of the service. */
  readonly url: string;
  readonly key: string;
}

const schemes = ['rtmp', 'rtmps', 'srt', 'http', 'https', 'rtsp', 'rtsps'] as const;
type Scheme = (typeof schemes)[number];

/** The scheme of an address, however it is written; null when this is no address the studio knows. */
export function schemeOf(text: string): Scheme | null {
  const scheme = /^(?<scheme>[a-z]+):\/\/\S/i.exec(trimmed(text))?.groups?.scheme?.toLowerCase();
  return schemes.find((known) => known === scheme) ?? null;
}

/** The parts of a whole address; null when the text is none. Guesses nothing it cannot know: a short path stays whole. */
export function readPasted(text: string, catalogue: readonly Destination[]): PastedAddress | null {
  const address = trimmed(text);
  const scheme = schemeOf(address);
  if (scheme === null || scheme === 'rtsp' || scheme === 'rtsps') return null;
  const known = findServer(address, catalogue);
  if (known) return known;
  if (scheme !== 'rtmp' && scheme !== 'rtmps') return { service: null, url: address, key: '' };
  return { service: null, ...splitKey(address) };
}

/** `rtmp://server/app[/instance]/key[?query]`: the key is what follows the last slash before the query. */
function splitKey(address: string): { url: string; key: string } {
  const parts = /^(?<server>[a-z]+:\/\/[^/?]+\/[^?]*[^/?])\/(?<key>[^/?]+(?:\?.*)?)$/i.exec(address)?.groups;
  const isInstance = parts?.key === '_definst_';
  return parts?.server && parts.key && !isInstance
    ? { url: parts.server, key: parts.key }
    : { url: address, key: '' };
}

function findServer(address: string, catalogue: readonly Destination[]): PastedAddress | null {
  for (const { id, kind, servers } of catalogue) {
    if (kind !== 'rtmp' && kind !== 'rtmps') continue;
    for (const [index, server] of servers.entries()) {
      const key = keyBehind(address, server.url);
      if (key !== null) return { service: id, url: index === 0 ? '' : server.url, key };
    }
  }
  return null;
}

/** What stands behind the server's address; null when the address is of another server. */
function keyBehind(address: string, server: string): string | null {
  const [pasted, known] = [withoutPort(address), withoutPort(server).replace(/\/+$/, '')];
  if (!pasted.toLowerCase().startsWith(known.toLowerCase())) return null;
  const rest = pasted.slice(known.length);
  return rest === '' || rest.startsWith('/') ? rest.replace(/^\/+/, '') : null;
}

/** The usual port, written out or not, is the same server. */
function withoutPort(address: string): string {
  return address
    .replace(/^(rtmps:\/\/[^/:]+):443(?=\/|$)/i, '$1')
    .replace(/^(rtmp:\/\/[^/:]+):1935(?=\/|$)/i, '$1');
}

function trimmed(text: string): string {
  return text.replace(/^[\s\u200b\ufeff]+|[\s\u200b\ufeff]+$/g, '');
}
