/**
 * What an operator can set when the engine is started: by flag of `streamware serve`, else by environment variable. Both entries
 * of the engine read them here, so that they mean and refuse the same. Pure: texts in, settings out.
 */
import { isIP } from 'node:net';
import { StreamwareError } from '../contract/errors.ts';

export interface ServeSettings {
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly ingestHost: string | undefined;
  readonly ingestPort: number | undefined;
  readonly media: { readonly host: string; readonly port: number } | undefined;
  /** Lower case, without port. */
  readonly allowedHosts: readonly string[];
  /** As browsers write them, such as `https://dash.example`. */
  readonly allowedOrigins: readonly string[];
  readonly requestsPerMinute: number | undefined;
  readonly metricsWithoutToken: boolean;
}

/** Flag without its dashes → the variable that stands for it when it is not given. */
export const serveVariables = {
  port: 'STREAMWARE_PORT',
  host: 'STREAMWARE_HOST',
  'ingest-host': 'STREAMWARE_INGEST_HOST',
  'ingest-port': 'STREAMWARE_INGEST_PORT',
  'media-host': 'STREAMWARE_MEDIA_HOST',
  'media-port': 'STREAMWARE_MEDIA_PORT',
  'allowed-host': 'STREAMWARE_ALLOWED_HOSTS',
  'allowed-origin': 'STREAMWARE_ALLOWED_ORIGINS',
  'rate-limit': 'STREAMWARE_RATE_LIMIT',
  'metrics-without-token': 'STREAMWARE_METRICS_WITHOUT_TOKEN',
} as const;
type Flag = keyof typeof serveVariables;

export interface SettingSources {
  /** Values of a flag in their order, `true` for a switch; none when it was not given. */
  readonly flags: (name: Flag) => readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A value with the name under which it was given. */
interface Given {
  readonly name: string;
  readonly text: string;
}

const DEFAULT_MEDIA_PORT = 7421;
const MAX_PORT = 65_535;
/** Ten thousand a second: more than the engine answers. */
const MAX_REQUESTS_PER_MINUTE = 600_000;
const MAX_LISTED = 50;
const MAX_SHOWN = 80;

/** @throws `request.invalid` that names the flag or variable, the reason and the cure */
export function readServeSettings(sources: SettingSources): ServeSettings {
  const one = (flag: Flag): Given | null => givenOf(sources, flag).at(-1) ?? null;
  const list = (flag: Flag): Given[] => listOf(givenOf(sources, flag));
  return {
    port: wholeNumber(one('port'), 0, MAX_PORT, portCure),
    host: address(one('host')),
    ingestHost: address(one('ingest-host')),
    ingestPort: wholeNumber(one('ingest-port'), 0, MAX_PORT, portCure),
    media: mediaListener(one('media-host'), one('media-port')),
    allowedHosts: unique(list('allowed-host').map(hostName)),
    allowedOrigins: unique(list('allowed-origin').map(pageOrigin)),
    requestsPerMinute: wholeNumber(one('rate-limit'), 1, MAX_REQUESTS_PER_MINUTE, rateCure),
    metricsWithoutToken: yesOrNo(one('metrics-without-token')),
  };
}

const portCure = 'Give a port such as 7420, or 0 for any free one.';
const rateCure = 'Give the requests one token may send in a minute, such as 6000.';

/** The flag wins as a whole. An empty variable counts as none, since that is how container files leave one out. */
function givenOf({ flags, environment }: SettingSources, flag: Flag): Given[] {
  const byFlag = flags(flag).map((text): Given => ({ name: `--${flag}`, text: text.trim() }));
  if (byFlag.length > 0) return byFlag;
  const name = serveVariables[flag];
  const text = environment[name]?.trim() ?? '';
  return text === '' ? [] : [{ name, text }];
}

/** A flag is given once for each, a variable holds them with commas between. */
function listOf(given: readonly Given[]): Given[] {
  const all = given.flatMap(({ name, text }) =>
    text.split(',').map((part): Given => ({ name, text: part.trim() })),
  );
  const last = all[MAX_LISTED];
  if (last === undefined) return all;
  throw refuse(last.name, `names more than ${MAX_LISTED}`, 'Put a proxy with one name before the engine.');
}

function wholeNumber(given: Given | null, min: number, max: number, cure: string): number | undefined {
  if (given === null) return undefined;
  // Digits alone: Number would also take 0x50, 1e3 and nothing at all.
  const value = /^\d{1,9}$/.test(given.text) ? Number(given.text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw refusal(given, `must be a whole number from ${min} to ${max}`, cure);
}

function yesOrNo(given: Given | null): boolean {
  if (given === null) return false;
  const text = given.text.toLowerCase();
  if (['1', 'true', 'yes', 'on'].includes(text)) return true;
  if (['0', 'false', 'no', 'off'].includes(text)) return false;
  throw refusal(given, 'must be 1 or 0', 'Give 1 to switch it on, or leave it out.');
}

/** What a listener binds to. */
function address(given: Given | null): string | undefined {
  if (given === null) return undefined;
  if (isIP(given.text) !== 0 || isName(given.text)) return given.text;
  const cure = 'Give 127.0.0.1 for this computer alone, 0.0.0.0 for every network, or the address of one.';
  throw refusal(given, 'must be an address of this computer, without a port', cure);
}

function mediaListener(host: Given | null, port: Given | null): ServeSettings['media'] {
  const number = wholeNumber(port, 0, MAX_PORT, 'Give a port such as 7421, or 0 for any free one.');
  const name = address(host);
  return name === undefined ? undefined : { host: name, port: number ?? DEFAULT_MEDIA_PORT };
}

/** A name as it stands in `Host`. */
function hostName(given: Given): string {
  const text = given.text.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (isIP(text) !== 0 || isName(text)) return text;
  if (text.includes('*')) {
    throw refusal(given, 'cannot hold a wildcard', 'Name every host by itself, such as studio.local.');
  }
  throw refusal(
    given,
    'must be a host name, without http:// and without a port',
    'Give one such as studio.local.',
  );
}

function pageOrigin(given: Given): string {
  const cure =
    'Give what the address of the page begins with, such as https://dash.example or http://localhost:5173.';
  if (given.text === '*' || given.text.includes('*'))
    throw refusal(
      given,
      'cannot hold a wildcard: any page could then steer the engine',
      'Name every origin by itself.',
    );
  if (given.text === 'null')
    throw refusal(given, 'cannot be "null", which every sandboxed page and every local file sends', cure);
  const url = URL.canParse(given.text) ? new URL(given.text) : null;
  const isOrigin =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === '' &&
    url.pathname === '/';
  if (isOrigin) return url.origin;
  throw refusal(
    given,
    'must be http:// or https://, a host and perhaps a port, and nothing after that',
    cure,
  );
}

function isName(text: string): boolean {
  const isLabelled = /^(?!-)[a-z0-9_-]{1,63}(\.(?!-)[a-z0-9_-]{1,63})*$/i.test(text);
  // Four numbers with dots that are no address are a slip of the pen.
  return isLabelled && text.length <= 253 && !/^[\d.]+$/.test(text);
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

function refusal({ name, text }: Given, reason: string, cure: string): StreamwareError {
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  return refuse(name, `${reason}; it is ${text === '' ? 'empty' : JSON.stringify(shown)}`, cure);
}

/** The cure stands in the text: whoever starts an engine for somebody else passes that on. */
function refuse(name: string, reason: string, cure: string): StreamwareError {
  const detail = `${name} ${reason}. ${cure}`;
  return new StreamwareError('request.invalid', { field: name, detail, hint: 'See: streamware help serve' });
}
