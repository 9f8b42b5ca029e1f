/** What is in an input, as far as the encoder must know. */
export interface MediaProbe {
  /** ffmpeg's name of the container, such as `mov,mp4,m4a,3gp,3g2,mj2`. */
  readonly formatName: string;
  /** Null when it has no end or does not say. */
  readonly durationSeconds: number | null;
  readonly startSeconds: number | null;
  /** The picture that will be used; null when there is only sound. A cover picture does not count. */
  readonly video: VideoProbe | null;
  readonly audio: AudioProbe | null;
}

export interface VideoProbe {
  /** Number among the video streams of the input. */
  readonly position: number;
  readonly codec: string;
  readonly profile: string | null;
  /** As encoded. */
  readonly codedWidth: number;
  readonly codedHeight: number;
  /** As shown: upright and with square pixels. Not yet even. */
  readonly width: number;
  readonly height: number;
  /** Clockwise: 0, 90, 180 or 270. */
  readonly rotationDegrees: number;
  /** Width of a pixel divided by its height. */
  readonly sampleAspect: number;
  /** Frames per second to use; null when the input does not tell. */
  readonly fps: number | null;
  readonly hasVariableFps: boolean;
  readonly isInterlaced: boolean;
  readonly pixelFormat: string | null;
  readonly colour: ColourProbe;
  readonly startSeconds: number | null;
  readonly bitrateKbps: number | null;
  /** The longest distance of key frames, seconds; null when it was not measured. */
  readonly keyFrameSeconds: number | null;
}

/** ffmpeg's names; null where the input does not say. */
interface ColourProbe {
  readonly space: string | null;
  readonly primaries: string | null;
  readonly transfer: string | null;
  readonly range: string | null;
}

export interface AudioProbe {
  /** Number among the audio streams of the input. */
  readonly position: number;
  readonly codec: string;
  readonly profile: string | null;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly startSeconds: number | null;
  readonly bitrateKbps: number | null;
}

/** One stream as ffprobe or ffmpeg describes it, before it is decided which ones to use. */
export interface RawStream {
  readonly kind: 'video' | 'audio' | 'other';
  readonly codec: string | null;
  readonly profile?: string | null;
  readonly width?: number | null;
  readonly height?: number | null;
  readonly sampleAspect?: number | null;
  /** Degrees as ffmpeg counts them: counter-clockwise, any sign. */
  readonly rotation?: number | null;
  readonly baseFps?: number | null;
  readonly averageFps?: number | null;
  readonly isInterlaced?: boolean;
  readonly pixelFormat?: string | null;
  readonly colour?: Partial<ColourProbe>;
  readonly sampleRateHz?: number | null;
  readonly channels?: number | null;
  readonly startSeconds?: number | null;
  readonly bitrateKbps?: number | null;
  readonly isDefault?: boolean;
  readonly isCoverPicture?: boolean;
}

export interface RawFormat {
  readonly name: string;
  readonly durationSeconds: number | null;
  readonly startSeconds: number | null;
}

/** Chooses the streams and reads their numbers. Of several the one marked as default, else the largest, is taken. */
export function toMediaProbe(format: RawFormat, streams: readonly RawStream[]): MediaProbe {
  return {
    formatName: format.name,
    durationSeconds: format.durationSeconds,
    startSeconds: format.startSeconds,
    video: toVideo(streams.filter(({ kind }) => kind === 'video')),
    audio: toAudio(streams.filter(({ kind }) => kind === 'audio')),
  };
}

