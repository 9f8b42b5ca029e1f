/**
 * Whether picture and sound can be handed on as they came (`copy` step), and if not, why. Pure.
 * What cannot be copied is transcoded instead, with a notice, rather than ending in a muxer's refusal again and again.
 */
import type { ProcessingStep, RenditionRequest } from '../../contract/processing.ts';
import type { FfmpegAbilities } from '../ffmpeg/abilities.ts';
import type { AudioProbe, MediaProbe, VideoProbe } from '../ffmpeg/mediaProbe.ts';

export interface CopyDecision {
  /** The first rendition gets the picture as it came. */
  readonly copiesVideo: boolean;
  readonly copiesAudio: boolean;
  readonly notices: readonly string[];
}

export interface CopyRequest {
  readonly probe: MediaProbe;
  readonly processing: readonly ProcessingStep[];
  readonly renditions: readonly { readonly request: RenditionRequest }[];
  readonly abilities: Pick<FfmpegAbilities, 'enhancedFlv'>;
}

export function copyDecision(request: CopyRequest): CopyDecision {
  if (!request.processing.some(({ type }) => type === 'copy')) {
    return { copiesVideo: false, copiesAudio: false, notices: [] };
  }
  const { video, audio } = request.probe;
  const videoReason = video === null ? null : whyNotVideo(request, video);
  const audioReason = audio === null ? null : whyNotAudio(request, audio);
  return {
    copiesVideo: video !== null && videoReason === null,
    copiesAudio: audio !== null && audioReason === null,
    notices: [
      ...(videoReason === null ? [] : [`${videoReason} It is transcoded.`]),
      ...(audioReason === null ? [] : [`${audioReason} It is transcoded to AAC.`]),
    ],
  };
}

/** Codecs that go to RTMP and into the other outputs without transcoding. */
export function canCopyVideo(codec: string, abilities: Pick<FfmpegAbilities, 'enhancedFlv'>): boolean {
  return codec === 'h264' || ((codec === 'hevc' || codec === 'av1') && abilities.enhancedFlv.has(codec));
}

export function canCopyAudio(codec: string): boolean {
  return codec === 'aac';
}

/** Sound that begins further behind the picture than this is late: silence is put before it. */
export const LATE_SOUND_SECONDS = 0.5;

/** How far behind the picture the sound begins, as far as is known; 0 without either. */
export function soundDelaySeconds({ video, audio }: Pick<MediaProbe, 'video' | 'audio'>): number {
  return video === null || audio === null ? 0 : (audio.startSeconds ?? 0) - (video.startSeconds ?? 0);
}

/** Services ask for two to four seconds; what is a little more still works everywhere. */
const MAX_KEY_FRAME_SECONDS = 10;

/** Steps that change the picture. */
const drawing: ReadonlySet<ProcessingStep['type']> = new Set([
  ...(['scale', 'crop', 'pad', 'watermark', 'text', 'clock', 'deinterlace'] as const),
]);

function whyNotVideo({ processing, renditions, abilities }: CopyRequest, video: VideoProbe): string | null {
  if (!canCopyVideo(video.codec, abilities))
    return `The picture is ${video.codec}, which cannot be passed through.`;
  if (/10|12|422|444/.test(video.pixelFormat ?? ''))
    return `The picture is ${video.pixelFormat}, which most services and players cannot show.`;
  if (video.rotationDegrees !== 0)
    return 'The picture must be turned upright, so it cannot be passed through.';
  if ((video.keyFrameSeconds ?? 0) > MAX_KEY_FRAME_SECONDS) {
    return `The key frames of the picture are ${Math.round(video.keyFrameSeconds ?? 0)} s apart, so viewers would wait that long.`;
  }
  const step = processing.find(({ type }) => drawing.has(type));
  if (step !== undefined)
    return `The step "${step.type}" changes the picture, so it cannot be passed through.`;
  const { width, height, fps, bitrateKbps, codec } = renditions[0]?.request ?? {};
  const changesSize = (width ?? video.width) !== video.width || (height ?? video.height) !== video.height;
  const isChanged =
    changesSize || fps !== undefined || bitrateKbps !== undefined || (codec ?? video.codec) !== video.codec;
  return isChanged
    ? 'Another size, rate or codec is asked for, so the picture cannot be passed through.'
    : null;
}

function whyNotAudio({ processing, probe }: CopyRequest, audio: AudioProbe): string | null {
  if (processing.some(({ type }) => type === 'audio'))
    return 'An audio step changes the sound, so it cannot be passed through.';
  if (!canCopyAudio(audio.codec)) return `The sound is ${audio.codec}, which cannot be passed through.`;
  // Recordings and players take what is there at the beginning for all there will be.
  return soundDelaySeconds(probe) > LATE_SOUND_SECONDS
    ? 'The sound begins later than the picture, and silence can only be put before sound that is encoded here.'
    : null;
}
