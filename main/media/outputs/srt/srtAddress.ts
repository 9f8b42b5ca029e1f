/** Reads an SRT address as people paste it: ours, ffmpeg's and srt-live-transmit's spellings. Pure. */
import { StreamwareError } from '../../../contract/errors.ts';
import { Secret } from '../../../lib/secret.ts';

export interface SrtAddress {
  /** Name or address, IPv6 without brackets; empty for a listener on every address. */
  readonly host: string;
  readonly port: number;
  readonly mode: 'caller' | 'listener';
  readonly passphrase: Secret | null;
  readonly streamId: Secret | null;
  readonly latencyMs: number;
  /** 16, 24 or 32 bytes; null leaves it to the library. */
  readonly keyLengthBytes: number | null;
}

export interface SrtAddressInput {
  readonly url: string;
  /** These win over those in the address. */
  readonly passphrase?: string | undefined;
  readonly streamId?: string | undefined;
  readonly latencyMs: number;
}

const SHAPE = /^srt:\/\/(?<host>\[[0-9a-f:.%]+\]|[^\s/:?#@[\]]*):(?<port>\d{1,5})\/?(?:\?(?<query>.*))?$/isu;
/** Said by the address and of no consequence here. */
const IGNORED = new Set([
  'transtype',
  'pkt_size',
  'payload_size',
  'messageapi',
  'timeout',
  'connect_timeout',
]);
/** ffmpeg counts latency in microseconds, everybody else in milliseconds; no latency in use is 20 s or more. */
const MICROSECONDS_FROM = 20_000;
const MAX_STREAM_ID_BYTES = 512;

/** @throws `request.invalid` with the field at fault; nothing typed is quoted, since it may be a secret */
export function parseSrtAddress(input: SrtAddressInput): SrtAddress {
  const groups = SHAPE.exec(input.url.trim())?.groups;
  if (groups === undefined) throw invalid('url', 'The address must look like srt://server:port.');
  const port = Number(groups.port);
  if (port < 1 || port > 65_535) throw invalid('url', 'The port must be between 1 and 65535.');
  const parameters = readQuery(groups.query ?? '');
  const mode = readMode(parameters.get('mode'));
  const host = (groups.host ?? '').replace(/^\[|\]$/g, '');
  if (host === '' && mode === 'caller') throw invalid('url', 'The address has no server name.');
  return {
    host,
    port,
    mode,
    passphrase: readPassphrase(input.passphrase ?? parameters.get('passphrase')),
    streamId: readStreamId(input.streamId ?? parameters.get('streamid') ?? parameters.get('srt_streamid')),
    latencyMs: readLatency(parameters.get('latency')) ?? input.latencyMs,
    keyLengthBytes: readKeyLength(parameters.get('pbkeylen')),
  };
}

/** The address for people to read. */
export function describeSrtAddress({ host, port, mode }: SrtAddress): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return mode === 'caller' ? `srt://${shown}:${port}` : `srt://${shown}:${port} (waits for callers)`;
}

/** What ffmpeg may be told where everybody can see it. */
export function publicUrl({ host, port, mode }: SrtAddress): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return `srt://${shown}:${port}?mode=${mode}`;
}

function readQuery(query: string): Map<string, string> {
  const known = ['mode', 'passphrase', 'streamid', 'srt_streamid', 'latency', 'pbkeylen'];
  const parameters = new Map<string, string>();
  // Not URLSearchParams: it would read the + of a passphrase as a blank.
  for (const part of query.split('&').filter((one) => one !== '')) {
    const [name = '', ...value] = part.split('=');
    const key = name.toLowerCase();
    if (known.includes(key)) parameters.set(key, decoded(value.join('=')));
    else if (!IGNORED.has(key)) {
      throw invalid('url', `The parameter "${name.slice(0, 40)}" of the address is not known.`);
    }
  }
  return parameters;
}

function readMode(mode: string | undefined): SrtAddress['mode'] {
  if (mode === undefined || mode === 'caller' || mode === 'listener') return mode ?? 'caller';
  throw invalid('url', 'The mode must be caller or listener.');
}

function readPassphrase(typed: string | undefined): Secret | null {
  if (typed === undefined || typed === '') return null;
  const bytes = Buffer.byteLength(typed);
  if (bytes < 10 || bytes > 79) throw invalid('passphrase', 'A passphrase has 10 to 79 bytes.');
  return new Secret(typed);
}

function readStreamId(typed: string | undefined): Secret | null {
  if (typed === undefined || typed === '') return null;
  if (Buffer.byteLength(typed) > MAX_STREAM_ID_BYTES)
    throw invalid('streamId', 'A stream id has 512 bytes at most.');
  return new Secret(typed);
}

function readLatency(typed: string | undefined): number | null {
  if (typed === undefined) return null;
  const value = Number(typed);
  if (!Number.isInteger(value) || value < 0) throw invalid('url', 'The latency must be a number.');
  return value >= MICROSECONDS_FROM ? Math.round(value / 1000) : value;
}

function readKeyLength(typed: string | undefined): number | null {
  if (typed === undefined) return null;
  const value = Number(typed);
  if (![16, 24, 32].includes(value)) throw invalid('url', 'The key length must be 16, 24 or 32.');
  return value;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A bare % was typed as it is.
  }
}

function invalid(field: string, detail: string): StreamwareError {
  return new StreamwareError('request.invalid', { field, detail });
}
