import { describe, expect, it } from 'vitest';
import { reachableHost } from '../../../main/engine/reachableHost.ts';

type Interfaces = Parameters<typeof reachableHost>[1];

const address = (family: 'IPv4' | 'IPv6', text: string, internal = false): object => ({
  family,
  address: text,
  internal,
});
const computer = {
  lo: [address('IPv4', '127.0.0.1', true), address('IPv6', '::1', true)],
  eth0: [address('IPv6', 'fe80::1'), address('IPv6', 'fd00::7'), address('IPv4', '192.168.1.7')],
  down: undefined,
} as unknown as Interfaces;

describe('what another computer calls a listener', () => {
  it.each([
    ['127.0.0.1', computer, '127.0.0.1'],
    ['10.0.0.4', computer, '10.0.0.4'],
    ['studio.local', computer, 'studio.local'],
    ['fd00::9', computer, '[fd00::9]'],
    ['0.0.0.0', computer, '192.168.1.7'],
    ['::', computer, '192.168.1.7'],
    ['::', { eth0: (computer.eth0 ?? []).slice(0, 2) }, '[fd00::7]'],
    ['0.0.0.0', { lo: computer.lo }, '127.0.0.1'],
    ['0.0.0.0', { eth0: [address('IPv4', '169.254.7.7')] } as unknown as Interfaces, '127.0.0.1'],
  ])('%s', (bound, interfaces, expected) => {
    expect(reachableHost(bound, interfaces)).toBe(expected);
  });
});
