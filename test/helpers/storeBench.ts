/** A store on a real file in a temporary folder, with its log kept for looking at. */

import type { Clock } from '../../main/lib/clock.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { createLogger, type LogRecord } from '../../main/lib/logger.ts';
import type { Store } from '../../main/store/store.ts';
import { type OpenStoreOptions, openStore } from '../../main/store/storeClient.ts';
import { createTempFolder, type TempFolder } from './tempFolder.ts';

export interface StoreBench {
  readonly folder: TempFolder;
  readonly path: string;
  readonly log: LogRecord[];
  /** Opens the store on `path`; closed by `close` at the latest. */
  open(options?: Partial<OpenStoreOptions>): Promise<Store>;
  close(): Promise<void>;
}

export function createStoreBench(clock: Clock = systemClock): StoreBench {
  const folder = createTempFolder('store');
  const path = folder.file('streamware.sqlite');
  const log: LogRecord[] = [];
  const stores: Store[] = [];
  const logger = createLogger((record) => void log.push(record));
  return {
    folder,
    path,
    log,
    async open(options = {}) {
      const store = await openStore({ path, clock, logger, ...options });
      stores.push(store);
      return store;
    },
    async close() {
      for (const store of stores.splice(0)) await store.close();
      folder.remove();
    },
  };
}

/** A table of the test's own: `n INTEGER PRIMARY KEY, text TEXT`. */
export async function makeTestTable(store: Store): Promise<void> {
  await store.run('CREATE TABLE IF NOT EXISTS test_rows (n INTEGER PRIMARY KEY, text TEXT) STRICT');
}

export async function countTestRows(store: Store): Promise<number> {
  return ((await store.get('SELECT count(*) AS count FROM test_rows')) as { count: number }).count;
}
