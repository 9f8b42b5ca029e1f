import type { NetworkInterfaceInfo } from 'node:os';
import { expect, it } from 'vitest';
import { watchNetwork } from '../../../main/engine/networkWatch.ts';
import { createFakeClock } from '../../helpers/fakeClock.ts';

const address = (ip: string, internal = false): NetworkInterfaceInfo =>
  ({
    address: ip,
    internal,
    family: 'IPv4',
    netmask: '255.255.255.0',
    mac: '',
    cidr: null,
  }) as NetworkInterfaceInfo;

it('tells of an address that is new, not of one that is lost or inside this machine', async () => {
  const clock = createFakeClock();
  let interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = {
    lo: [address('127.0.0.1', true)],
    eth0: [address('10.0.0.2')],
  };
  let gained = 0;
  const stop = watchNetwork(
    clock,
    () => {
      gained += 1;
    },
    () => interfaces,
  );
  const steps: [NodeJS.Dict<NetworkInterfaceInfo[]>, number][] = [
    [{ lo: [address('127.0.0.1', true)] }, 0],
    [{ lo: [address('127.0.0.1', true), address('127.0.0.2', true)] }, 0],
    [{ eth0: [address('10.0.0.2')] }, 1],
    [{ eth0: [address('10.0.0.2')] }, 1],
    [{ eth0: [address('10.0.0.7')] }, 2],
  ];
  for (const [next, expected] of steps) {
    interfaces = next;
    await clock.advance(2000);
    expect(gained).toBe(expected);
  }
  stop();
  expect(clock.pendingTimers).toBe(0);
});
