import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { EngineEvent } from '../contract/events.ts';
import type { Clock } from '../lib/clock.ts';

type EngineLoad = Extract<EngineEvent, { type: 'engine' }>['load'];

/** Each look at the event loop wakes the process up. */
const RESOLUTION_MS = 50;
const NANOSECONDS_PER_MS = 1e6;

/** What the engine process itself costs, read once a second. */
export class LoadMeter {
  readonly #clock: Clock;
  readonly #liveStreams: () => number;
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #cpu = process.cpuUsage();
  #readAtMs: number;
  #load: EngineLoad = { cpuPercent: 0, rssBytes: 0, eventLoopDelayP99Ms: 0, liveStreams: 0 };

  constructor(clock: Clock, liveStreams: () => number) {
    this.#clock = clock;
    this.#liveStreams = liveStreams;
    this.#readAtMs = clock.monotonicMs();
  }

  /** The last reading. */
  get load(): EngineLoad {
    return this.#load;
  }

  /** Over the time since the reading before. The event loop is watched only while something is on air: watching costs a little too. */
  read(): EngineLoad {
    const nowMs = this.#clock.monotonicMs();
    const used = process.cpuUsage(this.#cpu);
    const liveStreams = this.#liveStreams();
    const elapsedMs = Math.max(1, nowMs - this.#readAtMs);
    this.#load = {
      cpuPercent: Math.round(((used.user + used.system) / 10 / elapsedMs) * 10) / 10,
      rssBytes: process.memoryUsage.rss(),
      eventLoopDelayP99Ms: this.#readDelay(liveStreams > 0),
      liveStreams,
    };
    this.#cpu = process.cpuUsage();
    this.#readAtMs = nowMs;
    return this.#load;
  }

  close(): void {
    this.#delay.disable();
  }

  #readDelay(isWanted: boolean): number {
    if (!isWanted) {
      this.#delay.disable();
      return 0;
    }
    this.#delay.enable();
    // The timer itself is late by its resolution when nothing is wrong.
    const p99Ms = this.#delay.percentile(99) / NANOSECONDS_PER_MS - RESOLUTION_MS;
    this.#delay.reset();
    return Number.isFinite(p99Ms) ? Math.max(0, Math.round(p99Ms * 10) / 10) : 0;
  }
}
