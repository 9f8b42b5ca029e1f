/**
 * One of several engines that start at the same moment on one data folder: waits for the common signal (end of stdin),
 * claims the folder, prints what came of it, and holds on until it is killed.
 */
import { systemClock } from '../../main/lib/clock.ts';
import { nullLogger } from '../../main/lib/logger.ts';
import { prepareDataDir } from '../../main/store/dataDir.ts';
import { acquireEngineLock } from '../../main/store/engineLock.ts';
import { loadMasterKey } from '../../main/store/masterKey.ts';

process.stdout.write('ready\n');
process.stdin.resume();
process.stdin.once('end', () => {
  try {
    const paths = prepareDataDir(process.argv[2] ?? '');
    const { key } = loadMasterKey({ env: {}, path: paths.masterKey, logger: nullLogger });
    process.stdout.write(`key ${key.toString('hex')}\n`);
    acquireEngineLock(paths, systemClock, '0.1.0').publish({ url: 'http://127.0.0.1:7420', port: 7420 });
    process.stdout.write('won\n');
  } catch (error) {
    process.stdout.write(`lost ${(error as { code?: string }).code} ${(error as Error).message}\n`);
  }
});
setInterval(() => undefined, 60_000);
