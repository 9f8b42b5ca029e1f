/**
 * One attempt at a recording: a row of parts, each with a muxer and a file of its own. A part ends where the next one
 * begins, at a key frame, which is written exactly once: into the next part. Reasons for a new part are the length or
 * size that was asked for and a picture or sound that the file in progress cannot hold.
 *
 *   open ──▶ recording ──key frame, part is full──▶ switching (tags are held) ──▶ recording
 *              ├─ little room left ──▶ the part is ended properly ──▶ ended(file.no_space)
 *              └─ file removed, disk full, muxer dead ──▶ ended(error); the next attempt begins a new part
 */
import { extname } from 'node:path';
import { StreamwareError, toStreamwareError } from '../../../contract/errors.ts';
import type { Timer } from '../../../lib/clock.ts';
import type { MediaTag } from '../../flv/mediaTag.ts';
import type { FeedHeaders } from '../flvFeed.ts';
import { type MuxerPorts, MuxerSession } from '../muxerSession.ts';
import type { OutputSession, SessionProgress } from '../outputSession.ts';
import { diskSpace, hasRoom } from './diskSpace.ts';
import { recordingContainer } from './recordingContainer.ts';
import type { Recording, RecordingJournal } from './recordingJournal.ts';

export interface RecordingPlan {
  readonly splitMs: number | null;
  readonly splitBytes: number | null;
  readonly minFreeMegabytes: number;
  readonly readsEnhancedFlv: boolean;
}

/** What the sessions of one output share: the parts go on counting from one attempt to the next. */
export interface RecordingParts {
  /** Name that was asked for. */
  readonly path: string;
  /** Makes the file of the next part. */
  begin(): Promise<Recording>;
  /** Takes a part whose muxer has ended. */
  complete(recording: Recording, hasFrames: boolean, isTorn: boolean): void;
  /** Set when recording has paused for want of room. */
  hasPaused: boolean;
}

interface Part {
  readonly recording: Recording;
  readonly muxer: MuxerSession;
  /** Of its first frame, on the stream's timeline. */
  startMs: number | null;
  bytes: number;
  gopBytes: number;
}

const GUARD_INTERVAL_MS = 1000;
const PART_GRACE_MS = 4000;
const MAX_HELD_BYTES = 16 * 1024 * 1024;
/** A key frame this little before the asked length begins the next part already. */
const SPLIT_TOLERANCE_MS = 50;

export class RecordingSession implements OutputSession {
  onDrain: () => void = () => undefined;
  readonly ended: Promise<StreamwareError | null>;

  readonly #plan: RecordingPlan;
  readonly #parts: RecordingParts;
  readonly #journal: RecordingJournal;
  readonly #ports: MuxerPorts;
  #settle: (error: StreamwareError | null) => void = () => undefined;
  #part: Part | null = null;
  /** Tags that wait for the file of the next part; null while there is a part to write to. */
  #held: MediaTag[] | null = null;
  #heldBytes = 0;
  #opening: Promise<void> = Promise.resolve();
  #switching: Promise<void> = Promise.resolve();
  readonly #endings = new Set<Promise<unknown>>();
  /** Header tags for the next part, when the one in progress cannot take them. */
  #nextHeaders: Partial<FeedHeaders> | null = null;
  #guard: Timer | null = null;
  #isGuarding = false;
  #isOver = false;
  /** Of the part in progress and of those that are ending. */
  readonly #muxers = new Set<MuxerSession>();
  readonly #earlier = { bytesSent: 0, bytesConfirmed: 0 };

  constructor(plan: RecordingPlan, parts: RecordingParts, journal: RecordingJournal, ports: MuxerPorts) {
    this.#plan = plan;
    this.#parts = parts;
    this.#journal = journal;
    this.#ports = ports;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  async open(signal: AbortSignal): Promise<void> {
    this.#opening = this.#openFirst(signal);
    try {
      await this.#opening;
    } catch (thrown) {
      const error = toStreamwareError(thrown);
      await this.#end(error, PART_GRACE_MS);
      throw error;
    }
  }

