/** What each rendition will be: size, rate, bitrate, codec, encoder. Pure. */
import { StreamwareError } from '../../contract/errors.ts';
import { MIN_FPS, type ProcessingStep, type RenditionRequest } from '../../contract/processing.ts';
import type { FfmpegAbilities } from '../ffmpeg/abilities.ts';
import type { VideoProbe } from '../ffmpeg/mediaProbe.ts';
import { defaultAudioBitrateKbps, defaultBitrateKbps } from './bitrates.ts';
import { evenSize, FALLBACK_FPS, MAX_DEFAULT_FPS, renditionSize, type Size } from './geometry.ts';
import type { EncoderSettings, VideoCodecName, VideoEncoder } from './videoEncoders.ts';

export interface RenditionWish {
  readonly id: string;
  readonly request: RenditionRequest;
}

export interface DecidedRendition {
  readonly id: string;
  /** For a copied picture: as near as a slate can come to it. */
  readonly settings: EncoderSettings;
  readonly audioBitrateKbps: number;
  /** Null when the picture is passed through. */
  readonly encoder: VideoEncoder | null;
}

export interface RenditionContext {
  /** Size of the program after the processing steps. */
  readonly program: Size;
  readonly video: Pick<VideoProbe, 'fps' | 'codec' | 'bitrateKbps'>;
  readonly processing: readonly ProcessingStep[];
  readonly encoders: Partial<Readonly<Record<VideoCodecName, VideoEncoder>>>;
  readonly abilities: Pick<FfmpegAbilities, 'enhancedFlv'>;
  readonly copiesFirst: boolean;
}

const DEFAULT_KEY_FRAME_INTERVAL_SECONDS = 2;
export const DEFAULT_PRESET: EncoderSettings['preset'] = 'veryfast';

export function decideRenditions(
  wishes: readonly RenditionWish[],
  context: RenditionContext,
): DecidedRendition[] {
  return wishes.map((wish, index) => decide(wish, context, context.copiesFirst && index === 0));
}

/** Pictures per second when nobody asks for another rate: the source's own, within reason. */
export function defaultFps(sourceFps: number | null): number {
  return Math.min(MAX_DEFAULT_FPS, Math.max(MIN_FPS, sourceFps ?? FALLBACK_FPS));
}

function decide(
  { id, request }: RenditionWish,
  context: RenditionContext,
  isCopy: boolean,
): DecidedRendition {
  const { video } = context;
  const size = isCopy ? evenSize(context.program) : renditionSize(context.program, request);
  const fps = isCopy ? (video.fps ?? FALLBACK_FPS) : (request.fps ?? defaultFps(video.fps));
  const codec = isCopy ? copiedCodec(video.codec) : (request.codec ?? 'h264');
  const usual = defaultBitrateKbps(size, fps, codec);
  const settings: EncoderSettings = {
    ...size,
    fps,
    codec,
    bitrateKbps: Math.round(isCopy ? (video.bitrateKbps ?? usual) : (request.bitrateKbps ?? usual)),
    keyFrameIntervalSeconds: keyFrameInterval(context.processing),
    preset: request.preset ?? DEFAULT_PRESET,
  };
  const audioBitrateKbps = request.audioBitrateKbps ?? defaultAudioBitrateKbps(size);
  return { id, settings, audioBitrateKbps, encoder: isCopy ? null : encoderFor(codec, context) };
}

function copiedCodec(codec: string): VideoCodecName {
  return codec === 'hevc' || codec === 'av1' ? codec : 'h264';
}

function encoderFor(codec: VideoCodecName, { encoders, abilities }: RenditionContext): VideoEncoder {
  if (codec !== 'h264' && !abilities.enhancedFlv.has(codec)) {
    throw new StreamwareError('destination.codec_unsupported', {
      field: 'processing',
      detail: `The ffmpeg in use cannot put ${codec} into a live stream; version 6.1 or newer can.`,
      hint: 'Choose H.264, or install a newer ffmpeg.',
    });
  }
  const encoder = encoders[codec];
  if (encoder !== undefined) return encoder;
  throw new StreamwareError('encoder.none_works', {
    detail: `No encoder for ${codec} works on this computer.`,
    ...(codec === 'h264' ? {} : { hint: 'Choose H.264.' }),
  });
}

function keyFrameInterval(processing: readonly ProcessingStep[]): number {
  const asked = processing.findLast(
    (step) => step.type === 'transcode' && step.keyFrameIntervalSeconds !== undefined,
  );
  const seconds = asked?.type === 'transcode' ? asked.keyFrameIntervalSeconds : undefined;
  return seconds ?? DEFAULT_KEY_FRAME_INTERVAL_SECONDS;
}
