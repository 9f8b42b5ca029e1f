import { Worker } from 'node:worker_threads';
import type { Failure } from './failures.ts';
import type { Answers, ReplyMessage, Request, RequestMessage, WorkerSettings } from './protocol.ts';

/** A request that failed, as the worker told it. `kind: 'gone'`: there is no worker any more. */
export class StoreRequestError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'StoreRequestError';
    this.failure = failure;
  }
}

export interface Answer<Value> {
  readonly value: Value;
  /** How long the worker worked on it, milliseconds. */
  readonly durationMs: number;
}

interface Pending {
  resolve(answer: Answer<unknown>): void;
  reject(error: StoreRequestError): void;
}

/** In one place: as TypeScript next to this file, or bundled (the build rewrites the address). */
export const storeWorkerUrl = new URL('./worker.ts', import.meta.url);

/** One worker thread and the requests it has not answered yet. When it ends, every one of them fails at once. */
export class WorkerLink {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #isGone = false;

  /** @param onGone called once, when the thread ended without having been asked to */
  constructor(settings: WorkerSettings, url: URL, onGone: (reason: string) => void) {
    this.#worker = new Worker(url, { workerData: settings, name: 'streamware-store' });
    this.#worker.on('message', (message: ReplyMessage) => this.#answered(message));
    let reason = 'it ended';
    this.#worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    this.#worker.once('exit', () => {
      const wasAsked = this.#isGone;
      this.#fail(reason);
      if (!wasAsked) onGone(reason);
    });
  }

  /** No request is answered any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** @throws StoreRequestError */
  call<R extends Request>(request: R): Promise<Answer<Answers[R['kind']]>> {
    return new Promise((resolve, reject) => {
      if (this.#isGone) return reject(gone('it is not running'));
      const id = this.#nextId++;
      this.#worker.postMessage({ id, request } satisfies RequestMessage);
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject });
    });
  }

  /** Ends the thread, whatever it is doing. */
  async end(): Promise<void> {
    this.#fail('it was closed');
    await this.#worker.terminate();
  }

  #answered(message: ReplyMessage): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.ok) pending?.resolve({ value: message.value, durationMs: message.durationMs });
    else pending?.reject(new StoreRequestError(message.failure));
  }

  #fail(reason: string): void {
    this.#isGone = true;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(gone(reason));
  }
}

function gone(reason: string): StoreRequestError {
  return new StoreRequestError({
    kind: 'gone',
    code: '',
    message: `the database thread does not answer: ${reason}`,
  });
}
