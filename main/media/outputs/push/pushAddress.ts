/**
 * Where each file of an HLS push goes. The key is part of the address there and exists in memory only.
 *
 *   https://server/path               → https://server/path/KEY/name        (without a key: …/path/name)
 *   https://server/up?cid=&file=      → https://server/up?cid=KEY&file=name  (YouTube's form)
 *   https://server/{key}/in/{file}    → both put in
 */
import { StreamwareError } from '../../../contract/errors.ts';
import { Secret } from '../../../lib/secret.ts';

export interface PushAddress {
  /** For people: scheme, host and path up to the key. */
  readonly target: string;
  /** Whether files have addresses of their own, so that old ones can be deleted. */
  readonly isFolder: boolean;
  /** What must not show in logs. */
  readonly secrets: readonly Secret[];
  /** The address of a file. Not for logs. */
  urlOf(name: string): URL;
}

const FILE_PARAMETER = 'file';
/** Parameters that take the key when they are empty. */
const KEY_PARAMETERS = ['cid', 'key', 'streamkey', 'token'];

/** @throws `request.invalid` with the field at fault */
export function parsePushAddress(url: string | undefined, key: string | undefined): PushAddress {
  if (url === undefined || url === '') throw invalid('url', 'The address of the server is missing.');
  const typedKey = key ?? '';
  const parsed = URL.parse(url.replaceAll('{key}', 'KEY').replaceAll('{file}', 'FILE'));
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    throw invalid('url', 'The address must begin with https:// or http://.');
  }
  if (url.includes('{key}') && typedKey === '') throw invalid('key', 'The key is missing.');
  const target = `${parsed.protocol}//${parsed.host}${targetPath(url, parsed)}`;
  const secrets = [typedKey, parsed.password, ...parsed.searchParams.values()]
    .filter((value) => value.length > 2)
    .map((value) => new Secret(value));
  const isQuery = parsed.searchParams.has(FILE_PARAMETER);
  if (url.includes('{file}')) {
    const urlOf = (name: string): URL => fill(url, typedKey, name);
    return { target, isFolder: !parsed.search.includes('FILE'), secrets, urlOf };
  }
  if (isQuery)
    return { target, isFolder: false, secrets, urlOf: (name: string): URL => inQuery(url, typedKey, name) };
  return { target, isFolder: true, secrets, urlOf: (name: string): URL => inFolder(url, typedKey, name) };
}

function fill(template: string, key: string, name: string): URL {
  return new URL(
    template.replaceAll('{key}', encodeURIComponent(key)).replaceAll('{file}', encodeURIComponent(name)),
  );
}

function inQuery(url: string, key: string, name: string): URL {
  const filled = fill(url, key, name);
  if (key !== '' && !url.includes('{key}')) {
    const empty = KEY_PARAMETERS.find((parameter) => filled.searchParams.get(parameter) === '');
    const isMissing = KEY_PARAMETERS.every((parameter) => !filled.searchParams.has(parameter));
    if (empty !== undefined || isMissing) filled.searchParams.set(empty ?? 'cid', key);
  }
  filled.searchParams.set(FILE_PARAMETER, name);
  return filled;
}

function inFolder(url: string, key: string, name: string): URL {
  const filled = fill(url, key, name);
  const isKeyInside = key === '' || url.includes('{key}');
  const parts = [filled.pathname.replace(/\/+$/, ''), ...(isKeyInside ? [] : [encodeURIComponent(key)])];
  filled.pathname = [...parts, encodeURIComponent(name)].join('/');
  return filled;
}

function targetPath(url: string, parsed: URL): string {
  if (!url.includes('{key}')) return parsed.pathname.replace(/\/FILE$/, '');
  return parsed.pathname.split('KEY')[0]?.replace(/\/+$/, '') ?? '';
}

function invalid(field: string, detail: string): StreamwareError {
  return new StreamwareError('request.invalid', { field, detail });
}
