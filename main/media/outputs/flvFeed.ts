/**
 * Turns the tags of one session into the FLV that a muxer child reads on its standard input: nothing before the first
 * key frame, then file header, metadata, decoder configurations and frames. It keeps the book of the configuration in
 * force, so that its owner can tell when a muxer that was told another one must be replaced.
 * It knows nothing of processes: it gives back the slices to write, payloads by reference.
 */
import { StreamwareError } from '../../contract/errors.ts';
import { hasWholeNalUnits, parseAvcHeaderTag, withParameterSets } from '../flv/avc.ts';
import { flvFileHeader, flvTagSlices } from '../flv/flvWriter.ts';
import { type AudioTag, at, type DataTag, type MediaTag, type VideoTag } from '../flv/mediaTag.ts';
import { isMetadata } from '../flv/metadata.ts';
import { withLegacyHeader } from '../flv/tagParser.ts';

export interface FlvFeedOptions {
  /**
   * `from zero`: the first frame is at `LEAD_MS`, whatever the time on the stream's timeline.
   * `as they are`: timestamps stay what they are (modulo 2^30 ms, 12.4 days), so that a later session goes on where this one ended.
   */
  readonly timestamps: 'from zero' | 'as they are';
  /**
   * True when the muxer can take a new decoder configuration in mid-stream as a header tag (FLV can). Otherwise the
   * key frames carry the new parameter sets themselves.
   */
  readonly forwardsNewHeaders: boolean;
  /** Whether the ffmpeg in use reads HEVC and AV1 in Enhanced FLV. */
  readonly readsEnhancedFlv: boolean;
}

export interface FeedHeaders {
  readonly metadata: DataTag | null;
  readonly video: VideoTag | null;
  readonly audio: AudioTag | null;
}

/** What a header tag would change for a muxer that has begun: other parameter sets for a picture of the same size, or more. */
export type ConfigurationChange = 'none' | 'parameters' | 'size' | 'sound' | 'tracks';

/** Room below the first key frame for sound that belongs a little before it. */
export const LEAD_MS = 500;
const BASE_STEP_MS = 2 ** 30;

export class FlvFeed {
  readonly #options: FlvFeedOptions;
  #headers: FeedHeaders = { metadata: null, video: null, audio: null };
  /** Of the FLV's 0 on the timeline of the stream; null before the first frame. */
  #baseMs: number | null = null;
  #startMs = 0;
  #hasNewParameters = false;

  constructor(options: FlvFeedOptions) {
    this.#options = options;
  }

  /** Metadata and decoder configurations as they came last. */
  get headers(): FeedHeaders {
    return this.#headers;
  }

  get hasStarted(): boolean {
    return this.#baseMs !== null;
  }

  /** Where the FLV's time 0 lies on the stream's timeline. Meaningful once it has started. */
  get baseMs(): number {
    return this.#baseMs ?? 0;
  }

  /** Of the first frame, on the stream's timeline. Meaningful once it has started. */
  get startMs(): number {
    return this.#startMs;
  }

