/**
 * One connection to a destination, from the attempt to its end: opens a session in bounded time, feeds it from the relay
 * through the queue, and watches from its progress whether the far side is alive.
 * It knows nothing of retries and orders; outputSupervisor.ts makes a new link for every attempt.
 *
 *   new ──start──▶ opening ──accepted──▶ open ──first bytes taken──▶ live
 *                     └── refused, time-out ──┴── ended, stuck ──────┴──▶ over (onEnded, once)
 *   any ──close──▶ over (onEnded is not called)
 */
import { StreamwareError, toStreamwareError } from '../../contract/errors.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { MediaTag } from '../flv/mediaTag.ts';
import type { Subscription } from '../relay/fanOut.ts';
import type { TagSink } from '../relay/tagSink.ts';
import type { DestinationQueue } from './destinationQueue.ts';
import type { OutputSession, SessionProgress } from './outputSession.ts';
import { ProgressWatch } from './progressWatch.ts';

const LIVE_POLL_MS = 100;
const WATCH_INTERVAL_MS = 1000;
/** A server that dislikes the key often accepts the stream and hangs up a moment later. */
const LIVE_AFTER_MS = 500;
/** The same when the far side has confirmed nothing yet, although it takes the bytes. */
const LIVE_UNCONFIRMED_AFTER_MS = 1500;
/** How long the end of a broken session may take before nobody waits for it any longer. */
const RELEASE_MS = 1000;
/** Of the time for a clean end, this part may go to what is still in the queue. */
const FLUSH_SHARE = 0.6;

/** A server that takes nothing, or a muxer on this machine that writes nothing. */
export type StalledCode = 'destination.stalled' | 'ffmpeg.stalled';

export interface DestinationLinkOptions {
  readonly session: OutputSession;
  readonly queue: DestinationQueue;
  readonly relay: { subscribe(sink: TagSink): Subscription };
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  /** What it is called when no progress is made. Default `destination.stalled`. */
  readonly stalledCode?: StalledCode | undefined;
  /** The far side has taken something. @param atMs when the first frame was handed over, monotonic */
  readonly onFirstFrame: (atMs: number) => void;
  /** Accepted, and bytes were taken: it is true to say that it is live. */
  readonly onLive: () => void;
  /** It is over, without `close` having been called. */
  readonly onEnded: (error: StreamwareError) => void;
}

export class DestinationLink implements TagSink {
  readonly #options: DestinationLinkOptions;
  readonly #abort = new AbortController();
  #connectTimer: Timer | null = null;
  #progressTimer: Timer | null = null;
  #livePoll: Timer | null = null;
  #subscription: Subscription | null = null;
  #watch: ProgressWatch | null = null;
  #isOpen = false;
  #hasEnded = false;
  #isOver = false;
  #isWritable = true;
  #firstFrameAtMs: number | null = null;
  #isTaken = false;
  #framesSent = 0;
  #release: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;
  /** Set while a clean end waits for the queue to run empty. */
  #onFlushed: (() => void) | null = null;

  constructor(options: DestinationLinkOptions) {
    this.#options = options;
  }

  /** Video frames handed to the session; none as long as the far side has taken nothing. */
  get framesSent(): number {
    return this.#isTaken || this.progress().bytesSent > 0 ? this.#framesSent : 0;
  }

  /** Resolves when nothing of a session that ended by itself is left, or nobody can wait longer. */
  get released(): Promise<void> {
    return this.#release;
  }

  progress(): SessionProgress {
    return this.#options.session.progress();
  }

  start(): void {
    const { session, clock, connectTimeoutMs } = this.#options;
    session.onDrain = (): void => this.#drained();
    void session.ended.then((error) => this.#sessionEnded(error));
    this.#connectTimer = clock.after(connectTimeoutMs, () =>
      this.#fail(new StreamwareError('destination.connect_timeout')),
    );
    session.open(this.#abort.signal).then(
      () => this.#opened(),
      (thrown: unknown) => this.#fail(toStreamwareError(thrown)),
    );
  }

