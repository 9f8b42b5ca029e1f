/**
 * What kind of network an IP address belongs to. Source: the IANA special-purpose address registries (RFC 6890),
 * with the addresses that carry an IPv4 address inside (mapped, NAT64, 6to4) judged by that one.
 */
import { BlockList, isIP } from 'node:net';

export type AddressClass = 'public' | 'private' | 'loopback' | 'link-local' | 'reserved';

type Range = readonly [network: string, prefix: number, kind: Exclude<AddressClass, 'public'>];

const ranges: readonly Range[] = [
  ['0.0.0.0', 8, 'loopback'], // "this host": connects to the machine itself
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['10.0.0.0', 8, 'private'],
  ['172.16.0.0', 12, 'private'],
  ['192.168.0.0', 16, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'reserved'],
  ['198.18.0.0', 15, 'reserved'],
  ['198.51.100.0', 24, 'reserved'],
  ['203.0.113.0', 24, 'reserved'],
  ['224.0.0.0', 4, 'reserved'],
  ['240.0.0.0', 4, 'reserved'],
  ['::', 128, 'loopback'],
  ['::1', 128, 'loopback'],
  ['fe80::', 10, 'link-local'],
  ['fec0::', 10, 'private'],
  ['fc00::', 7, 'private'],
  ['ff00::', 8, 'reserved'],
  ['100::', 64, 'reserved'],
  ['2001:db8::', 32, 'reserved'],
  ['2001::', 32, 'reserved'], // Teredo: leads to an IPv4 address that is hidden in it
];

const lists = new Map<Range, BlockList>(
  ranges.map((range) => {
    const list = new BlockList();
    list.addSubnet(range[0], range[1], range[0].includes(':') ? 'ipv6' : 'ipv4');
    return [range, list];
  }),
);

export function classifyAddress(address: string): AddressClass {
  const family = isIP(address);
  if (family === 0) return 'reserved';
  const inner = family === 6 ? embeddedIpv4(address) : null;
  if (inner !== null) return classifyAddress(inner);
  const type = family === 6 ? 'ipv6' : 'ipv4';
  for (const [[network, , kind], list] of lists) {
    if (network.includes(':') === (family === 6) && list.check(address, type)) return kind;
  }
  return 'public';
}

/** The IPv4 address inside ::ffff:0:0/96, ::/96, 64:ff9b::/96 and 2002::/16. */
function embeddedIpv4(address: string): string | null {
  const groups = expandIpv6(address);
  if (groups === null) return null;
  const from = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  if (a === 0x2002) return from(b, c);
  if (a === 0x64 && b === 0xff9b && (c | d | e | f) === 0) return from(g, h);
  const isMapped = (a | b | c | d | e) === 0 && (f === 0xffff || (f === 0 && (g !== 0 || h > 1)));
  return isMapped ? from(g, h) : null;
}

/** Eight groups of 16 bits; null when it is not an IPv6 address. */
function expandIpv6(address: string): number[] | null {
  const plain = address.replace(/%.*$/, '');
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const text =
    dotted === null
      ? plain
      : `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`;
  const [head = '', tail] = text.split('::');
  const numbers = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const left = numbers(head);
  const right = tail === undefined ? [] : numbers(tail);
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...new Array<number>(Math.max(0, zeros)).fill(0), ...right];
  return groups.length === 8 ? groups : null;
}
