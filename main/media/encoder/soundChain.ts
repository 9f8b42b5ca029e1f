/** From the decoded sound to AAC's 48 kHz stereo, with the user's audio steps. Pure. */
import type { ProcessingStep } from '../../contract/processing.ts';
import type { AudioProbe } from '../ffmpeg/mediaProbe.ts';
import type { InputSource } from '../inputs/inputSource.ts';

export const SAMPLE_RATE_HZ = 48_000;
/** loudnorm looks three seconds ahead. */
const LOUDNESS_LATENCY_MS = 3500;

type AudioStep = Extract<ProcessingStep, { type: 'audio' }>;

/** One encode of the sound, for all renditions that want it at the same bitrate. */
export interface SoundPipe {
  readonly pipe: number;
  /** Ids of the renditions that get it. */
  readonly users: readonly string[];
  readonly args: readonly string[];
  readonly isCopied: boolean;
  /** When the graph draws a picture from the sound as well: the label it takes the sound from, and its part of the graph. */
  readonly branch: { readonly label: string; readonly chain: string } | null;
}

export interface SoundRequest {
  readonly source: Pick<InputSource, 'audioOpening' | 'videoOpening'>;
  /** Null: there is none, or it is muted. */
  readonly audio: AudioProbe | null;
  readonly processing: readonly ProcessingStep[];
  readonly isCopied: boolean;
  /** First filters, see pacing.ts. */
  readonly leading: readonly string[];
}

/**
 * The muxer would unpack AAC from a transport stream by itself, but ends over the first damaged frame; asked for by name,
 * the filter leaves such a frame out. What needs no unpacking passes through it as it is.
 */
const copyArgs: readonly string[] = ['-c:a', 'copy', '-bsf:a', 'aac_adtstoasc'];

interface SoundUser {
  readonly id: string;
  readonly audioBitrateKbps: number;
}

/** The pipes come after those of the pictures. */
export function planSoundPipes(
  request: SoundRequest,
  renditions: readonly SoundUser[],
  isPictureDrawn = false,
): SoundPipe[] {
  const { audio } = request;
  if (audio === null) return [];
  const kindOf = (user: SoundUser): string => (request.isCopied ? 'copy' : `${user.audioBitrateKbps}`);
  const kinds = [...new Set(renditions.map(kindOf))];
  const filters = [
    ...request.leading,
    ...soundFilters(request.processing, audio, isSeparateDevice(request)),
  ].join(',');
  return kinds.map((kind, index) => {
    const isCopied = kind === 'copy';
    const from = `${request.source.audioOpening}:a:${audio.position}`;
    const label = `sound${index}`;
    const branch = isPictureDrawn && !isCopied ? { label, chain: `[${label}]${filters}[a${index}]` } : null;
    const mapped = branch === null ? ['-map', from] : ['-map', `[a${index}]`];
    return {
      pipe: renditions.length + index,
      users: renditions.filter((user) => kindOf(user) === kind).map(({ id }) => id),
      args: [...mapped, ...(isCopied ? copyArgs : encodeArgs(kind, branch === null ? filters : null))],
      isCopied,
      branch,
    };
  });
}

function encodeArgs(bitrateKbps: string, filters: string | null): string[] {
  const rate = ['-c:a', 'aac', '-b:a', `${bitrateKbps}k`, '-ar', `${SAMPLE_RATE_HZ}`, '-ac', '2'];
  return filters === null ? rate : ['-af', filters, ...rate];
}

function isSeparateDevice({ source }: SoundRequest): boolean {
  return source.audioOpening !== source.videoOpening;
}

/** Whether the steps leave anything to hear. */
export function isMuted(steps: readonly ProcessingStep[]): boolean {
  return steps.some((step) => step.type === 'audio' && step.mute);
}

/** By how much later than the picture the sound comes out of its filters. */
export function soundLatencyMs(steps: readonly ProcessingStep[]): number {
  return steps.some((step) => step.type === 'audio' && step.loudness) ? LOUDNESS_LATENCY_MS : 0;
}

/**
 * @param followsTimestamps true when sound and picture come from two clocks: the sound is then stretched to follow its
 * timestamps; otherwise only gaps are filled and overlaps cut.
 */
function soundFilters(
  steps: readonly ProcessingStep[],
  audio: AudioProbe,
  followsTimestamps: boolean,
): string[] {
  const audioSteps = steps.filter((step): step is AudioStep => step.type === 'audio');
  return [
    ...(audio.channels > 2 ? ['aformat=channel_layouts=stereo'] : []),
    ...audioSteps.flatMap((step) => [
      ...(step.gainDb === 0 ? [] : [`volume=${step.gainDb}dB`]),
      ...(step.delayMs === 0 ? [] : [`adelay=delays=${step.delayMs}:all=1`]),
      ...(step.loudness ? ['loudnorm=I=-16:TP=-1.5:LRA=11'] : []),
    ]),
    `aresample=${SAMPLE_RATE_HZ}:async=${followsTimestamps ? 1000 : 1}`,
    'aformat=sample_fmts=fltp:channel_layouts=stereo',
  ];
}
