import { at, type MediaTag } from '../flv/mediaTag.ts';
import type { GopCache, StreamHeaders } from './gopCache.ts';
import type { TagSink } from './tagSink.ts';

/** A sink's place in the relay. */
export interface Subscription {
  /** No more tags after this. May be called at any time, also from within `push`, and more than once. */
  unsubscribe(): void;
}

interface Subscriber {
  readonly sink: TagSink;
  /** False until it got the headers and a key frame. */
  hasStarted: boolean;
  isActive: boolean;
}

/**
 * Hands every tag to every sink, by reference. It decides when a sink may start (with a key frame), and lets go of
 * a sink that throws. It knows nothing of sources and time.
 */
export class FanOut {
  readonly #cache: GopCache;
  readonly #onSinkFailed: (error: unknown) => void;
  /** Replaced, never changed: sinks come and go while a tag is being handed out. */
  #subscribers: readonly Subscriber[] = [];

  constructor(cache: GopCache, onSinkFailed: (error: unknown) => void) {
    this.#cache = cache;
    this.#onSinkFailed = onSinkFailed;
  }

  get sinkCount(): number {
    return this.#subscribers.length;
  }

  subscribe(sink: TagSink): Subscription {
    const subscriber: Subscriber = { sink, hasStarted: false, isActive: true };
    this.#subscribers = [...this.#subscribers, subscriber];
    const group = this.#cache.read();
    const first = group?.tags[0];
    if (group && first) {
      this.#start(subscriber, group.headers, first.timestampMs);
      // The group may grow while it is being handed out; what comes then reaches the subscriber by itself.
      for (const tag of [...group.tags]) this.#deliver(subscriber, tag);
    }
    return { unsubscribe: (): void => this.#remove(subscriber) };
  }

  /** @param headers those in force, for sinks that start with this tag. */
  send(tag: MediaTag, headers: StreamHeaders): void {
    const canStart = startsSinks(tag, headers);
    for (const subscriber of this.#subscribers) {
      if (!subscriber.hasStarted) {
        if (!canStart) continue;
        this.#start(subscriber, headers, tag.timestampMs);
      }
      this.#deliver(subscriber, tag);
    }
  }

  clear(): void {
    for (const subscriber of this.#subscribers) subscriber.isActive = false;
    this.#subscribers = [];
  }

  #start(subscriber: Subscriber, headers: StreamHeaders, timestampMs: number): void {
    subscriber.hasStarted = true;
    for (const header of [headers.metadata, headers.video, headers.audio]) {
      if (header) this.#deliver(subscriber, at(header, timestampMs));
    }
  }

  #deliver(subscriber: Subscriber, tag: MediaTag): void {
    if (!subscriber.isActive) return;
    try {
      subscriber.sink.push(tag);
    } catch (error) {
      this.#remove(subscriber);
      this.#onSinkFailed(error);
    }
  }

  #remove(subscriber: Subscriber): void {
    subscriber.isActive = false;
    this.#subscribers = this.#subscribers.filter((other) => other !== subscriber);
  }
}

/** A key frame starts a sink; where there is no picture at all, any sound does. */
function startsSinks(tag: MediaTag, headers: StreamHeaders): boolean {
  if (tag.kind === 'video') return tag.frame === 'key';
  return tag.kind === 'audio' && tag.frame === 'sound' && headers.video === null;
}
