/** The real database worker, except that the words `CRASH NOW` in a statement end it on the spot. */
import { parentPort } from 'node:worker_threads';
import type { RequestMessage } from '../../main/store/protocol.ts';

parentPort?.on('message', ({ request }: RequestMessage) => {
  if ('sql' in request && request.sql.includes('CRASH NOW')) process.exit(1);
});
await import('../../main/store/worker.ts');
