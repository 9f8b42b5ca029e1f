/** Called with what a listener threw. Default: thrown again outside of `emit`, where the process-wide handler sees it. */
export type ReportListenerError = (error: unknown) => void;

const throwLater: ReportListenerError = (error: unknown): void =>
  queueMicrotask(() => {
    throw error;
  });

interface Subscription {
  readonly listener: (event: never) => void;
}

/** A typed event source. A listener that throws never keeps the others from being called. */
export class Emitter<Events extends object> {
  readonly #subscriptions = new Map<keyof Events, Set<Subscription>>();
  readonly #reportError: ReportListenerError;

  constructor(reportError: ReportListenerError = throwLater) {
    this.#reportError = reportError;
  }

  /** Subscribes; returns the function that unsubscribes. After that the listener is not called again, even within the same `emit`. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const subscriptions = this.#subscriptions.get(name) ?? new Set();
    this.#subscriptions.set(name, subscriptions);
    const subscription = { listener };
    subscriptions.add(subscription);
    return (): void => void subscriptions.delete(subscription);
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const subscriptions = this.#subscriptions.get(name);
    if (!subscriptions) return;
    for (const subscription of [...subscriptions]) {
      if (!subscriptions.has(subscription)) continue;
      try {
        (subscription.listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        this.#reportError(error);
      }
    }
  }

  /** Resolves with the next event of that name which `accept` takes. */
  once<Name extends keyof Events>(
    name: Name,
    accept: (event: Events[Name]) => boolean = () => true,
  ): Promise<Events[Name]> {
    return new Promise((resolve) => {
      const off = this.on(name, (event) => {
        if (!accept(event)) return;
        off();
        resolve(event);
      });
    });
  }

  /** Ends all subscriptions. */
  clear(): void {
    for (const subscriptions of this.#subscriptions.values()) subscriptions.clear();
  }
}
