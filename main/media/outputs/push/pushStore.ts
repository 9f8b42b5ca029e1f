/**
 * Sends segments to a server as they are finished: the segment first, then the playlist that names it, so that nobody is
 * sent after a file that is not there. It keeps a few segments while the server is slow, then makes the muxer wait.
 * Sequence numbers begin with the time of day in seconds: they go on rising when the engine is started anew, without
 * anything being remembered.
 */
import { StreamwareError, toStreamwareError } from '../../../contract/errors.ts';
import type { Clock } from '../../../lib/clock.ts';
import {
  type MediaPlaylist,
  type PlaylistSegment,
  renderMediaPlaylist,
  targetSeconds,
} from '../hls/playlist.ts';
import type { SegmentDelivery, SegmentStore } from '../hls/segmentStore.ts';
import type { PushAddress } from './pushAddress.ts';
import { PushClient } from './pushClient.ts';

export interface PushStoreOptions {
  readonly address: PushAddress;
  readonly segmentSeconds: number;
  readonly clock: Clock;
}

const PLAYLIST_NAME = 'index.m3u8';
/** What a playlist names, and what may wait for a slow server. */
const LISTED_SEGMENTS = 5;
const MAX_WAITING_SEGMENTS = 3;
const MIN_DEADLINE_MS = 7000;
const END_DEADLINE_MS = 3000;
/**
 * With the time that a first segment takes, a person still knows within ten seconds of a server that never answers. A longer
 * segment may take as long as it plays.
 */
const MIN_ATTEMPT_MS = 5000;
const JUMP_MS = 150;
const DIGITS = 10;

interface WaitingSegment extends PlaylistSegment {
  readonly body: Buffer;
}

export class PushStore implements SegmentStore {
  readonly #options: PushStoreOptions;
  readonly #client: PushClient;
  readonly #firstSequence: number;
  #begun = 0;
  #listed: PlaylistSegment[] = [];
  #leftList = 0;
  #discontinuitiesLeft = 0;
  #segment: { startMs: number; isDiscontinuous: boolean; chunks: Buffer[] } | null = null;
  #endMs: number | null = null;
  readonly #waiting: WaitingSegment[] = [];
  #sending: Promise<void> | null = null;
  #onRoom: (() => void) | null = null;
  #error: StreamwareError | null = null;
  #abort = new AbortController();
  #deliveredBytes = 0;

  constructor(options: PushStoreOptions) {
    this.#options = options;
    this.#client = new PushClient(options.clock);
    this.#firstSequence = Math.floor(options.clock.nowMs() / 1000);
  }

  async claim(signal: AbortSignal): Promise<void> {
    this.#abort = new AbortController();
    this.#error = null;
    this.#waiting.length = 0;
    await this.abandon();
    await this.#client.reach(this.#options.address.urlOf(PLAYLIST_NAME), signal);
  }

  async writeInit(): Promise<void> {
    throw new StreamwareError('internal.unexpected', { detail: 'A push carries transport streams only.' });
  }

  async begin(startMs: number, isNewEncoding: boolean): Promise<void> {
    this.#assertWorks();
    const hasJumped = this.#endMs === null || Math.abs(startMs - this.#endMs) > JUMP_MS;
    const isDiscontinuous = this.#begun > 0 && (hasJumped || isNewEncoding);
    this.#segment = { startMs, isDiscontinuous, chunks: [] };
  }

  async append(bytes: Buffer): Promise<void> {
    this.#assertWorks();
    this.#segment?.chunks.push(bytes);
  }

  async finish(endMs: number, dateOf: (isDiscontinuous: boolean) => number): Promise<void> {
    this.#assertWorks();
    const segment = this.#segment;
    this.#segment = null;
    if (segment === null || endMs <= segment.startMs) return;
    const { startMs, isDiscontinuous, chunks } = segment;
    const sequence = String(this.#firstSequence + this.#begun).padStart(DIGITS, '0');
    this.#begun += 1;
    this.#endMs = endMs;
    this.#waiting.push({
      name: `segment-${sequence}.ts`,
      durationMs: endMs - startMs,
      dateMs: dateOf(isDiscontinuous),
      isDiscontinuous,
      init: null,
      body: Buffer.concat(chunks),
    });
    this.#sending ??= this.#sendWaiting();
    if (this.#waiting.length <= MAX_WAITING_SEGMENTS) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
    this.#assertWorks();
  }

