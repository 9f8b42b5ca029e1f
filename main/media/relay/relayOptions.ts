import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { GopCacheLimits } from './gopCache.ts';
import type { ProgramClock } from './programClock.ts';

/** What a relay is given. */
export interface RelayOptions {
  clock: Clock;
  program: ProgramClock;
  logger: Logger;
  /** How long the source may be silent before the slate takes over, 300 to 10 000 ms. */
  slateAfterMs?: number;
  /** The same before any source was on air: starting an input takes a while. Without any source it is 2 s at most. */
  startAfterMs?: number;
  gopCache?: GopCacheLimits;
}
