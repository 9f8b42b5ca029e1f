import { toStreamwareError } from '../contract/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { Store } from '../store/store.ts';
import type { StreamService } from '../streams/streamService.ts';

interface RecoveryParts {
  readonly streams: Pick<StreamService, 'recover'>;
  readonly store: Pick<Store, 'events'>;
  readonly logger: Logger;
  /** Aborted when the engine ends. */
  readonly signal: AbortSignal;
}

/**
 * Takes up what was wanted when the engine was last there. While that cannot be read (a full disk, a database that another
 * program holds), the engine does everything else, and takes it up as soon as it can.
 */
export async function recoverStreams(parts: RecoveryParts): Promise<void> {
  const { streams, store, logger, signal } = parts;
  try {
    await streams.recover();
  } catch (thrown) {
    const error = toStreamwareError(thrown);
    if (error.code !== 'store.unavailable') throw error;
    logger.error('the streams cannot be read yet; they are taken up as soon as they can', { error });
    const stopListening = store.events.on('statusChanged', ({ state }) => {
      if (state !== 'ok') return;
      stopListening();
      if (signal.aborted) return;
      recoverStreams(parts).catch((reason) =>
        logger.error('streams could not be taken up', { error: reason }),
      );
    });
  }
}
