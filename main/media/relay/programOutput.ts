import type { Clock } from '../../lib/clock.ts';
import { withParameterSets } from '../flv/avc.ts';
import { type AudioTag, at, type DataTag, type MediaTag, type VideoTag } from '../flv/mediaTag.ts';
import { FanOut, type Subscription } from './fanOut.ts';
import { GopCache, type GopCacheLimits, type StreamHeaders } from './gopCache.ts';
import { OutputTimeline } from './outputTimeline.ts';
import { RateMeter } from './rateMeter.ts';
import type { TagSink } from './tagSink.ts';

export interface ProgramCounters {
  /** Video frames sent. */
  framesOut: number;
  /** Of every tag sent, once, however many sinks there are. */
  bytesOut: number;
  /** Over the last four seconds. */
  fps: number;
  bitrateKbps: number;
  /** Distance of the last two key frames; null before the second. */
  gopMs: number | null;
}

export interface ProgramOutputOptions {
  clock: Clock;
  gopCache?: GopCacheLimits | undefined;
  onSinkFailed: (error: unknown) => void;
}

/**
 * The one door out of the relay: whatever goes on air, from a source or the slate, passes here, already on the output
 * timeline. It sends changed headers before the first frame they belong to, gives key frames their parameter sets,
 * keeps the GOP cache and the counters, and hands out to the sinks. Who is on air is decided in relay.ts.
 */
export class ProgramOutput {
  readonly line = new OutputTimeline();
  readonly #clock: Clock;
  readonly #cache: GopCache;
  readonly #fanOut: FanOut;
  readonly #frameRate = new RateMeter();
  readonly #byteRate = new RateMeter();
  #headers: StreamHeaders = { metadata: null, video: null, audio: null };
  #framesOut = 0;
  #bytesOut = 0;
  #lastVideoAtMs: number | null = null;
  #lastKeyMs: number | null = null;
  #gopMs: number | null = null;

  constructor(options: ProgramOutputOptions) {
    this.#clock = options.clock;
    this.#cache = new GopCache(options.gopCache);
    this.#fanOut = new FanOut(this.#cache, options.onSinkFailed);
  }

  /** The headers in force. */
  get headers(): StreamHeaders {
    return this.#headers;
  }

  /** How long ago the last picture was sent; 0 before the first. */
  get videoAgeMs(): number {
    return this.#lastVideoAtMs === null ? 0 : this.#clock.monotonicMs() - this.#lastVideoAtMs;
  }

  get sinkCount(): number {
    return this.#fanOut.sinkCount;
  }

  subscribe(sink: TagSink): Subscription {
    return this.#fanOut.subscribe(sink);
  }

  /** Remembers the metadata, and passes it on when it is new. */
  sendMetadata(tag: DataTag): void {
    if (hasSamePayload(tag, this.#headers.metadata)) return;
    this.#headers = { ...this.#headers, metadata: tag };
    this.#send(tag);
  }

  sendData(tag: DataTag): void {
    this.#send(tag);
  }

  /** @param header the decoder configuration of this frame; sent before a key frame when it is not the one in force. */
  sendVideo(tag: VideoTag, header: VideoTag): void {
    const isKey = tag.frame === 'key';
    if (isKey && !hasSamePayload(header, this.#headers.video))
      this.#sendHeader('video', at(header, tag.timestampMs));
    if (isKey) this.#countKey(tag.timestampMs);
    this.line.record('video', tag.timestampMs, tag.compositionMs);
    this.#framesOut += 1;
    this.#lastVideoAtMs = this.#clock.monotonicMs();
    this.#frameRate.add(1, this.#lastVideoAtMs);
    this.#send(isKey ? withParameterSets(header, tag) : tag);
  }

  /**
   * What a source that goes on air consists of, before its first frame: a sink that starts there knows both tracks from
   * the beginning, and sound that comes a little before the first key frame is not taken for all there is.
   */
  announce(headers: { video: VideoTag | null; audio: AudioTag | null }): void {
    const { video, audio } = headers;
    if (video && this.#headers.video === null) this.#sendHeader('video', video);
    if (audio) this.#sendAudioHeader(audio);
  }

  /** @param header the decoder configuration of this frame, null for codecs without one. */
  sendAudio(tag: AudioTag, header: AudioTag | null): void {
    if (header) this.#sendAudioHeader(at(header, tag.timestampMs));
    this.line.record('audio', tag.timestampMs);
    this.#send(tag);
  }

  counters(): ProgramCounters {
    const nowMs = this.#clock.monotonicMs();
    return {
      framesOut: this.#framesOut,
      bytesOut: this.#bytesOut,
      fps: this.#frameRate.perSecond(nowMs),
      bitrateKbps: (this.#byteRate.perSecond(nowMs) * 8) / 1000,
      gopMs: this.#gopMs,
    };
  }

  /** Lets go of every sink. */
  close(): void {
    this.#fanOut.clear();
  }

  #sendAudioHeader(header: AudioTag): void {
    if (!hasSamePayload(header, this.#headers.audio)) this.#sendHeader('audio', header);
  }

  #sendHeader(track: 'video' | 'audio', header: VideoTag | AudioTag): void {
    this.#headers = { ...this.#headers, [track]: header };
    this.#send(header);
  }

  #countKey(timestampMs: number): void {
    if (this.#lastKeyMs !== null) this.#gopMs = timestampMs - this.#lastKeyMs;
    this.#lastKeyMs = timestampMs;
  }

  #send(tag: MediaTag): void {
    this.#bytesOut += tag.payload.length;
    this.#byteRate.add(tag.payload.length, this.#clock.monotonicMs());
    this.#cache.add(tag, this.#headers);
    this.#fanOut.send(tag, this.#headers);
  }
}

/** Whether two headers say the same. */
export function hasSamePayload(tag: MediaTag, other: MediaTag | null): boolean {
  return other !== null && (tag.payload === other.payload || tag.payload.equals(other.payload));
}
