/** Looks at running processes through /proc. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks per second in /proc/PID/stat: fixed at 100 in Linux's user interface. */
const TICKS_PER_SECOND = 100;

interface ProcessStat {
  readonly state: string;
  readonly parentPid: number;
  readonly cpuSeconds: number;
}

/** Direct children of a process. */
export function childrenOf(pid: number): number[] {
  return allPids().filter((candidate) => readStat(candidate)?.parentPid === pid);
}

/** Children, their children and so on, parents before children. */
export function descendantsOf(pid: number): number[] {
  const childrenByParent = new Map<number, number[]>();
  for (const candidate of allPids()) {
    const parentPid = readStat(candidate)?.parentPid;
    if (parentPid === undefined) continue;
    childrenByParent.set(parentPid, [...(childrenByParent.get(parentPid) ?? []), candidate]);
  }
  const found: number[] = [];
  const waiting = [pid];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const children = childrenByParent.get(next) ?? [];
    found.push(...children);
    waiting.push(...children);
  }
  return found;
}

/** Whether the process exists and has not ended (a zombie has). */
export function isRunning(pid: number): boolean {
  const stat = readStat(pid);
  return stat !== null && stat.state !== 'Z' && stat.state !== 'X';
}

/** CPU time used so far by a process, user and system, in seconds, to 10 ms; 0 when it is gone. */
export function cpuSecondsOf(pid: number): number {
  return readStat(pid)?.cpuSeconds ?? 0;
}

/** Resident memory in bytes; 0 when the process is gone. */
export function rssBytesOf(pid: number): number {
  const match = /^VmRSS:\s+(?<kiloBytes>\d+) kB/m.exec(readProc(`${pid}/status`) ?? '');
  return Number(match?.groups?.kiloBytes ?? 0) * 1024;
}

/** The command line as `ps` shows it; empty when the process is gone. */
export function commandLineOf(pid: number): string {
  return (readProc(`${pid}/cmdline`) ?? '').split('\0').join(' ').trim();
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function readStat(pid: number): ProcessStat | null {
  const line = readProc(`${pid}/stat`);
  if (line === null) return null;
  // The name in parentheses may hold blanks and parentheses itself; everything behind the last one is fixed.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return {
    state: fields[0] ?? '',
    parentPid: Number(fields[1]),
    cpuSeconds: ticks / TICKS_PER_SECOND,
  };
}

function readProc(path: string): string | null {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    // The process ended in the meantime; that is an answer, not a failure.
    return null;
  }
}

/** Whether a socket of 127.0.0.1 or of every address is bound to that port (TCP: listening). Does not connect. */
export function portIsBound(protocol: 'tcp' | 'udp', port: number): boolean {
  const localPort = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const LISTENING = '0A';
  return [protocol, `${protocol}6`].some((table) =>
    (readProc(`net/${table}`) ?? '').split('\n').some((line) => {
      const [, local, , state] = line.trim().split(/\s+/);
      return local?.endsWith(localPort) === true && (protocol === 'udp' || state === LISTENING);
    }),
  );
}
