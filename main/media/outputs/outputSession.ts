import type { StreamwareError } from '../../contract/errors.ts';
import type { MediaTag } from '../flv/mediaTag.ts';

/**
 * One attempt at one destination: a connection, a child process, a file. Made fresh for every attempt and never reused.
 * Order of calls: `open` once; after it resolved `write` any number of times; `close` once at any time.
 * The supervisor (outputSupervisor.ts) owns the queue, the retries and the state; a session only carries bytes.
 */
export interface OutputSession {
  /**
   * Connects. Resolves when the far side has accepted the stream (RTMP: publish answered; muxer: process runs and takes data).
   * Rejects with a typed error; after a rejection the session is dead and has freed everything.
   */
  open(signal: AbortSignal): Promise<void>;
  /**
   * Takes one tag; starts with metadata, sequence headers and a key frame. Never blocks, never throws.
   * False means "enough for now": wait for `onDrain`. The tag handed over with a false answer was taken.
   */
  write(tag: MediaTag): boolean;
  /** Set by the supervisor; called when `write` may go on. */
  onDrain: () => void;
  /** Settles once, when the session is over for whatever reason: with the error that ended it, or null after `close`. */
  readonly ended: Promise<StreamwareError | null>;
  /** Counters so far. Read once a second; must be cheap. */
  progress(): SessionProgress;
  /** Ends cleanly (unpublish, trailer) within `graceMs`, then by force. Resolves when nothing of it is left. */
  close(graceMs: number): Promise<void>;
}

export interface SessionProgress {
  /** Bytes handed to the far side's transport. */
  bytesSent: number;
  /** Bytes the far side has confirmed: RTMP acknowledgements, muxer progress, file growth. Grows as long as it is alive. */
  bytesConfirmed: number;
  /** Bytes accepted by `write` and still waiting in this session (socket or pipe). */
  bytesPending: number;
  rttMs: number | null;
}

/** Makes one attempt. `attempt` counts from 1. */
export type OutputSessionFactory = (attempt: number) => OutputSession;
