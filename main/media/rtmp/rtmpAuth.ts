/**
 * User name and password for servers that ask for them (Adobe's and Limelight's challenge, as encoders know it from
 * Wowza, Akamai and others). The server refuses a connect and says how to come back; each round is a new connection whose
 * application name carries the answer. Pure functions; the password leaves only as a digest.
 *
 *   connect ──"need auth"──▶ connect with user ──challenge──▶ connect with response ──▶ accepted, or "authfailed"
 */
import { createHash } from 'node:crypto';
import type { RtmpCredentials } from './rtmpUrl.ts';

export type AuthStep =
  /** The refusal has nothing to do with authentication. */
  | { readonly kind: 'unrelated' }
  /** User name or password are missing or wrong. */
  | { readonly kind: 'failed' }
  /** Connect again with this text behind the application name. */
  | { readonly kind: 'again'; readonly query: string };

/** What to do about a refused connect. `nonce`: eight random hexadecimal digits. */
export function nextAuthStep(
  description: string,
  app: string,
  credentials: RtmpCredentials | null,
  nonce: string,
): AuthStep {
  const method = /authmod=(?<method>adobe|llnw)/i.exec(description)?.groups?.method?.toLowerCase();
  if (method === undefined) return { kind: 'unrelated' };
  if (credentials === null || /reason=(authfailed|nosuchuser|authrejected)/i.test(description))
    return { kind: 'failed' };
  const user = `?authmod=${method}&user=${encodeURIComponent(credentials.username)}`;
  if (/code=403 need auth/i.test(description)) return { kind: 'again', query: user };
  if (!/reason=needauth/i.test(description)) return { kind: 'failed' };
  const challenge = parseChallenge(description);
  const answer =
    method === 'adobe'
      ? answerAdobe(challenge, credentials, nonce)
      : answerLlnw(challenge, app, credentials, nonce);
  return { kind: 'again', query: user + answer };
}

/** The parameters behind the question mark of the refusal: `?reason=needauth&user=…&salt=…&challenge=…&opaque=…`. */
function parseChallenge(description: string): Map<string, string> {
  const query = /\?(?<query>\S*reason=\S*)/i.exec(description)?.groups?.query ?? '';
  const pairs = query.split('&').map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  return new Map(pairs);
}

function answerAdobe(challenge: Map<string, string>, credentials: RtmpCredentials, nonce: string): string {
  const { username, password } = credentials;
  const opaque = challenge.get('opaque') ?? '';
  const secret = md5(`${username}${challenge.get('salt') ?? ''}${password.reveal()}`, 'base64');
  const theirs = opaque === '' ? (challenge.get('challenge') ?? '') : opaque;
  const response = md5(`${secret}${theirs}${nonce}`, 'base64');
  return `&challenge=${nonce}&response=${response}${opaque === '' ? '' : `&opaque=${opaque}`}`;
}

/** HTTP digest authentication (RFC 2617, qop=auth) with the realm `live` and the method `publish`. */
function answerLlnw(
  challenge: Map<string, string>,
  app: string,
  credentials: RtmpCredentials,
  nonce: string,
): string {
  const { username, password } = credentials;
  const theirs = challenge.get('nonce') ?? '';
  const count = '00000001';
  const path = app.includes('/') ? app : `${app}/_definst_`;
  const who = md5(`${username}:live:${password.reveal()}`, 'hex');
  const what = md5(`publish:/${path}`, 'hex');
  const response = md5(`${who}:${theirs}:${count}:${nonce}:auth:${what}`, 'hex');
  return `&nonce=${theirs}&cnonce=${nonce}&nc=${count}&response=${response}`;
}

function md5(text: string, encoding: 'hex' | 'base64'): string {
  return createHash('md5').update(text, 'utf8').digest(encoding);
}