  async #openFirst(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new StreamwareError('engine.stopping');
    await this.#assertRoom(this.#parts.path);
    if (this.#isOver) throw new StreamwareError('engine.stopping');
    this.#part = await this.#openPart();
    if (this.#isOver) throw new StreamwareError('engine.stopping');
    this.#guard = this.#ports.clock.every(GUARD_INTERVAL_MS, () => void this.#checkDisk());
  }

  write(tag: MediaTag): boolean {
    return this.#isOver ? true : this.#take(tag);
  }

  #take(tag: MediaTag): boolean {
    if (this.#held !== null) return this.#hold(tag);
    const part = this.#part;
    if (part === null) return true;
    if (isStart(tag, part) && (this.#nextHeaders !== null || this.#isFull(part, tag))) {
      this.#switchPart(part, tag);
      return true;
    }
    if (this.#isForNextPart(part, tag)) return true;
    return this.#writeTo(part, tag);
  }

  progress(): SessionProgress {
    const total = { ...this.#earlier, bytesPending: this.#heldBytes, rttMs: null };
    for (const muxer of this.#muxers) {
      const { bytesSent, bytesConfirmed, bytesPending } = muxer.progress();
      total.bytesSent += bytesSent;
      total.bytesConfirmed += bytesConfirmed;
      total.bytesPending += bytesPending;
    }
    return total;
  }

  async close(graceMs: number): Promise<void> {
    await this.#end(null, graceMs);
  }

  #writeTo(part: Part, tag: MediaTag): boolean {
    if (tag.kind !== 'data' && tag.frame !== 'header') part.startMs ??= tag.timestampMs;
    if (tag.kind === 'video' && tag.frame === 'key') part.gopBytes = 0;
    part.bytes += tag.payload.length;
    part.gopBytes += tag.payload.length;
    return part.muxer.write(tag);
  }

  #hold(tag: MediaTag): boolean {
    this.#held?.push(tag);
    this.#heldBytes += tag.payload.length;
    return this.#heldBytes < MAX_HELD_BYTES;
  }

  #isFull(part: Part, key: MediaTag): boolean {
    const { splitMs, splitBytes } = this.#plan;
    if (part.startMs === null) return false;
    const isLong = splitMs !== null && key.timestampMs - part.startMs >= splitMs - SPLIT_TOLERANCE_MS;
    return isLong || (splitBytes !== null && part.bytes + part.gopBytes > splitBytes);
  }

  /** Remembers headers that the part cannot take in mid-file, and leaves out sound that only they can decode. */
  #isForNextPart(part: Part, tag: MediaTag): boolean {
    if (tag.kind === 'data') return false;
    const change = part.muxer.changeBy(tag);
    if (change !== 'none' && change !== 'parameters') {
      this.#nextHeaders = { ...this.#nextHeaders, [tag.kind]: tag };
      return true;
    }
    const next = this.#nextHeaders;
    return (
      (tag.kind === 'audio' && next?.audio !== undefined) ||
      (tag.kind === 'video' && next?.video !== undefined)
    );
  }

  #switchPart(part: Part, key: MediaTag): void {
    const { metadata, video, audio } = { ...part.muxer.headers, ...this.#nextHeaders };
    this.#nextHeaders = null;
    this.#held = [];
    for (const tag of [metadata, video, audio, key]) if (tag) this.#hold(tag);
    this.#part = null;
    this.#endPart(part, PART_GRACE_MS);
    this.#switching = this.#beginNextPart();
  }

  async #beginNextPart(): Promise<void> {
    try {
      const part = await this.#openPart();
      const held = this.#held ?? [];
      this.#held = null;
      this.#heldBytes = 0;
      this.#part = part;
      for (const tag of held) this.#take(tag);
      if (!this.#isOver && this.#held === null) this.onDrain();
    } catch (thrown) {
      this.#held = null;
      this.#fail(toStreamwareError(thrown));
    }
  }

