/** What running processes cost, read from /proc. Linux only; a process that is gone costs nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { cpuSecondsOf, descendantsOf } from '../helpers/processTree.ts';

const NANOSECONDS_PER_SECOND = 1e9;
const BYTES_PER_MB = 1e6;

/**
 * CPU seconds a process has used so far, all threads that still run: from the scheduler's own account, to a nanosecond.
 * /proc/PID/stat, which counts in steps of 10 ms, stands in where the kernel keeps no such account.
 */
function cpuSeconds(pid: number): number {
  const threads = list(`/proc/${pid}/task`);
  const accounts = threads.map((thread) => read(`/proc/${pid}/task/${thread}/schedstat`));
  if (accounts.length === 0 || accounts.some((text) => text === null)) return cpuSecondsOf(pid);
  return accounts.reduce((sum, text) => sum + parseSchedstat(text ?? ''), 0);
}

/** Seconds on a CPU, by a schedstat file: `on-cpu-ns waiting-ns slices`. */
export function parseSchedstat(text: string): number {
  return Number(text.split(' ')[0] ?? 0) / NANOSECONDS_PER_SECOND;
}

/** A process and everything it started. */
export function treeOf(pid: number): number[] {
  return [pid, ...descendantsOf(pid)];
}

/** Measures what processes use between `begin` and `end`, also when some of them come in between. */
export class CpuWindow {
  readonly #pids: () => readonly number[];
  readonly #before: ReadonlyMap<number, number>;

  /** Begins now. `pids`: whom to count; asked again at the end. */
  constructor(pids: () => readonly number[]) {
    this.#pids = pids;
    this.#before = new Map(pids().map((pid) => [pid, cpuSeconds(pid)]));
  }

  /** CPU seconds since the beginning. */
  end(): number {
    return this.#pids().reduce((sum, pid) => sum + cpuSeconds(pid) - (this.#before.get(pid) ?? 0), 0);
  }
}

export interface MemoryReading {
  /** Resident, in megabytes of 10^6 bytes. */
  readonly rssMb: number;
  /** Of these, what no other process shares. */
  readonly privateMb: number;
}

/** The memory of several processes together. */
export function memoryOf(pids: readonly number[]): MemoryReading {
  const readings = pids.map((pid) => parseSmapsRollup(read(`/proc/${pid}/smaps_rollup`) ?? ''));
  return {
    rssMb: readings.reduce((sum, { rssMb }) => sum + rssMb, 0),
    privateMb: readings.reduce((sum, { privateMb }) => sum + privateMb, 0),
  };
}

export function parseSmapsRollup(text: string): MemoryReading {
  const megabytes = (field: string): number => {
    const kiloBytes = new RegExp(`^${field}:\\s+(?<kiloBytes>\\d+) kB`, 'm').exec(text)?.groups?.kiloBytes;
    return (Number(kiloBytes ?? 0) * 1024) / BYTES_PER_MB;
  };
  return { rssMb: megabytes('Rss'), privateMb: megabytes('Private_Clean') + megabytes('Private_Dirty') };
}

/** How busy the whole machine was since the last reading, so that a disturbed run can be told from a quiet one. */
export class MachineLoad {
  #last = readMachineTicks();

  /** Percent of all cores, 0 to 100, and the load average of the last minute by core. */
  read(): { readonly busyPercent: number; readonly loadPerCore: number } {
    const now = readMachineTicks();
    const total = now.total - this.#last.total;
    const busyPercent = total === 0 ? 0 : (100 * (now.busy - this.#last.busy)) / total;
    this.#last = now;
    return {
      busyPercent: Math.round(busyPercent),
      loadPerCore: (loadavg()[0] ?? 0) / availableParallelism(),
    };
  }
}

function readMachineTicks(): { busy: number; total: number } {
  return parseMachineTicks(read('/proc/stat') ?? '');
}

/** The first line of /proc/stat: `cpu user nice system idle iowait irq softirq steal …`. */
export function parseMachineTicks(text: string): { busy: number; total: number } {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = (
    /^cpu +(?<ticks>.*)$/m.exec(text)?.groups?.ticks ?? ''
  )
    .split(' ')
    .map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, total: busy + idle + iowait };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process or thread has ended in the meantime, or this kernel has no such file.
    return null;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    // The process has ended.
    return [];
  }
}
