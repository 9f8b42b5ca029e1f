import { describe, expect, it } from 'vitest';
import { assertHost, assertJsonBody, assertOrigin, hostNameOf } from '../../../main/api/guard.ts';
import { StreamwareError } from '../../../main/contract/errors.ts';

function codeOf(run: () => void): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof StreamwareError) return error.code;
    throw error;
  }
}

describe('host', () => {
  const loopback = { mode: 'loopback', allowedHosts: ['studio.local'] } as const;
  const network = { mode: 'addresses', allowedHosts: [] } as const;

  it.each([
    '127.0.0.1:7420',
    '127.0.0.1',
    'localhost:7420',
    'LOCALHOST',
    '[::1]:7420',
    '127.9.9.9:1',
    'studio.local:7420',
  ])('takes %s', (host) => {
    expect(codeOf(() => assertHost(host, loopback))).toBeNull();
  });

  it.each([
    undefined,
    '',
    'evil.example:7420',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.evil.example',
    '192.168.1.5:7420',
    'notlocalhost',
    '127.0.0.1:7420, evil.example',
    'evil.example@127.0.0.1',
    'localhost/..',
    '[::1',
    '0.0.0.0:7420',
    'studio.local.evil.example',
  ])('refuses %s', (host) => {
    expect(codeOf(() => assertHost(host, loopback))).toBe('auth.host_refused');
  });

  it('takes addresses, but no names, on a listener open to the network', () => {
    expect(codeOf(() => assertHost('192.168.1.5:7421', network))).toBeNull();
    expect(codeOf(() => assertHost('[fe80::1]:7421', network))).toBeNull();
    expect(codeOf(() => assertHost('evil.example:7421', network))).toBe('auth.host_refused');
  });

  it.each([
    ['[::1]:80', '::1'],
    ['A.example:80', 'a.example'],
    ['a b', null],
    ['a:b:c', null],
    ['host:123456', null],
  ])('reads the name in %s', (header, name) => {
    expect(hostNameOf(header)).toBe(name);
  });
});

describe('origin', () => {
  const host = '127.0.0.1:7420';
  const facts = (origin?: string, fetchSite?: string) => ({ origin, fetchSite, host });

  it.each([
    ['a program', facts()],
    ['the studio page', facts('http://127.0.0.1:7420', 'same-origin')],
    ['a request typed into the address bar', facts(undefined, 'none')],
    ['a configured origin', facts('http://localhost:5173', 'same-site')],
  ])('lets %s through', (_name, given) => {
    expect(codeOf(() => assertOrigin(given, ['http://localhost:5173']))).toBeNull();
  });

  it.each([
    ['another site', facts('http://evil.example')],
    ['another port of this machine', facts('http://127.0.0.1:8080')],
    ['another name of this machine', facts('http://localhost:7420')],
    ['a sandboxed frame', facts('null')],
    ['a file', facts('file://')],
    ['a name that begins alike', facts('http://127.0.0.1:7420.evil.example')],
    ['an empty origin', facts('')],
    ['an image on another site', facts(undefined, 'cross-site')],
    ['an image on another port', facts(undefined, 'same-site')],
  ])('refuses %s', (_name, given) => {
    expect(codeOf(() => assertOrigin(given, []))).toBe('auth.origin_refused');
  });
});

describe('body type', () => {
  it.each([
    ['application/json', true],
    ['application/json; charset=utf-8', true],
    ['Application/JSON', true],
    [undefined, false],
  ])('takes %s', (type, hasBody) => {
    expect(codeOf(() => assertJsonBody(type, hasBody))).toBeNull();
  });

  it.each([
    ['text/plain', true],
    ['text/plain', false],
    ['text/plain; application/json', true],
    ['application/x-www-form-urlencoded', true],
    ['multipart/form-data', true],
    ['application/jsonp', true],
    [undefined, true],
    ['', true],
  ])('refuses %s', (type, hasBody) => {
    expect(codeOf(() => assertJsonBody(type, hasBody))).toBe('request.unsupported_media_type');
  });
});