  async #openPart(): Promise<Part> {
    const recording = await this.#parts.begin();
    const { liveArgs, format } = recordingContainer(extname(recording.path).toLowerCase());
    const muxer = new MuxerSession(
      {
        purpose: 'recording',
        feed: {
          timestamps: 'from zero',
          forwardsNewHeaders: false,
          readsEnhancedFlv: this.#plan.readsEnhancedFlv,
        },
        outputArgs: [...liveArgs, '-f', format, '-y', `file:${recording.path}`],
        target: 'file',
      },
      this.#ports,
    );
    const part: Part = { recording, muxer, startMs: null, bytes: 0, gopBytes: 0 };
    muxer.onDrain = (): void => {
      if (this.#part === part) this.onDrain();
    };
    try {
      await muxer.open(new AbortController().signal);
    } catch (thrown) {
      this.#parts.complete(recording, false, false);
      throw thrown;
    }
    this.#muxers.add(muxer);
    void muxer.ended.then((error) => {
      if (error !== null && this.#part === part) this.#fail(error);
    });
    return part;
  }

  #endPart(part: Part, graceMs: number): void {
    const ending = part.muxer.close(graceMs).then(async () => {
      const error = await part.muxer.ended;
      const { bytesSent, bytesConfirmed } = part.muxer.progress();
      this.#muxers.delete(part.muxer);
      this.#earlier.bytesSent += bytesSent;
      this.#earlier.bytesConfirmed += bytesConfirmed;
      this.#parts.complete(part.recording, part.startMs !== null, error !== null);
    });
    this.#endings.add(ending);
    void ending.then(() => this.#endings.delete(ending));
  }

  async #assertRoom(path: string): Promise<void> {
    const { freeBytes } = await diskSpace(path);
    if (hasRoom(freeBytes, this.#plan.minFreeMegabytes, this.#parts.hasPaused)) {
      this.#parts.hasPaused = false;
      return;
    }
    this.#parts.hasPaused = true;
    const [free, limit] = [Math.floor(freeBytes / 1e6), this.#plan.minFreeMegabytes];
    throw new StreamwareError('file.no_space', {
      detail: `Recording pauses: ${free} MB are free on this disk, ${limit} MB are to stay free.`,
    });
  }

  async #checkDisk(): Promise<void> {
    const part = this.#part;
    if (part === null || this.#isGuarding || this.#isOver) return;
    this.#isGuarding = true;
    try {
      if (!(await this.#journal.isInPlace(part.recording))) {
        const detail = 'The recording was removed or replaced while it was being written.';
        throw new StreamwareError('file.not_writable', {
          detail,
          hint: 'A new part is begun by itself.',
        });
      }
      await this.#assertRoom(part.recording.path);
    } catch (thrown) {
      // Anything else is a disk that did not answer the question; writing to it shows what is the matter.
      if (thrown instanceof StreamwareError && this.#part === part) this.#fail(thrown);
    } finally {
      this.#isGuarding = false;
    }
  }

  #fail(error: StreamwareError): void {
    if (error.code === 'file.no_space') this.#parts.hasPaused = true;
    void this.#end(error, PART_GRACE_MS);
  }

  async #end(error: StreamwareError | null, graceMs: number): Promise<void> {
    if (!this.#isOver) {
      this.#isOver = true;
      // Closed while it opened: the file that it is about to make must not be left behind.
      await this.#opening.catch(() => undefined);
      this.#guard?.cancel();
      while (this.#held !== null) await this.#switching;
      const part = this.#part;
      this.#part = null;
      if (part !== null) this.#endPart(part, graceMs);
      await Promise.all(this.#endings);
      this.#settle(error);
    }
    await this.ended;
  }
}

/** Whether a part may begin with this tag: a key frame, or any sound where there is no picture. */
function isStart(tag: MediaTag, part: Part): boolean {
  if (tag.kind === 'video') return tag.frame === 'key';
  return tag.kind === 'audio' && tag.frame === 'sound' && part.muxer.headers.video === null;
}
