/**
 * Addresses of RTMP servers as people paste them: server and key apart, both in one field, with blanks, slashes and
 * capitals. A key may hold any character and reaches the server as typed; nothing here decodes or encodes it.
 * Every refusal names the field, and none quotes what was typed: a key may stand anywhere in it.
 *
 * What is the key:  key field given ──▶ the key field (of a whole address there: what follows the application)
 *                   key field empty ──▶ the last path segment of the address, with its query
 */
import { domainToASCII } from 'node:url';
import { StreamwareError } from '../../contract/errors.ts';
import { trimInvisible } from '../../contract/outputs.ts';
import { Secret } from '../../lib/secret.ts';

const DEFAULT_PORT = { rtmp: 1935, rtmps: 443 } as const;

export interface RtmpCredentials {
  readonly username: string;
  readonly password: Secret;
}

/** Where to connect and what to ask for. Holds no stream key. */
export interface RtmpTarget {
  readonly isSecure: boolean;
  /** Name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Application with its instance and query, such as `live2?backup=1`. */
  readonly app: string;
  /** What the server is told it was called by: scheme, host, port as typed, application. */
  readonly tcUrl: string;
  readonly credentials: RtmpCredentials | null;
}

export interface RtmpAddress {
  readonly target: RtmpTarget;
  readonly key: Secret;
}

