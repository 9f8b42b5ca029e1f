import { networkInterfaces } from 'node:os';
import type { Clock } from '../lib/clock.ts';

const INTERVAL_MS = 2000;
type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * Calls back when this machine gets an address that it did not have before: the cable is back, the wireless network is
 * another one. Whoever waits to reconnect should then try at once.
 * @returns the function that ends watching
 */
export function watchNetwork(
  clock: Clock,
  onGained: () => void,
  read: () => Interfaces = networkInterfaces,
): () => void {
  let known = addressesOf(read());
  const timer = clock.every(INTERVAL_MS, () => {
    const now = addressesOf(read());
    const hasGained = [...now].some((address) => !known.has(address));
    known = now;
    if (hasGained) onGained();
  });
  return () => timer.cancel();
}

function addressesOf(interfaces: Interfaces): Set<string> {
  const entries = Object.entries(interfaces).flatMap(([name, list]) =>
    (list ?? []).map((one) => ({ name, ...one })),
  );
  return new Set(
    entries.filter(({ internal }) => !internal).map(({ name, address }) => `${name} ${address}`),
  );
}