  push(tag: MediaTag): void {
    if (this.#isOver) return;
    const { queue } = this.#options;
    try {
      if (this.#isWritable && queue.isEmpty && !queue.isWaitingForKey) {
        this.#write(tag);
      } else {
        queue.push(tag);
        this.#pump();
      }
    } catch (thrown) {
      this.#fail(toStreamwareError(thrown));
    }
  }

  /**
   * Ends the session: what is queued is sent first, as far as the time allows, then the stream is ended properly.
   * Resolves after `graceMs` at the latest, also when the far side is frozen.
   */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    const canFlush = this.#subscription !== null && !this.#isOver;
    this.#finish();
    const { clock, session } = this.#options;
    const endsAtMs = clock.monotonicMs() + graceMs;
    if (canFlush) await within(clock, this.#flush(), graceMs * FLUSH_SHARE);
    this.#isWritable = false;
    const remainingMs = Math.max(0, endsAtMs - clock.monotonicMs());
    await within(clock, end(session, remainingMs), remainingMs);
  }

  /** An attempt that comes to nothing ends without an error: what `open` rejects with a moment later is the reason. */
  #sessionEnded(error: StreamwareError | null): void {
    this.#hasEnded = true;
    if (error !== null || this.#isOpen) this.#fail(error ?? new StreamwareError('destination.disconnected'));
  }

  #opened(): void {
    if (this.#isOver) return;
    this.#isOpen = true;
    if (this.#hasEnded) {
      this.#fail(new StreamwareError('destination.disconnected'));
      return;
    }
    const { clock, relay, session } = this.#options;
    this.#connectTimer?.cancel();
    this.#watch = new ProgressWatch(session.progress(), clock.monotonicMs());
    this.#progressTimer = clock.every(WATCH_INTERVAL_MS, () => this.#checkProgress());
    this.#livePoll = clock.every(LIVE_POLL_MS, () => this.#checkLive());
    this.#subscription = relay.subscribe(this);
    if (this.#isOver) this.#subscription.unsubscribe();
  }

  #checkLive(): void {
    const { clock, session, onLive } = this.#options;
    if (this.#firstFrameAtMs === null || this.#watch === null) return;
    this.#noteTaken(this.#firstFrameAtMs);
    const sinceMs = clock.monotonicMs() - this.#firstFrameAtMs;
    if (sinceMs < LIVE_AFTER_MS) return;
    const progress = session.progress();
    const isTaken = this.#watch.confirms(progress) || sinceMs >= LIVE_UNCONFIRMED_AFTER_MS;
    if (!isTaken || progress.bytesSent === 0) return;
    this.#livePoll?.cancel();
    onLive();
  }

  #checkProgress(): void {
    const { clock, session, stalledCode = 'destination.stalled' } = this.#options;
    if (this.#watch?.isStalled(session.progress(), clock.monotonicMs()) !== true) return;
    this.#fail(new StreamwareError(stalledCode));
  }

  #drained(): void {
    this.#isWritable = true;
    try {
      this.#pump();
    } catch (thrown) {
      this.#fail(toStreamwareError(thrown));
    }
  }

  #pump(): void {
    const { queue } = this.#options;
    while (this.#isWritable) {
      const tag = queue.shift();
      if (tag === null) break;
      this.#write(tag);
    }
    if (queue.isEmpty) this.#onFlushed?.();
  }

  #write(tag: MediaTag): void {
    this.#isWritable = this.#options.session.write(tag);
    if (tag.kind === 'data' || tag.frame === 'header') return;
    if (tag.kind === 'video') this.#framesSent += 1;
    if (this.#firstFrameAtMs !== null) return;
    this.#firstFrameAtMs = this.#options.clock.monotonicMs();
    this.#noteTaken(this.#firstFrameAtMs);
  }

  /** A muxer takes frames before it has a connection: those have gone nowhere yet. */
  #noteTaken(firstFrameAtMs: number): void {
    if (this.#isTaken || this.progress().bytesSent === 0) return;
    this.#isTaken = true;
    this.#options.onFirstFrame(firstFrameAtMs);
  }

  /** Resolves when everything queued was handed over, or the session is over. */
  #flush(): Promise<unknown> {
    if (this.#options.queue.isEmpty) return Promise.resolve();
    const flushed = new Promise<void>((resolve) => {
      this.#onFlushed = resolve;
    });
    return Promise.race([flushed, this.#options.session.ended]);
  }

  #fail(error: StreamwareError): void {
    if (this.#isOver) return;
    this.#finish();
    const { clock, session, onEnded } = this.#options;
    this.#release = within(clock, end(session, 0), RELEASE_MS);
    onEnded(error);
  }

  #finish(): void {
    this.#isOver = true;
    this.#subscription?.unsubscribe();
    this.#connectTimer?.cancel();
    this.#progressTimer?.cancel();
    this.#livePoll?.cancel();
    this.#abort.abort();
  }
}

/** Closes a session; whatever it throws becomes a rejection. */
async function end(session: OutputSession, graceMs: number): Promise<void> {
  await session.close(graceMs);
}

/** Resolves when `work` has settled, however, or after `limitMs`. */
function within(clock: Clock, work: Promise<unknown>, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(limitMs, resolve);
    const done = (): void => {
      timer.cancel();
      resolve();
    };
    work.then(done, done);
  });
}