  /** What this tag would change for a muxer that has begun. */
  changeBy(tag: MediaTag): ConfigurationChange {
    return this.hasStarted ? configurationChange(this.#headers, tag) : 'none';
  }

  /** The error that ends a session whose muxer cannot carry this tag; null for what it can. */
  refusal(tag: MediaTag): StreamwareError | null {
    if (tag.kind === 'data' || this.#options.readsEnhancedFlv) return null;
    const isCommon = tag.kind === 'video' ? tag.codec === 'h264' : tag.codec === 'aac' || tag.codec === 'mp3';
    if (isCommon) return null;
    const detail = `The ffmpeg in use cannot read ${tag.codec} from a live stream; version 6.1 or newer can.`;
    return new StreamwareError('destination.codec_unsupported', {
      detail,
      hint: 'Choose H.264, or install a newer ffmpeg.',
    });
  }

  /** The slices to write for this tag, in order; none for what is only remembered or cannot be used yet. */
  accept(tag: MediaTag): Buffer[] {
    if (tag.kind === 'data') return this.#acceptData(tag);
    if (tag.frame === 'header') return this.#acceptHeader(tag);
    if (this.#isTorn(tag)) return [];
    if (this.#baseMs !== null) return this.#slices(this.#decodable(tag));
    const isStart = tag.kind === 'video' ? tag.frame === 'key' : this.#headers.video === null;
    return isStart ? this.#begin(tag) : [];
  }

  /** A picture that a sender has spoilt costs that picture, not the muxer and with it a piece of the show. */
  #isTorn(tag: VideoTag | AudioTag): boolean {
    const { video } = this.#headers;
    return tag.kind === 'video' && video !== null && !hasWholeNalUnits(video, tag);
  }

  /** Of the metadata only what comes before the start: later script data would open a third track. */
  #acceptData(tag: DataTag): Buffer[] {
    if (isMetadata(tag.payload)) this.#headers = { ...this.#headers, metadata: tag };
    return [];
  }

  #acceptHeader(tag: VideoTag | AudioTag): Buffer[] {
    const change = this.changeBy(tag);
    this.#headers = { ...this.#headers, [tag.kind]: tag };
    if (change === 'none') return [];
    if (this.#options.forwardsNewHeaders) return this.#slices(tag);
    this.#hasNewParameters = true;
    return [];
  }

  #decodable(tag: VideoTag | AudioTag): VideoTag | AudioTag {
    const { video } = this.#headers;
    const needsSets = this.#hasNewParameters && video !== null && tag.kind === 'video' && tag.frame === 'key';
    return needsSets ? withParameterSets(video, tag) : tag;
  }

  #begin(first: VideoTag | AudioTag): Buffer[] {
    const { timestampMs } = first;
    this.#startMs = timestampMs;
    const isFromZero = this.#options.timestamps === 'from zero';
    this.#baseMs = isFromZero ? timestampMs - LEAD_MS : Math.floor(timestampMs / BASE_STEP_MS) * BASE_STEP_MS;
    const { metadata, video, audio } = this.#headers;
    const tracks = {
      hasVideo: video !== null || first.kind === 'video',
      hasAudio: audio !== null || first.kind === 'audio',
    };
    const opening = [video, audio].filter((tag) => tag !== null);
    return [
      flvFileHeader(tracks),
      // Script data that is later than the beginning looks to ffmpeg like a track of its own.
      ...(metadata === null ? [] : flvTagSlices(at(metadata, 0))),
      ...opening.flatMap((tag) => this.#slices(at(tag, timestampMs))),
      ...this.#slices(first),
    ];
  }

  #slices(tag: MediaTag): Buffer[] {
    const timestampMs = Math.max(0, Math.round(tag.timestampMs - this.baseMs));
    return flvTagSlices(at(withLegacyHeader(tag), timestampMs));
  }
}

/** Compares a header tag with the configuration in force; anything but a header changes nothing. */
export function configurationChange(inForce: FeedHeaders, tag: MediaTag): ConfigurationChange {
  if (tag.kind === 'data' || tag.frame !== 'header') return 'none';
  const current = tag.kind === 'video' ? inForce.video : inForce.audio;
  if (current === null) return 'tracks';
  if (current.payload.equals(tag.payload)) return 'none';
  if (tag.kind === 'audio') return 'sound';
  return current.kind === 'video' && hasSameSize(current, tag) ? 'parameters' : 'size';
}

function hasSameSize(a: VideoTag, b: VideoTag): boolean {
  if (a.codec !== 'h264' || b.codec !== 'h264') return false;
  try {
    const [before, after] = [parseAvcHeaderTag(a), parseAvcHeaderTag(b)];
    return (
      before.width === after.width &&
      before.height === after.height &&
      before.nalLengthBytes === after.nalLengthBytes
    );
  } catch {
    return false; // A configuration that cannot be read is treated as another one.
  }
}
