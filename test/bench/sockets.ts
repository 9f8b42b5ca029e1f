/** TCP connections of this machine, from /proc/net/tcp. Linux only. */
import { readFileSync } from 'node:fs';

const ESTABLISHED = '01';

/** The local ports of IPv4 connections that are established with a port of 127.0.0.1. */
export function localPortsTo(remotePort: number): ReadonlySet<number> {
  return parseLocalPortsTo(readFileSync('/proc/net/tcp', 'utf8'), remotePort);
}

/** `text`: a table `sl local_address rem_address st …`, addresses as `HEXADDRESS:HEXPORT`. */
export function parseLocalPortsTo(text: string, remotePort: number): ReadonlySet<number> {
  const rows = text.split('\n').slice(1);
  const fields = rows.map((row) => row.trim().split(/\s+/));
  const matching = fields.filter(
    ([, , remote, state]) => state === ESTABLISHED && portOf(remote ?? '') === remotePort,
  );
  return new Set(matching.map(([, local]) => portOf(local ?? '')));
}

function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}
