/**
 * One attempt at one variant: tags into an ffmpeg muxer, its stream out of a pipe, cut into segments, handed to a store
 * of ours: the disk (hlsVariant.ts) or a server (push/pushStore.ts). No playlist and no file is ffmpeg's, so every
 * failure is seen where it happens. A new coding of picture or sound gets a muxer of its own ("generation"), whose
 * segments follow when those of the one before are complete.
 *
 *   write ─▶ generation n:   muxer ─pipe─▶ segmenter ─▶ jobs, one after the other ─▶ SegmentStore
 *            generation n+1: muxer ─pipe─▶ held back until generation n has ended
 */
import { StreamwareError, toStreamwareError } from '../../../contract/errors.ts';
import type { MediaTag } from '../../flv/mediaTag.ts';
import { configurationChange, type FeedHeaders } from '../flvFeed.ts';
import { type MuxerPorts, MuxerSession } from '../muxerSession.ts';
import type { OutputSession, SessionProgress } from '../outputSession.ts';
import type { CutPlan } from './cutPlan.ts';
import type { MediaSegmenter, SegmentEvents } from './mediaSegmenter.ts';
import { Mp4Segmenter, mp4MuxerArgs } from './mp4Segmenter.ts';
import type { SegmentStore } from './segmentStore.ts';
import { type ContinuityCounters, TsSegmenter, tsMuxerArgs } from './tsSegmenter.ts';

/** What the sessions of one variant share with each other and with the other variants. */
export interface HlsLeg {
  readonly store: SegmentStore;
  readonly cutPlan: CutPlan;
  readonly counters: ContinuityCounters;
  readonly segmentType: 'mpegts' | 'fmp4';
  readonly readsEnhancedFlv: boolean;
  /** UTC epoch milliseconds of a moment on the stream's timeline; see mediaClock.ts. */
  dateOf(timeMs: number, mayCorrect: boolean): number;
  /** A frame has come; keeps `dateOf` right. */
  noteFrame(timeMs: number): void;
  /** A key frame has come this long after the one before, or has not come for so long. */
  noteKeyDistance(distanceMs: number, hasCome: boolean): void;
  /** A segment is on the list. */
  notePublished(headers: FeedHeaders): void;
  /** Settles when nothing of the last session is left: two must not write at once. Set by the sessions. */
  lastSession: Promise<unknown>;
}

interface Generation {
  readonly muxer: MuxerSession;
  segmenter: MediaSegmenter | null;
  /** Pipe data of a generation whose turn has not come yet. */
  held: Buffer[] | null;
  segmentStartMs: number | null;
  /** Of the last key frame that came out of the muxer. */
  lastKeyMs: number;
}

const MAX_QUEUED_BYTES = 8 * 1024 * 1024;

export class HlsSession implements OutputSession {
  onDrain: () => void = () => undefined;
  readonly ended: Promise<StreamwareError | null>;

  readonly #leg: HlsLeg;
  readonly #ports: MuxerPorts;
  #settle: (error: StreamwareError | null) => void = () => undefined;
  #current: Generation | null = null;
  /** Settles when the last generation begun so far has written all of its segments. */
  #generations: Promise<void> = Promise.resolve();
  #nextHeaders: Partial<FeedHeaders> | null = null;
  #opening: Promise<void> = Promise.resolve();
  #jobs: Promise<void> = Promise.resolve();
  #queuedBytes = 0;
  #error: StreamwareError | null = null;
  #isClosing = false;
  #lastKeyMs: number | null = null;
  #bytesWritten = 0;
  #earlierBytesSent = 0;

  constructor(leg: HlsLeg, ports: MuxerPorts) {
    this.#leg = leg;
    this.#ports = ports;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  async open(signal: AbortSignal): Promise<void> {
    this.#opening = this.#openNow(signal);
    try {
      await this.#opening;
    } catch (thrown) {
      this.#settle(null);
      throw toStreamwareError(thrown);
    }
  }

