/** What of an address may be shown: where it leads, never what opens it. */

const REDACTED = '[redacted]';
const URL_PARTS = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is;
/** Parameters that say how to connect, not who one is. */
const HARMLESS_PARAMETER = /^(?:mode|latency|rcvlatency|peerlatency|transport|backup|copy|file|listen|timeout|pkt_size)$/i;
const HARMLESS_VALUE = /^[\w.-]{0,40}$/;

/**
 * The address without user and password, without the values of its parameters and, for RTMP, without everything behind
 * the application name, which is the stream key. Text that is not an absolute address comes back unchanged.
 */
export function redactUrl(url: string): string {
  const [, scheme, rest = ''] = URL_PARTS.exec(url) ?? [];
  if (scheme === undefined) return url;
  const { credentials, address } = splitCredentials(rest);
  const shown = /^rtmp/i.test(scheme) ? redactRtmpPath(address) : redactQuery(address);
  return `${scheme}${credentials ? `${REDACTED}@` : ''}${shown}`;
}

/** What `redactUrl` hides in an address, piece by piece: password, key, values of parameters. */
export function urlSecrets(url: string): string[] {
  const [, scheme, rest = ''] = URL_PARTS.exec(url) ?? [];
  if (scheme === undefined) return [];
  const { credentials, address } = splitCredentials(rest);
  const secrets = [credentials.slice(credentials.indexOf(':') + 1)];
  const [path = '', query = ''] = splitOnce(address, '?');
  if (/^rtmp/i.test(scheme)) secrets.push(/^[^/]*\/[^/]*\/(.+)$/s.exec(address)?.[1] ?? '', /^[^/]*\/[^/]*\/(.+)$/s.exec(path)?.[1] ?? '');
  for (const parameter of query.split('&')) {
    const [name = '', value = ''] = splitOnce(parameter, '=');
    if (!isHarmless(name, value)) secrets.push(value);
  }
  return secrets.filter((secret) => secret !== '');
}

/**
 * Credentials end at the last `@` before the path. A password may itself hold `/`, `?` or `#`: when what looks like
 * the port is not a number, the last `@` of the whole address counts.
 */
export function splitCredentials(rest: string): { credentials: string; address: string } {
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  const isHostAndPort = /^(?:\[[^\]]*\]|[^:@]*)(?::\d*)?$/.test(authority);
  const end = authority.includes('@') || isHostAndPort ? authority.lastIndexOf('@') : rest.lastIndexOf('@');
  return { credentials: rest.slice(0, Math.max(0, end)), address: rest.slice(end + 1) };
}

function redactRtmpPath(address: string): string {
  const [, server = '', behind = ''] = /^([^/?]*\/?[^/?]*)(.*)$/s.exec(address) ?? [];
  if (behind.startsWith('?')) return server + redactQuery(behind);
  return behind.replaceAll('/', '') === '' ? server + behind : `${server}/${REDACTED}`;
}

function redactQuery(address: string): string {
  const start = address.indexOf('?');
  if (start < 0) return address;
  const parameters = address
    .slice(start + 1)
    .split('&')
    .map((parameter) => {
      const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(parameter) ?? [];
      if (value === undefined) return name === '' ? '' : REDACTED;
      return isHarmless(name, value) ? parameter : `${name}=${REDACTED}`;
    });
  return `${address.slice(0, start + 1)}${parameters.join('&')}`;
}

function isHarmless(name: string, value: string): boolean {
  return HARMLESS_PARAMETER.test(name) && HARMLESS_VALUE.test(value);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
