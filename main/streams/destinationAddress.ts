/** Where an output leads: address and key, from what the user typed and what the catalogue knows. Pure; nothing is connected. */
import type { Service } from '../contract/destinations.ts';
import { StreamwareError } from '../contract/errors.ts';
import { type Output, trimInvisible } from '../contract/outputs.ts';
import { Secret } from '../lib/secret.ts';
import { redactPushUrl } from '../lib/urlRedaction.ts';
import { parseRtmpAddress, type RtmpAddress, redactedTarget } from '../media/rtmp/rtmpUrl.ts';
import { serviceOf } from './destinationCatalogue.ts';

export type RtmpOutput = Extract<Output, { type: 'rtmp' | 'rtmps' }>;
export type HlsPushOutput = Extract<Output, { type: 'hls-push' }>;

export interface RtmpDestination {
  readonly kind: 'rtmp';
  readonly service: Service | null;
  readonly primary: RtmpAddress;
  /** A second connection that gets the same stream at the same time. */
  readonly backup: RtmpAddress | null;
  /** Without secrets. */
  readonly shown: string;
}

export interface HlsPushDestination {
  readonly kind: 'hls-push';
  readonly service: Service | null;
  /** The address of one file, such as `out.m3u8` or `seg00001.ts`; the key is in it. */
  addressOf(fileName: string): Secret;
  /** Without secrets. */
  readonly shown: string;
}

/**
 * Address and key of an output that goes to a server.
 * @param field path of the output for refusals, such as `output.0.`
 * @throws `request.invalid` with the field: address or key is missing or cannot be used, or the service is not known
 */
export function resolveDestination(output: RtmpOutput, field?: string): RtmpDestination;
export function resolveDestination(output: HlsPushOutput, field?: string): HlsPushDestination;
export function resolveDestination(
  output: RtmpOutput | HlsPushOutput,
  field?: string,
): RtmpDestination | HlsPushDestination;
export function resolveDestination(
  output: RtmpOutput | HlsPushOutput,
  field = '',
): RtmpDestination | HlsPushDestination {
  const service = serviceOf(output, field);
  assertKind(output, service, field);
  return output.type === 'hls-push'
    ? resolveHlsPush(output, service, field)
    : resolveRtmp(output, service, field);
}

function resolveRtmp(output: RtmpOutput, service: Service | null, field: string): RtmpDestination {
  // A whole address in the key field needs no other.
  const isWholeKey = /^rtmps?:\/\//i.test(output.key ?? '');
  const url =
    output.url || catalogueUrl(service, output.type) || (isWholeKey ? '' : missingUrl(service, field));
  assertKey(output.key, output.url, service, field);
  const access = { username: output.username, password: output.password };
  const primary = parseRtmpAddress(
    { url, key: output.key, ...access },
    { url: `${field}url`, key: `${field}key` },
  );
  const backup =
    output.backupUrl === undefined || output.backupUrl === ''
      ? null
      : parseBackup(output.backupUrl, primary, output, field);
  if (output.type === 'rtmps') {
    if (!primary.target.isSecure) throw unencrypted(output.url ? `${field}url` : `${field}type`);
    if (backup?.target.isSecure === false) throw unencrypted(`${field}backupUrl`);
  }
  return { kind: 'rtmp', service, primary, backup, shown: redactedTarget(primary.target) };
}

/** The backup uses the key of the primary, unless its address brings one of its own, as `rtmp://server/app/key`. */
function parseBackup(url: string, primary: RtmpAddress, output: RtmpOutput, field: string): RtmpAddress {
  const access = { username: output.username, password: output.password };
  const names = { url: `${field}backupUrl`, key: `${field}backupUrl` };
  const path = /^rtmps?:\/\/[^/]*\/*([^?]*)/i.exec(url)?.[1]?.replace(/\/+$/, '') ?? '';
  const depth = path.split('/').length;
  const primaryDepth = primary.target.app.replace(/\?.*$/s, '').split('/').length;
  const hasOwnKey = depth > primaryDepth;
  return parseRtmpAddress({ url, key: hasOwnKey ? undefined : primary.key.reveal(), ...access }, names);
}

function resolveHlsPush(output: HlsPushOutput, service: Service | null, field: string): HlsPushDestination {
  const url = output.url || catalogueUrl(service, output.type) || missingUrl(service, field);
  if (!URL.canParse(url) || !/^https?:\/\//i.test(url)) {
    throw invalid(`${field}url`, 'the address must begin with https:// or http://');
  }
  assertKey(output.key, output.url, service, field);
  const parameter = service?.keyParameter ?? null;
  const key = trimInvisible(output.key ?? '');
  return {
    kind: 'hls-push',
    service,
    addressOf: (fileName: string): Secret => new Secret(hlsFileUrl(url, parameter, key, fileName)),
    shown: redactPushUrl(url),
  };
}

/** The file's name goes into the parameter `file` where the address has one, else it replaces the last segment of the path. */
function hlsFileUrl(base: string, keyParameter: string | null, key: string, fileName: string): string {
  const url = new URL(base);
  if (key !== '' && keyParameter !== null) url.searchParams.set(keyParameter, key);
  if (key !== '' && keyParameter === null) {
    url.pathname = `${url.pathname.replace(/\/[^/]*$/, '')}/${encodeURIComponent(key)}/`;
  }
  if (url.searchParams.has('file')) url.searchParams.set('file', fileName);
  else url.pathname = `${url.pathname.replace(/\/[^/]*$/, '')}/${encodeURIComponent(fileName)}`;
  return url.href;
}

/** Of the addresses of the service the first that is no backup; one with the wanted protocol goes first. */
function catalogueUrl(service: Service | null, type: Output['type']): string {
  const servers = service?.servers.filter(({ isBackup }) => !isBackup) ?? [];
  const wanted = servers.find(({ url }) => url.startsWith(`${type}://`));
  return (wanted ?? servers[0])?.url ?? '';
}

function assertKind(output: RtmpOutput | HlsPushOutput, service: Service | null, field: string): void {
  if (!service || (service.kind === 'hls-push') === (output.type === 'hls-push')) return;
  throw invalid(`${field}type`, `${service.name} is reached with an output of type "${service.kind}"`);
}

/** A service from the catalogue has its key in a field; an address typed by the user may carry it. */
function assertKey(
  key: string | undefined,
  url: string | undefined,
  service: Service | null,
  field: string,
): void {
  if (!service?.isKeyNeeded || url || trimInvisible(key ?? '') !== '') return;
  const hint = [service.keyHint, service.keyUrl].filter(Boolean).join(' ');
  throw invalid(`${field}key`, `${service.name} needs a stream key`, hint);
}

function missingUrl(service: Service | null, field: string): never {
  const detail = service
    ? `${service.name} needs the address of the server`
    : 'the address of the server is missing';
  throw invalid(`${field}url`, detail, service?.addressHint);
}

/** Who asked for encryption is never given a connection without, also not by an address copied from elsewhere. */
function unencrypted(field: string): StreamwareError {
  return invalid(
    field,
    'the output asks for rtmps, and the address is one of rtmp, without encryption',
    'Begin the address with rtmps://, or choose the type rtmp.',
  );
}

function invalid(field: string, detail: string, hint?: string): StreamwareError {
  return new StreamwareError('request.invalid', { field, detail, ...(hint ? { hint } : {}) });
}
