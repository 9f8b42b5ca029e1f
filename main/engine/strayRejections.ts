import type { Logger } from '../lib/logger.ts';

/**
 * A promise that failed and that nobody waited for is a mistake of ours, but no reason to end everybody's broadcast, which is
 * what Node does by default. It is logged as an error. An exception outside of promises still ends the process: what it
 * left half done cannot be known, and the next start takes up what was live.
 * @returns puts the default back
 */
export function outliveStrayRejections(logger: Logger): () => void {
  const onRejection = (error: unknown): void =>
    logger.error('something failed that nobody waited for; the engine goes on', { error });
  process.on('unhandledRejection', onRejection);
  return () => process.off('unhandledRejection', onRejection);
}
