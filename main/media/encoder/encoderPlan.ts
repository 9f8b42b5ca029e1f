/**
 * The encoder: what is made of an input, and the run of ffmpeg that makes it. From an input that was looked at
 * (ffmpeg/probe.ts) and the user's wishes, this file decides everything, as data; encoderSession.ts runs such a plan,
 * slateClip.ts makes what stands in for it, encoderChoice.ts says which encoders work on this computer.
 * Not here: when to start, restart or replace one (streams/), and who gets the tags (relay/).
 *
 * A plan is one decode and one encode per rendition, each on a pipe of its own, and the sound once per sound bitrate on
 * pipes of their own. trackMerger.ts puts sound and picture together again: so a track that is late or missing never
 * holds up the other, and the sound is not encoded once per rendition. Pure.
 */
import type { ProcessingStep } from '../../contract/processing.ts';
import type { FfmpegAbilities } from '../ffmpeg/abilities.ts';
import type { AudioProbe, MediaProbe, VideoProbe } from '../ffmpeg/mediaProbe.ts';
import type { FfmpegVersion } from '../ffmpeg/version.ts';
import type { StreamMetadata } from '../flv/metadata.ts';
import type { InputSource } from '../inputs/inputSource.ts';
import type { Pull } from '../inputs/pull.ts';
import { type OutputColour, outputColour } from './colour.ts';
import { globalArgs, graphArgs, inputArgs, muxArgs, videoArgs } from './encoderArgs.ts';
import { encoderLatencySeconds, mustPace, type Pacing, pacing, unpaced } from './pacing.ts';
import { type CopyDecision, copyDecision, LATE_SOUND_SECONDS, soundDelaySeconds } from './passThrough.ts';
import { programPicture } from './programPicture.ts';
import {
  DEFAULT_PRESET,
  type DecidedRendition,
  decideRenditions,
  defaultFps,
  type RenditionWish,
} from './renditionPlan.ts';
import { isMuted, planSoundPipes, SAMPLE_RATE_HZ, type SoundPipe, soundLatencyMs } from './soundChain.ts';
import { textFiles } from './textFiles.ts';
import type { VideoCodecName, VideoEncoder } from './videoEncoders.ts';
import type { WatermarkImage } from './watermarkImages.ts';

export interface EncoderPlanRequest {
  readonly source: InputSource;
  readonly probe: MediaProbe;
  readonly processing: readonly ProcessingStep[];
  /** At least one. Only the first can be passed through by a `copy` step. */
  readonly renditions: readonly RenditionWish[];
  /** The encoder to use, per codec. */
  readonly encoders: Partial<Readonly<Record<VideoCodecName, VideoEncoder>>>;
  readonly abilities: FfmpegAbilities;
  readonly version: FfmpegVersion;
  /** Watermark pictures in the order of their steps: the path, and the demuxer that the first bytes call for. */
  readonly images: readonly WatermarkImage[];
  /** Folder for the files with the words of `text` steps; private to this encoder. */
  readonly textFolder: string;
}

export interface EncoderPlan {
  readonly args: readonly string[];
  readonly isFed: boolean;
  /** Whether the source has a picture; without one, sound alone begins what is fed. */
  readonly hasPicture: boolean;
  /** True when the one rendition is picture and sound exactly as they came, with nothing added. */
  readonly isUntouched: boolean;
  /** The connection that feeds it, started or taken over with the encoder. */
  readonly pull?: () => Pull;
  readonly stdinText?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly secrets: readonly string[];
  /** How many `pipe:3`, … there are. */
  readonly pipes: number;
  readonly renditions: readonly PlannedRendition[];
  /** To be written before the start. */
  readonly textFiles: readonly { readonly path: string; readonly text: string }[];
  /** Time on the pipes that is the beginning of the input, milliseconds. */
  readonly originMs: number;
  /** How far the tracks may be apart when they arrive; more means that one is missing. Milliseconds. */
  readonly trackSkewMs: { readonly videoBehind: number; readonly audioBehind: number };
  /** ffmpeg's names of the video encoders in use; `copy` for what is passed through. */
  readonly encoderNames: readonly string[];
  /** What was decided, in sentences for people. */
  readonly notices: readonly string[];
}

export interface PlannedRendition extends DecidedRendition {
  /** Number of its pipe, from 0. */
  readonly videoPipe: number;
  /** Null: there is no sound, silence is put in its place. */
  readonly audioPipe: number | null;
  readonly isAudioCopied: boolean;
  readonly metadata: StreamMetadata;
  readonly colour: OutputColour;
}

/** Room before the first picture: pictures out of order have times before it, and FLV has none below zero. */
const ORIGIN_MS = 1000;

/**
 * @throws `encoder.none_works` when no encoder was given for a codec, `destination.codec_unsupported` when this ffmpeg
 * cannot carry a codec in FLV, `request.invalid` for a step that does not fit the picture.
 */
