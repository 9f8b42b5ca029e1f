import { describe, expect, it } from 'vitest';
import { classifyAddress } from '../../../../main/media/inputs/addressClass.ts';
import { connectTarget, endpointOf, mayConnect } from '../../../../main/media/inputs/gatePolicy.ts';

describe('classifyAddress', () => {
  it.each([
    ['93.184.216.34', 'public'],
    ['172.15.255.255', 'public'],
    ['172.16.0.1', 'private'],
    ['10.0.0.1', 'private'],
    ['192.168.1.20', 'private'],
    ['100.64.0.1', 'private'],
    ['127.0.0.1', 'loopback'],
    ['127.9.9.9', 'loopback'],
    ['0.0.0.0', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['224.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['2606:2800:220:1::1', 'public'],
    ['::1', 'loopback'],
    ['::', 'loopback'],
    ['fe80::1', 'link-local'],
    ['fd12:3456::1', 'private'],
    ['2001:db8::1', 'reserved'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:169.254.169.254', 'link-local'],
    ['::ffff:93.184.216.34', 'public'],
    ['64:ff9b::a9fe:a9fe', 'link-local'],
    ['64:ff9b::5db8:d822', 'public'],
    ['2002:7f00:1::', 'loopback'],
    ['::127.0.0.1', 'loopback'],
    ['not an address', 'reserved'],
  ])('%s is %s', (address, kind) => {
    expect(classifyAddress(address)).toBe(kind);
  });
});

describe('mayConnect', () => {
  const policy = (sourceUrl: string, allowPrivateNetwork = false) => ({ sourceUrl, allowPrivateNetwork });

  it.each([
    ['the internet', policy('http://example.com/a.m3u8'), 'cdn.example.net', 80, '93.184.216.34', true],
    ['a name that leads home', policy('http://example.com/a.m3u8'), 'evil.example', 80, '127.0.0.1', false],
    [
      'the very camera that was typed',
      policy('http://192.168.1.5:8080/live'),
      '192.168.1.5',
      8080,
      '192.168.1.5',
      true,
    ],
    ['another port of it', policy('http://192.168.1.5:8080/live'), '192.168.1.5', 22, '192.168.1.5', false],
    ['its neighbour', policy('http://192.168.1.5:8080/live'), '192.168.1.6', 8080, '192.168.1.6', false],
    [
      'a name of the own network that was typed',
      policy('http://nas.lan/film.mp4'),
      'NAS.lan',
      80,
      '192.168.1.9',
      true,
    ],
    [
      'the same with a dot at its end',
      policy('http://nas.lan/film.mp4'),
      'nas.lan.',
      80,
      '192.168.1.9',
      true,
    ],
    ['this machine, typed', policy('http://[::1]:7000/x'), '::1', 7000, '::1', true],
    [
      'credentials of a cloud machine, typed',
      policy('http://169.254.169.254/'),
      '169.254.169.254',
      80,
      '169.254.169.254',
      false,
    ],
    [
      'the same after the opt-in',
      policy('http://169.254.169.254/', true),
      '169.254.169.254',
      80,
      '169.254.169.254',
      true,
    ],
    ['everything after the opt-in', policy('http://example.com/', true), 'x', 1, '10.0.0.1', true],
  ])('%s', (_name, rules, host, port, address, expected) => {
    expect(mayConnect(rules, host, port, address)).toBe(expected);
  });
});

describe('endpointOf', () => {
  it.each([
    ['http://Example.com/x', { host: 'example.com', port: 80 }],
    ['https://example.com', { host: 'example.com', port: 443 }],
    ['http://user:pw@[::1]:81/', { host: '::1', port: 81 }],
    ['http://0x7f.1/', { host: '127.0.0.1', port: 80 }],
    ['rtmp://example.com', null],
    ['nonsense', null],
  ])('%s', (url, expected) => {
    expect(endpointOf(url)).toEqual(expected);
  });
});

describe('connectTarget', () => {
  it.each([
    ['example.com:443', { host: 'example.com', port: 443 }],
    ['[::1]:443', { host: '::1', port: 443 }],
    ['example.com', null],
    ['example.com:0', null],
    ['example.com:99999', null],
    ['a:b:443', null],
  ])('%s', (authority, expected) => {
    expect(connectTarget(authority)).toEqual(expected);
  });
});