  async #openNow(signal: AbortSignal): Promise<void> {
    const before = this.#leg.lastSession;
    this.#leg.lastSession = this.ended;
    await before;
    this.#assertWanted(signal);
    await this.#leg.store.claim(signal);
    this.#assertWanted(signal);
    await this.#begin(false);
  }

  #assertWanted(signal: AbortSignal): void {
    if (signal.aborted || this.#isClosing) throw new StreamwareError('engine.stopping');
  }

  write(tag: MediaTag): boolean {
    const current = this.#current;
    if (current === null || this.#error !== null || this.#isClosing) return true;
    if (tag.kind !== 'data' && tag.frame !== 'header') this.#noteFrame(tag, current);
    const isKey = tag.kind === 'video' && tag.frame === 'key';
    if (isKey && this.#nextHeaders !== null) return this.#replaceMuxer(current, tag);
    if (tag.kind !== 'data' && current.muxer.changeBy(tag) !== 'none') {
      this.#nextHeaders = { ...this.#nextHeaders, [tag.kind]: tag };
      return true;
    }
    const next = this.#nextHeaders;
    const isForNext = next !== null && tag.kind !== 'data' && next[tag.kind] !== undefined;
    return isForNext ? true : current.muxer.write(tag);
  }

  progress(): SessionProgress {
    const { bytesSent, bytesPending } = this.#current?.muxer.progress() ?? { bytesSent: 0, bytesPending: 0 };
    const delivery = this.#leg.store.delivery?.();
    if (delivery !== undefined) {
      const { deliveredBytes, waitingBytes } = delivery;
      return {
        bytesSent: deliveredBytes,
        bytesConfirmed: deliveredBytes,
        bytesPending: bytesPending + waitingBytes,
        rttMs: null,
      };
    }
    // A muxer may hold a whole group of pictures back; that it works through them is a sign of life as well.
    const bytesWorkedOff = this.#earlierBytesSent + (this.#current?.muxer.bytesWorkedOff ?? 0);
    return {
      bytesSent: this.#earlierBytesSent + bytesSent,
      bytesConfirmed: Math.max(this.#bytesWritten, bytesWorkedOff),
      bytesPending,
      rttMs: null,
    };
  }

  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    // Closed while it opened: a claim in progress still writes, and must not after whoever closes has cleaned up.
    await this.#opening.catch(() => undefined);
    if (this.#current === null) this.#settle(null);
    else {
      const timer = this.#ports.clock.after(graceMs, () => this.#leg.store.cancel());
      await this.#current.muxer.close(graceMs);
      await this.ended;
      timer.cancel();
    }
    await this.ended;
  }

  async #begin(isNewEncoding: boolean): Promise<void> {
    const before = this.#generations;
    const isTransportStream = this.#leg.segmentType === 'mpegts';
    const generation: Generation = {
      muxer: new MuxerSession(
        {
          purpose: 'hls',
          feed: {
            timestamps: 'as they are',
            forwardsNewHeaders: false,
            readsEnhancedFlv: this.#leg.readsEnhancedFlv,
          },
          outputArgs: [...(isTransportStream ? tsMuxerArgs : mp4MuxerArgs), 'pipe:3'],
          target: 'pipe',
          onMedia: (chunk: Buffer): boolean => this.#takeMedia(generation, chunk, isNewEncoding),
        },
        this.#ports,
      ),
      segmenter: null,
      held: [],
      segmentStartMs: null,
      lastKeyMs: 0,
    };
    generation.muxer.onDrain = (): void => {
      if (this.#current === generation) this.onDrain();
    };
    this.#current = generation;
    this.#generations = this.#follow(generation, before, isNewEncoding);
    await generation.muxer.open(new AbortController().signal);
  }

  /** From the turn of a generation to its last segment; ends the session when it was the last. */
  async #follow(generation: Generation, before: Promise<void>, isNewEncoding: boolean): Promise<void> {
    await before;
    const held = generation.held ?? [];
    generation.held = null;
    for (const chunk of held) this.#cut(generation, chunk, isNewEncoding);
    generation.muxer.resumeMedia();
    const error = await generation.muxer.ended;
    if (error !== null) this.#fail(error);
    const isWhole = generation.segmenter?.isWhole() ?? false;
    const endMs = isWhole ? (generation.segmenter?.endMs() ?? null) : null;
    // A muxer that was killed leaves a torn segment; its pictures come again with the session that follows.
    if (this.#error === null && endMs !== null) this.#finishSegment(generation, endMs);
    await this.#jobs;
    if (this.#isClosing && this.#error === null) await this.#leg.store.drain();
    await this.#leg.store.abandon();
    if (this.#current === generation) this.#settle(this.#error);
  }

  #replaceMuxer(current: Generation, key: MediaTag): boolean {
    const headers = { ...current.muxer.headers, ...this.#nextHeaders };
    const change = [headers.video, headers.audio].some(
      (tag) => tag && configurationChange(current.muxer.headers, tag) !== 'none',
    );
    this.#nextHeaders = null;
    if (!change) return current.muxer.write(key);
    this.#earlierBytesSent += current.muxer.progress().bytesSent;
    void current.muxer.close(4000);
    void this.#begin(true).catch((thrown: unknown) => this.#fail(toStreamwareError(thrown)));
    for (const tag of [headers.metadata, headers.video, headers.audio]) {
      if (tag) this.#current?.muxer.write(tag);
    }
    return this.#current?.muxer.write(key) ?? true;
  }

  #noteFrame(tag: MediaTag, { muxer }: Generation): void {
    this.#leg.noteFrame(tag.timestampMs);
    if (tag.kind === 'audio' && muxer.headers.video === null && this.#leg.segmentType === 'fmp4') {
      const detail = 'Segments of the type fmp4 need a picture; choose the segment type mpegts.';
      this.#fail(new StreamwareError('destination.codec_unsupported', { detail }));
    }
    if (tag.kind !== 'video') return;
    const isKey = tag.frame === 'key';
    if (this.#lastKeyMs !== null) this.#leg.noteKeyDistance(tag.timestampMs - this.#lastKeyMs, isKey);
    if (isKey) this.#lastKeyMs = tag.timestampMs;
  }

  #takeMedia(generation: Generation, chunk: Buffer, isNewEncoding: boolean): boolean {
    if (this.#error !== null) return true;
    if (generation.held !== null) {
      generation.held.push(chunk);
      return false;
    }
    this.#cut(generation, chunk, isNewEncoding);
    return this.#queuedBytes < MAX_QUEUED_BYTES;
  }

  #cut(generation: Generation, chunk: Buffer, isNewEncoding: boolean): void {
    try {
      generation.segmenter ??= this.#segmenterOf(generation, isNewEncoding);
      generation.segmenter.push(chunk);
    } catch (thrown) {
      this.#fail(toStreamwareError(thrown));
    }
  }

  #segmenterOf(generation: Generation, isNewEncoding: boolean): MediaSegmenter {
    const { store, cutPlan, counters, segmentType } = this.#leg;
    const events: SegmentEvents = {
      onInit: (bytes: Buffer): void => this.#enqueue(() => store.writeInit(bytes)),
      onData: (bytes: Buffer): void => this.#enqueueBytes(generation, bytes),
      onKey: (timeMs: number): boolean => {
        const startMs = generation.segmentStartMs;
        const distanceMs = timeMs - generation.lastKeyMs;
        generation.lastKeyMs = timeMs;
        if (startMs !== null && !cutPlan.shouldCut(startMs, timeMs, distanceMs)) return false;
        const isFirst = startMs === null;
        if (!isFirst) this.#finishSegment(generation, timeMs);
        generation.segmentStartMs = timeMs;
        this.#enqueue(() => store.begin(timeMs, isFirst && isNewEncoding));
        return true;
      },
    };
    const { baseMs } = generation.muxer;
    return segmentType === 'mpegts'
      ? new TsSegmenter(events, counters, generation.muxer.startMs, baseMs)
      : new Mp4Segmenter(events, baseMs);
  }

  #finishSegment(generation: Generation, endMs: number): void {
    const startMs = generation.segmentStartMs;
    if (startMs === null) return;
    const { headers } = generation.muxer;
    this.#enqueue(async () => {
      await this.#leg.store.finish(endMs, (isJump) => this.#leg.dateOf(startMs, isJump));
      this.#leg.notePublished(headers);
    });
  }

  #enqueueBytes(generation: Generation, bytes: Buffer): void {
    this.#queuedBytes += bytes.length;
    this.#enqueue(async () => {
      await this.#leg.store.append(bytes);
      this.#bytesWritten += bytes.length;
      this.#queuedBytes -= bytes.length;
      if (this.#queuedBytes < MAX_QUEUED_BYTES / 2) generation.muxer.resumeMedia();
    });
  }

  /** Behind a job that failed no other is done: a segment with a hole must not be listed. */
  #enqueue(job: () => Promise<void>): void {
    this.#jobs = this.#jobs
      .then(() => (this.#error === null ? job() : undefined))
      .catch((thrown: unknown) => this.#fail(toStreamwareError(thrown)));
  }

  #fail(error: StreamwareError): void {
    this.#error ??= error;
    this.#current?.muxer.abort(error);
    this.#current?.muxer.resumeMedia();
  }
}