function toVideo(streams: readonly RawStream[]): VideoProbe | null {
  const area = (stream: RawStream): number => (stream.width ?? 0) * (stream.height ?? 0);
  const usable = streams.filter(
    (stream) => stream.codec !== null && !stream.isCoverPicture && area(stream) > 0,
  );
  const stream = best(usable, area);
  if (stream === null) return null;
  const [codedWidth, codedHeight] = [stream.width ?? 0, stream.height ?? 0];
  const rotationDegrees = uprightRotation(stream.rotation ?? 0);
  const sampleAspect = sensibleAspect(stream.sampleAspect ?? 1);
  const square = [Math.round(codedWidth * sampleAspect), codedHeight] as const;
  const [width, height] = rotationDegrees % 180 === 0 ? square : [square[1], square[0]];
  const fps = chooseFps(stream);
  return {
    position: streams.indexOf(stream),
    codec: stream.codec ?? '',
    profile: stream.profile ?? null,
    codedWidth,
    codedHeight,
    width,
    height,
    rotationDegrees,
    sampleAspect,
    fps: fps.value,
    hasVariableFps: fps.isVariable,
    isInterlaced: stream.isInterlaced ?? false,
    pixelFormat: stream.pixelFormat ?? null,
    colour: { space: null, primaries: null, transfer: null, range: null, ...stream.colour },
    startSeconds: stream.startSeconds ?? null,
    bitrateKbps: stream.bitrateKbps ?? null,
    keyFrameSeconds: null,
  };
}

function toAudio(streams: readonly RawStream[]): AudioProbe | null {
  const usable = streams.filter((stream) => stream.codec !== null && (stream.sampleRateHz ?? 0) > 0);
  const stream = best(usable, ({ channels }) => channels ?? 0);
  if (stream === null) return null;
  return {
    position: streams.indexOf(stream),
    codec: stream.codec ?? '',
    profile: stream.profile ?? null,
    sampleRateHz: stream.sampleRateHz ?? 0,
    channels: stream.channels ?? 2,
    startSeconds: stream.startSeconds ?? null,
    bitrateKbps: stream.bitrateKbps ?? null,
  };
}

function best(streams: readonly RawStream[], size: (stream: RawStream) => number): RawStream | null {
  const ranked = [...streams].sort(
    (a, b) => Number(b.isDefault ?? false) - Number(a.isDefault ?? false) || size(b) - size(a),
  );
  return ranked[0] ?? null;
}

function uprightRotation(counterClockwise: number): number {
  const clockwise = (((-counterClockwise % 360) + 360) % 360) / 90;
  return (Math.round(clockwise) % 4) * 90;
}

/** A pixel ten times as wide as high is an error in the file, not a picture. */
function sensibleAspect(aspect: number): number {
  return aspect > 0.1 && aspect < 10 ? aspect : 1;
}

const COMMON_FPS = [24_000 / 1001, 24, 25, 30_000 / 1001, 30, 50, 60_000 / 1001, 60, 120];
const ROUND_FPS = [10, 15, 24, 25, 30, 50, 60, 120];
const MAX_CREDIBLE_FPS = 121;

/**
 * The base rate is what a player would tick at, the average what there is. They differ for variable rates (phones, screen
 * recordings) and for interlaced pictures (two fields a frame); then the next common rate above the average is used.
 */
export function chooseFps(stream: Pick<RawStream, 'baseFps' | 'averageFps' | 'isInterlaced'>): {
  value: number | null;
  isVariable: boolean;
} {
  const credible = (fps: number | null | undefined): number | null =>
    fps !== null && fps !== undefined && fps >= 0.1 && fps <= MAX_CREDIBLE_FPS ? fps : null;
  const base = stream.isInterlaced ? null : credible(stream.baseFps);
  const average = credible(stream.averageFps);
  if (average === null) return { value: base === null ? null : snapFps(base), isVariable: false };
  if (base === null) return { value: snapFps(average), isVariable: false };
  if (average >= base * 0.97 && average <= base * 1.03) return { value: snapFps(base), isVariable: false };
  const next = ROUND_FPS.find((fps) => fps >= average * 0.995) ?? average;
  return { value: Math.min(next, Math.max(base, 1)), isVariable: true };
}

/** Rates are often written rounded: 29.97 and 2997/100 mean 30000/1001. */
function snapFps(fps: number): number {
  return COMMON_FPS.find((common) => Math.abs(common - fps) < 0.004) ?? fps;
}
