import type { OutputStatus } from '../../contract/streams.ts';

/** What a supervisor knows of its destination; name, address and files are added by who owns the output. */
export type DeliveryStatus = Omit<
  OutputStatus,
  'id' | 'name' | 'kind' | 'target' | 'priority' | 'playbackUrl' | 'files'
>;

/** Readings kept: the rate is that of the last four seconds when one is taken every second. */
const READINGS = 5;

/** Growth per second of a counter that is read about once a second. */
export class SampledRate {
  readonly #readings: { total: number; atMs: number }[] = [];

  add(total: number, atMs: number): void {
    this.#readings.push({ total, atMs });
    if (this.#readings.length > READINGS) this.#readings.shift();
  }

  get perSecond(): number {
    const first = this.#readings[0];
    const last = this.#readings.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    return ((last.total - first.total) * 1000) / (last.atMs - first.atMs);
  }

  reset(): void {
    this.#readings.length = 0;
  }
}

/** From the best to the worst: an output is as well as its best connection. */
const statesByHealth = ['live', 'connecting', 'retrying', 'paused', 'failed', 'off'] as const;

/**
 * One status for an output with several connections (primary and backup ingest, the variants of a ladder): it is live
 * when any of them is; counters are sums, but what the audience can see of one connection comes from the best one.
 * Throws a RangeError without any.
 */
export function combineStatuses(statuses: readonly DeliveryStatus[]): DeliveryStatus {
  const byHealth = statuses.toSorted(
    (a, b) => statesByHealth.indexOf(a.state) - statesByHealth.indexOf(b.state),
  );
  const best = byHealth[0];
  if (best === undefined) throw new RangeError('an output has at least one connection');
  const sum = (field: 'bytesSent' | 'droppedFrames' | 'reconnects' | 'queueBytes' | 'bitrateKbps'): number =>
    statuses.reduce((total, status) => total + status[field], 0);
  return {
    ...best,
    order: statuses.some((status) => status.order === 'on') ? 'on' : 'off',
    reason: best.reason ?? statuses.find((status) => status.reason !== null)?.reason ?? null,
    bytesSent: sum('bytesSent'),
    droppedFrames: sum('droppedFrames'),
    reconnects: sum('reconnects'),
    queueBytes: sum('queueBytes'),
    bitrateKbps: sum('bitrateKbps'),
    framesSent: Math.max(...statuses.map((status) => status.framesSent)),
    queueMs: Math.max(...statuses.map((status) => status.queueMs)),
  };
}
