/** The thread that owns the database: takes one request after the other, answers each. All else is in databaseSession.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../lib/clock.ts';
import { DatabaseSession } from './databaseSession.ts';
import { toFailure } from './failures.ts';
import { migrations } from './migrations/index.ts';
import type { ReplyMessage, RequestMessage, WorkerSettings } from './protocol.ts';

const { path } = workerData as WorkerSettings;
const session = new DatabaseSession(path, () => systemClock.nowMs(), migrations);

parentPort?.on('message', (message: RequestMessage) => void answer(message));

async function answer({ id, request }: RequestMessage): Promise<void> {
  const startedMs = systemClock.monotonicMs();
  try {
    const value = await session.handle(request);
    reply({ id, ok: true, value, durationMs: systemClock.monotonicMs() - startedMs });
  } catch (error) {
    reply({ id, ok: false, failure: toFailure(error) });
  }
}

function reply(message: ReplyMessage): void {
  parentPort?.postMessage(message);
}
