import { type Clock, delay, type Timer } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';

/** Something that grows and is to be aged out. Its owner brings the SQL; this file only keeps the pace. */
export interface RetentionJob {
  readonly name: string;
  /**
   * One step of bounded size: at most some thousand rows, well under 50 ms.
   * @param nowMs wall clock
   * @returns whether there is more to do
   */
  step(nowMs: number): Promise<boolean>;
}

export interface RetentionOptions {
  jobs: readonly RetentionJob[];
  clock: Clock;
  logger: Logger;
  /** Distance of the rounds. Default 10 minutes. */
  everyMs?: number;
  /** Rest between two steps, so that writing goes on. Default 50 ms. */
  pauseMs?: number;
}

export interface Retention {
  /** A round now. Joins one that is running; never rejects. */
  runNow(): Promise<void>;
  /** No further step begins. */
  stop(): void;
}

const FIRST_ROUND_MS = 60_000;

/** Runs the jobs one after the other, step by step, again and again. A job that fails is tried in the next round. */
export function startRetention(options: RetentionOptions): Retention {
  const { jobs, clock, logger, everyMs = 600_000, pauseMs = 50 } = options;
  const stopping = new AbortController();
  let round: Promise<void> | null = null;

  async function runJob(job: RetentionJob): Promise<void> {
    try {
      let hasMore = true;
      while (hasMore && !stopping.signal.aborted) {
        hasMore = await job.step(clock.nowMs());
        if (hasMore) await delay(clock, pauseMs, stopping.signal);
      }
    } catch (error) {
      logger.warn('old records could not be removed', { job: job.name, error });
    }
  }

  async function runAll(): Promise<void> {
    for (const job of jobs) await runJob(job);
  }

  const runNow = (): Promise<void> => {
    round ??= runAll().finally(() => {
      round = null;
    });
    return round;
  };
  const timers: Timer[] = [
    clock.after(FIRST_ROUND_MS, () => void runNow()),
    clock.every(everyMs, () => void runNow()),
  ];
  return {
    runNow,
    stop(): void {
      stopping.abort();
      for (const timer of timers) timer.cancel();
    },
  };
}
