/** What of an address may be shown: where it leads, never what opens it. */

const REDACTED = '[redacted]';
const URL_PARTS = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is;
/** Parameters that say how to connect, not who one is. */
const HARMLESS_PARAMETER =
  /^(?:mode|latency|rcvlatency|peerlatency|transport|backup|copy|file|listen|timeout|pkt_size)$/i;
const HARMLESS_VALUE = /^[\w.-]{0,40}$/;

/**
 * The address without user and password, without the values of its parameters and, for RTMP, without everything behind
 * the application name, which is the stream key. Text that is not an absolute address comes back unchanged.
 */
export function redactUrl(url: string): string {
  const [, scheme, rest = ''] = URL_PARTS.exec(url) ?? [];
  if (scheme === undefined) return url;
  const { credentials, address } = splitCredentials(rest);
  const shown = isRtmp(scheme) ? redactBehindFirstSegment(address) : redactQuery(address);
  return `${scheme}${credentials ? `${REDACTED}@` : ''}${shown}`;
}

/** Like `redactUrl`, also without the path behind its first segment: for addresses of which the key may be a part of the path. */
export function redactPushUrl(url: string): string {
  const [, scheme, rest = ''] = URL_PARTS.exec(url) ?? [];
  if (scheme === undefined) return url === '' ? '' : REDACTED;
  const { credentials, address } = splitCredentials(rest);
  return `${scheme}${credentials ? `${REDACTED}@` : ''}${redactBehindFirstSegment(address)}`;
}

/** What is hidden in an address, piece by piece: password, key, values of parameters. */
export function urlSecrets(url: string): string[] {
  const [, scheme, rest = ''] = URL_PARTS.exec(url) ?? [];
  if (scheme === undefined) return [];
  const { credentials, address } = splitCredentials(rest);
  const [path, query] = splitOnce(address, '?');
  const parameters = query.split('&').map((parameter) => splitOnce(parameter, '='));
  const secrets = [
    splitOnce(credentials, ':')[1],
    ...parameters.filter(([name, value]) => !isHarmless(name, value)).map(([, value]) => value),
  ];
  if (isRtmp(scheme)) secrets.push(behindFirstSegment(address), behindFirstSegment(path));
  return secrets.filter((secret) => secret !== '');
}

/**
 * Credentials end at the last `@` before the path. A password may itself hold `/`, `?` or `#`: when what looks like
 * the port is not a number, the last `@` of the whole address counts.
 */
function splitCredentials(rest: string): { credentials: string; address: string } {
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  const isHostAndPort = /^(?:\[[^\]]*\]|[^:@]*)(?::\d*)?$/.test(authority);
  const end = authority.includes('@') || isHostAndPort ? authority.lastIndexOf('@') : rest.lastIndexOf('@');
  return { credentials: rest.slice(0, Math.max(0, end)), address: rest.slice(end + 1) };
}

function redactBehindFirstSegment(address: string): string {
  const [, server = '', behind = ''] = /^([^/?]*\/?[^/?]*)(.*)$/s.exec(address) ?? [];
  if (behind.startsWith('?')) return server + redactQuery(behind);
  return behind.replaceAll('/', '') === '' ? server + behind : `${server}/${REDACTED}`;
}

/** The text behind `server/segment/`. */
function behindFirstSegment(address: string): string {
  return /^[^/]*\/[^/]*\/(.+)$/s.exec(address)?.[1] ?? '';
}

function redactQuery(address: string): string {
  const start = address.indexOf('?');
  if (start < 0) return address;
  const parameters = address
    .slice(start + 1)
    .split('&')
    .map((parameter) => {
      if (parameter === '') return '';
      if (!parameter.includes('=')) return REDACTED;
      const [name, value] = splitOnce(parameter, '=');
      return isHarmless(name, value) ? parameter : `${name}=${REDACTED}`;
    });
  return `${address.slice(0, start + 1)}${parameters.join('&')}`;
}

function isHarmless(name: string, value: string): boolean {
  return HARMLESS_PARAMETER.test(name) && HARMLESS_VALUE.test(value);
}

function isRtmp(scheme: string): boolean {
  return /^rtmp/i.test(scheme);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