export function planEncoder(request: EncoderPlanRequest): EncoderPlan {
  const { source, probe, processing } = request;
  const copy = copyDecision(request);
  const pace = planPacing(request, copy);
  const picture = programPicture(request, copy.copiesVideo, pace.pictureFilters);
  const decided = decideRenditions(request.renditions, {
    ...request,
    program: picture.chain.size,
    video: picture.video,
    copiesFirst: copy.copiesVideo,
  });
  const audio = isMuted(processing) ? null : probe.audio;
  const soundPipes = planSoundPipes(
    { source, audio, processing, isCopied: copy.copiesAudio, leading: pace.soundFilters },
    decided,
    probe.video === null,
  );
  const renditions = decided.map((each, index) => {
    const sound = soundPipes.find(({ users }) => users.includes(each.id)) ?? null;
    return planned(each, index, sound, picture.video, audio);
  });
  const offset = ['-output_ts_offset', `${ORIGIN_MS / 1000}`];
  return {
    args: [
      ...globalArgs(decided),
      ...inputArgs(request, pace),
      ...graphArgs(picture, decided, soundPipes),
      ...renditions.flatMap((each) => [
        ...videoArgs(source, picture, each),
        ...muxArgs(each.videoPipe, offset),
      ]),
      ...soundPipes.flatMap((each) => [...each.args, ...muxArgs(each.pipe, offset)]),
    ],
    isFed: source.isFed,
    hasPicture: probe.video !== null,
    isUntouched: renditions.every(({ encoder, isAudioCopied }) => encoder === null && isAudioCopied),
    ...(source.pull === undefined ? {} : { pull: source.pull }),
    ...(source.stdinText === undefined ? {} : { stdinText: source.stdinText }),
    ...(source.environment === undefined ? {} : { environment: source.environment }),
    secrets: source.secrets,
    pipes: renditions.length + soundPipes.length,
    renditions,
    textFiles: textFiles(processing, request.textFolder),
    originMs: ORIGIN_MS,
    trackSkewMs: trackSkew(request),
    encoderNames: [...new Set(decided.map(({ encoder }) => encoder?.name ?? 'copy'))],
    notices: [...copy.notices, ...picture.chain.notices, ...soundNotices(request)],
  };
}

function planned(
  decided: DecidedRendition,
  videoPipe: number,
  sound: SoundPipe | null,
  video: VideoProbe,
  audio: AudioProbe | null,
): PlannedRendition {
  const { settings, audioBitrateKbps } = decided;
  const isAudioCopied = sound?.isCopied ?? false;
  return {
    ...decided,
    videoPipe,
    audioPipe: sound?.pipe ?? null,
    isAudioCopied,
    colour: outputColour(video),
    metadata: {
      width: settings.width,
      height: settings.height,
      fps: settings.fps,
      videoBitrateKbps: settings.bitrateKbps,
      videoCodec: settings.codec,
      audioCodec: 'aac',
      audioBitrateKbps,
      sampleRateHz: isAudioCopied ? (audio?.sampleRateHz ?? SAMPLE_RATE_HZ) : SAMPLE_RATE_HZ,
      channels: isAudioCopied ? (audio?.channels ?? 2) : 2,
    },
  };
}

function planPacing(request: EncoderPlanRequest, copy: CopyDecision): Pacing {
  if (!mustPace(request.source, request.probe)) return unpaced;
  // What is passed through is not held back by an encoder. The ground of a drawn picture begins at zero.
  const hasBurst = !copy.copiesVideo && !copy.copiesAudio && request.probe.video !== null;
  return pacing(hasBurst ? heldSeconds(request) : 0, request.version, request.source.isEntered);
}

/** The longest that an encoder holds a picture back, before it is known exactly which rates there will be. */
function heldSeconds({ renditions, probe, encoders }: EncoderPlanRequest): number {
  const held = renditions.map(({ request }) => {
    const fps = request.fps ?? defaultFps(probe.video?.fps ?? null);
    const encoder = encoders[request.codec ?? 'h264'];
    return encoderLatencySeconds(
      { fps, preset: request.preset ?? DEFAULT_PRESET },
      encoder?.isHardware ?? false,
    );
  });
  return Math.max(0, ...held);
}

/** What the containers of sources are interleaved by, and what the machine may be late. */
const ORDINARY_SKEW_MS = 600;

function trackSkew(request: EncoderPlanRequest): EncoderPlan['trackSkewMs'] {
  return {
    videoBehind: Math.round(ORDINARY_SKEW_MS * 1.5 + heldSeconds(request) * 1000),
    audioBehind: ORDINARY_SKEW_MS + soundLatencyMs(request.processing),
  };
}

function soundNotices({ probe, processing }: EncoderPlanRequest): string[] {
  const { audio, video } = probe;
  if (audio === null) return ['There is no sound: silence is added.'];
  if (isMuted(processing)) return [];
  const startsLater = soundDelaySeconds(probe);
  return [
    ...(video === null ? ['There is no picture: the sound is shown as a wave.'] : []),
    ...(audio.channels > 2 ? [`The sound has ${audio.channels} channels: it is mixed down to stereo.`] : []),
    ...(startsLater > LATE_SOUND_SECONDS
      ? [`The sound begins ${startsLater.toFixed(1)} s after the picture: silence is added before it.`]
      : []),
  ];
}