  async abandon(): Promise<void> {
    this.#segment = null;
  }

  async drain(): Promise<void> {
    await this.#sending;
  }

  cancel(): void {
    this.#abort.abort();
  }

  delivery(): SegmentDelivery {
    const waitingBytes = this.#waiting.reduce((sum, { body }) => sum + body.length, 0);
    return { deliveredBytes: this.#deliveredBytes, waitingBytes };
  }

  /** Tells the server that nothing more will come. Never rejects. */
  async end(): Promise<void> {
    if (this.#listed.length > 0) {
      await this.#putPlaylist(true, END_DEADLINE_MS, new AbortController().signal).catch(() => undefined);
    }
    this.#listed = [];
    this.#client.close();
  }

  get #attemptMs(): number {
    return Math.max(MIN_ATTEMPT_MS, this.#options.segmentSeconds * 1000);
  }

  async #sendWaiting(): Promise<void> {
    const { signal } = this.#abort;
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        await this.#deliver(next, signal);
        this.#waiting.shift();
        if (this.#waiting.length <= MAX_WAITING_SEGMENTS) this.#giveRoom();
      }
    } catch (thrown) {
      this.#error = toStreamwareError(thrown);
      this.#waiting.length = 0;
    } finally {
      this.#sending = null;
      this.#giveRoom();
    }
  }

  async #deliver({ body, ...entry }: WaitingSegment, signal: AbortSignal): Promise<void> {
    const deadlineMs = Math.max(MIN_DEADLINE_MS, this.#options.segmentSeconds * 3000);
    await this.#client.send(
      {
        method: 'PUT',
        url: this.#options.address.urlOf(entry.name),
        body,
        contentType: 'video/mp2t',
        deadlineMs,
        attemptMs: this.#attemptMs,
      },
      signal,
    );
    const leaving = this.#list(entry);
    await this.#putPlaylist(false, deadlineMs, signal);
    this.#deliveredBytes += body.length;
    if (leaving !== undefined && this.#options.address.isFolder) this.#delete(leaving.name);
  }

  #list(entry: PlaylistSegment): PlaylistSegment | undefined {
    this.#listed.push(entry);
    if (this.#listed.length <= LISTED_SEGMENTS) return undefined;
    const leaving = this.#listed.shift();
    this.#leftList += 1;
    if (leaving?.isDiscontinuous === true) this.#discontinuitiesLeft += 1;
    return leaving;
  }

  async #putPlaylist(isFinished: boolean, deadlineMs: number, signal: AbortSignal): Promise<void> {
    const durations = this.#listed.map((segment) => segment.durationMs);
    const playlist: MediaPlaylist = {
      targetSeconds: targetSeconds(this.#options.segmentSeconds, durations),
      mediaSequence: this.#firstSequence + this.#leftList,
      discontinuitySequence: this.#discontinuitiesLeft,
      segments: this.#listed,
      isFinished,
    };
    await this.#client.send(
      {
        method: 'PUT',
        url: this.#options.address.urlOf(PLAYLIST_NAME),
        body: Buffer.from(renderMediaPlaylist(playlist)),
        contentType: 'application/vnd.apple.mpegurl',
        deadlineMs,
        attemptMs: this.#attemptMs,
      },
      signal,
    );
  }

  /** Of a segment that has left the list. A server that does not delete keeps it; that is its owner's choice. */
  #delete(name: string): void {
    const url = this.#options.address.urlOf(name);
    const request = {
      method: 'DELETE',
      url,
      body: Buffer.alloc(0),
      contentType: 'video/mp2t',
      deadlineMs: 0,
      attemptMs: this.#attemptMs,
    } as const;
    void this.#client.send(request, this.#abort.signal).catch(() => undefined);
  }

  #giveRoom(): void {
    this.#onRoom?.();
    this.#onRoom = null;
  }

  #assertWorks(): void {
    if (this.#error !== null) throw this.#error;
  }
}
