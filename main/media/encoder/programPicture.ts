import type { VideoProbe } from '../ffmpeg/mediaProbe.ts';
import type { EncoderPlanRequest } from './encoderPlan.ts';
import { fpsText, type Size } from './geometry.ts';
import { buildPictureChain, type PictureChain } from './pictureChain.ts';
import { defaultFps } from './renditionPlan.ts';
import { soundPictureChains, soundPictureVideo } from './soundPicture.ts';
import { textPath } from './textFiles.ts';

/** The program before it is split into renditions. */
export interface ProgramPicture {
  /** What is decoded, or what will be drawn in the place of a picture. */
  readonly video: VideoProbe;
  readonly fps: number;
  readonly chain: PictureChain;
  /** What must stand before the chain in the graph; `soundLabels` are those under which the sound is wanted as well. */
  readonly leadingChains: (soundLabels: readonly string[]) => string[];
}

const SOUND_PICTURE_FPS = 25;
const soundPictureSize: Size = { width: 1280, height: 720 };

export function programPicture(
  request: EncoderPlanRequest,
  copiesFirst: boolean,
  leading: readonly string[],
): ProgramPicture {
  const { probe, source, processing, renditions, abilities } = request;
  const video = probe.video ?? drawnPicture(request);
  const fps = programFps(video, renditions.slice(copiesFirst ? 1 : 0));
  const chain = buildPictureChain({
    from: probe.video === null ? 'wave' : `${source.videoOpening}:v:${video.position}`,
    video,
    fps,
    steps: processing,
    leading,
    abilities,
    hasSteadySize: source.hasSteadySize || probe.video === null,
    ...(source.crop === undefined ? {} : { crop: source.crop }),
    imageLabel: (watermark: number): string => `${source.openings.length + watermark}:v:0`,
    textPath: (text: number): string => textPath(request.textFolder, text),
  });
  const sound = `${source.audioOpening}:a:${probe.audio?.position ?? 0}`;
  return {
    video,
    fps,
    chain,
    leadingChains: (soundLabels: readonly string[]): string[] =>
      probe.video === null ? soundPictureChains(sound, video, fpsText(fps), soundLabels) : [],
  };
}

function drawnPicture({ renditions }: EncoderPlanRequest): VideoProbe {
  const { width, height, fps } = renditions[0]?.request ?? {};
  const size = width === undefined || height === undefined ? soundPictureSize : { width, height };
  return soundPictureVideo(size, fps ?? SOUND_PICTURE_FPS);
}

/** The highest rate that any rendition needs; the others leave pictures out. */
function programFps(video: VideoProbe, renditions: EncoderPlanRequest['renditions']): number {
  const rates = renditions.map(({ request }) => request.fps ?? defaultFps(video.fps));
  return rates.length === 0 ? defaultFps(video.fps) : Math.max(...rates);
}