export interface RtmpAddressInput {
  /** `rtmp[s]://server[:port]/app`, or the whole address with the key at its end. */
  readonly url: string;
  readonly key?: string | undefined;
  /** Win over those in the address. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** What the two fields are called where the refusal is read. */
export interface RtmpFieldNames {
  readonly url: string;
  readonly key: string;
}

/** Works out server, application and key. Throws `request.invalid` with the field at fault. */
export function parseRtmpAddress(
  input: RtmpAddressInput,
  fields: RtmpFieldNames = { url: 'url', key: 'key' },
): RtmpAddress {
  const url = trimInvisible(input.url);
  const typedKey = trimInvisible(input.key ?? '');
  assertPrintable(url, fields.url);
  assertPrintable(typedKey, fields.key);
  const isWholeAddress = /^rtmps?:\/\//i.test(typedKey);
  if (isWholeAddress && url === '')
    return withKeyInside(splitUrl(typedKey, fields.key), input, fields.key, fields);
  const server = splitUrl(url, fields.url);
  if (typedKey === '') return withKeyInside(server, input, fields.url, fields);
  const key = isWholeAddress ? keyOfWholeAddress(typedKey, server, fields) : typedKey;
  return {
    target: buildTarget(server, trimSlashes(server.path), input, fields.url),
    key: toKey(key, fields.key),
  };
}

/** The target of an address that carries no key, such as one a server redirects to. Throws `request.invalid`. */
export function parseRtmpTarget(url: string, field = 'url'): RtmpTarget {
  const server = splitUrl(trimInvisible(url), field);
  return buildTarget(server, trimSlashes(server.path), { url }, field);
}

/** The address for people to read: without key and credentials. */
export function redactedTarget(target: RtmpTarget): string {
  const query = target.app.indexOf('?');
  return `${baseUrl(target)}/${query < 0 ? target.app : target.app.slice(0, query)}`;
}

function baseUrl(target: RtmpTarget): string {
  const scheme = target.isSecure ? 'rtmps' : 'rtmp';
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return `${scheme}://${host}${target.port === DEFAULT_PORT[scheme] ? '' : `:${target.port}`}`;
}

interface UrlParts {
  readonly scheme: 'rtmp' | 'rtmps';
  readonly userInfo: string;
  readonly host: string;
  /** As typed; empty when none was. */
  readonly port: string;
  /** Everything behind the first slash after the host, as typed. */
  readonly path: string;
}

const URL_SHAPE =
  /^(?<scheme>rtmps?):\/\/(?:(?<userInfo>[^/?#]*)@)?(?<host>\[[0-9a-f:.]+\]|[^\s/:?#@[\]]+)(?::(?<port>[0-9]*))?(?:\/(?<path>.*))?$/isu;

function splitUrl(url: string, field: string): UrlParts {
  if (url === '') throw invalid(field, 'the address of the server is missing');
  if (!/^rtmps?:\/\//i.test(url)) throw invalid(field, 'the address must begin with rtmp:// or rtmps://');
  const groups = URL_SHAPE.exec(url)?.groups;
  if (groups === undefined) throw invalid(field, 'the address has no server name that can be read');
  return {
    scheme: groups.scheme?.toLowerCase() === 'rtmps' ? 'rtmps' : 'rtmp',
    userInfo: groups.userInfo ?? '',
    host: readHost(groups.host ?? '', field),
    port: groups.port ?? '',
    path: groups.path ?? '',
  };
}

function readHost(typed: string, field: string): string {
  if (typed.startsWith('[')) return typed.slice(1, -1).toLowerCase();
  const host = domainToASCII(typed);
  if (host === '') throw invalid(field, 'the address has no server name that can be read');
  return host;
}

function buildTarget(parts: UrlParts, app: string, input: RtmpAddressInput, field: string): RtmpTarget {
  if (app === '' || app.startsWith('?')) {
    throw invalid(field, 'the address has no application name, such as /live behind the server');
  }
  const port = parts.port === '' ? DEFAULT_PORT[parts.scheme] : Number(parts.port);
  if (port < 1 || port > 65_535) throw invalid(field, 'the port must be between 1 and 65535');
  const bracketed = parts.host.includes(':') ? `[${parts.host}]` : parts.host;
  const typedPort = parts.port === '' ? '' : `:${port}`;
  return {
    isSecure: parts.scheme === 'rtmps',
    host: parts.host,
    port,
    app,
    tcUrl: `${parts.scheme}://${bracketed}${typedPort}/${app}`,
    credentials: readCredentials(parts.userInfo, input),
  };
}

function readCredentials(userInfo: string, input: RtmpAddressInput): RtmpCredentials | null {
  const colon = userInfo.indexOf(':');
  const typedName = decode(colon < 0 ? userInfo : userInfo.slice(0, colon));
  const typedPassword = colon < 0 ? '' : decode(userInfo.slice(colon + 1));
  const username = input.username ?? typedName;
  if (username === '') return null;
  return { username, password: new Secret(input.password ?? typedPassword) };
}

/** The key is the last segment of the path. */
function withKeyInside(
  parts: UrlParts,
  input: RtmpAddressInput,
  field: string,
  fields: RtmpFieldNames,
): RtmpAddress {
  const { app, key } = splitKeyOff(parts.path);
  if (app === '') throw invalid(fields.key, 'the stream key is missing');
  return { target: buildTarget(parts, app, input, field), key: toKey(key, fields.key) };
}

/**
 * Splits `app/instance/key?query`. Where the path before the query is the application alone, the key is what follows
 * a slash in the query: `live2?backup=1/key`, a form YouTube's backup address leads people to.
 */
function splitKeyOff(path: string): { app: string; key: string } {
  const whole = trimSlashes(path);
  const query = whole.indexOf('?');
  const beforeQuery = query < 0 ? whole : whole.slice(0, query);
  const lastSlash = beforeQuery.lastIndexOf('/');
  const slash = lastSlash >= 0 || query < 0 ? lastSlash : whole.indexOf('/', query);
  if (slash < 0) return { app: '', key: '' };
  return { app: whole.slice(0, slash).replace(/\/+$/, ''), key: whole.slice(slash + 1) };
}

/** The key of a whole address pasted into the key field, beside a server that was given as well. */
function keyOfWholeAddress(typed: string, server: UrlParts, fields: RtmpFieldNames): string {
  const pasted = splitUrl(typed, fields.key);
  const path = trimSlashes(pasted.path);
  const app = trimSlashes(server.path);
  if (path.startsWith(`${app}/`)) return path.slice(app.length + 1);
  if (pasted.host !== server.host) {
    throw invalid(
      fields.key,
      'the key is a whole address of another server than the one given; enter the key alone',
    );
  }
  return splitKeyOff(path).key;
}

function toKey(typed: string, field: string): Secret {
  const key = typed.replace(/^\/+/, '');
  if (key === '') throw invalid(field, 'the stream key is missing');
  // What follows a ? are parameters: the server would be given no name at all.
  if (key.startsWith('?')) throw invalid(field, 'the stream key has nothing before its ?');
  return new Secret(key);
}

/** Slashes around the application, also before its query: `live/?x=1` means `live?x=1`. */
function trimSlashes(path: string): string {
  const query = path.indexOf('?');
  const head = query < 0 ? path : path.slice(0, query);
  const tail = query < 0 ? '' : path.slice(query);
  return head.replace(/^\/+|\/+$/g, '') + tail;
}

function assertPrintable(value: string, field: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are refused.
  if (/[\u0000-\u001f\u007f]/.test(value))
    throw invalid(field, 'it has a line break or another control character inside');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A password with a bare % was typed as it is.
  }
}

function invalid(field: string, detail: string): StreamwareError {
  return new StreamwareError('request.invalid', { field, detail });
}
