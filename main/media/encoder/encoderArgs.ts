/** The parts of the command line. Pure; what they are made from is decided in encoderPlan.ts. */
import { words } from '../ffmpeg/args.ts';
import { fileUrl } from '../inputs/fileInput.ts';
import type { InputSource } from '../inputs/inputSource.ts';
import { colourTags, outputColour } from './colour.ts';
import { fpsText } from './geometry.ts';
import type { Pacing } from './pacing.ts';
import { fitFilters } from './pictureChain.ts';
import type { ProgramPicture } from './programPicture.ts';
import type { DecidedRendition } from './renditionPlan.ts';
import type { SoundPipe } from './soundChain.ts';
import { keyFrameArgs } from './videoEncoders.ts';
import type { WatermarkImage } from './watermarkImages.ts';

/** Devices of the encoders, each once. */
export function globalArgs(renditions: readonly DecidedRendition[]): string[] {
  const lists = new Map(
    renditions.map(({ encoder }) => [encoder?.globalArgs.join(' ') ?? '', encoder?.globalArgs ?? []]),
  );
  return [...lists.values()].flat();
}

/** The inputs, then the pictures of watermarks. */
export function inputArgs(
  request: { readonly source: InputSource; readonly images: readonly WatermarkImage[] },
  pace: Pacing,
): string[] {
  return [
    ...request.source.openings.flatMap(({ options, readOptions = [], url }) => [
      ...[...pace.args, ...options, ...readOptions, '-i', url],
    ]),
    ...request.images.flatMap(({ path, format }) => [
      ...['-protocol_whitelist', 'file', '-f', format],
      ...(format === 'gif' ? ['-ignore_loop', '0'] : []),
      ...['-i', fileUrl(path)],
    ]),
  ];
}

/** From the program to what each encoder takes. Nothing when everything is passed through. */
export function graphArgs(
  picture: ProgramPicture,
  renditions: readonly DecidedRendition[],
  soundPipes: readonly SoundPipe[],
): string[] {
  const encoded = renditions.flatMap((rendition, index) =>
    rendition.encoder === null ? [] : [{ rendition, index }],
  );
  if (encoded.length === 0) return [];
  const { out } = picture.chain;
  const split =
    encoded.length === 1
      ? []
      : [`[${out}]split=${encoded.length}${encoded.map(({ index }) => `[p${index}]`).join('')}`];
  const chains = [
    ...picture.leadingChains(soundPipes.flatMap(({ branch }) => (branch === null ? [] : [branch.label]))),
    ...soundPipes.flatMap(({ branch }) => (branch === null ? [] : [branch.chain])),
    ...picture.chain.chains,
    ...split,
    ...encoded.map(({ rendition, index }) =>
      renditionChain(picture, rendition, encoded.length === 1 ? out : `p${index}`, index),
    ),
  ];
  return ['-filter_complex', chains.join(';')];
}

function renditionChain(
  picture: ProgramPicture,
  rendition: DecidedRendition,
  from: string,
  index: number,
): string {
  const { settings, encoder } = rendition;
  const filters = [
    ...(settings.fps === picture.fps ? [] : [`fps=${fpsText(settings.fps)}`]),
    ...fitFilters(picture.chain.size, settings, 'contain', 'black', true),
    'setsar=1',
    colourTags(outputColour(picture.video)),
    encoder?.filterTail ?? 'null',
  ];
  return `[${from}]${filters.join(',')}[v${index}]`;
}

export function videoArgs(
  source: InputSource,
  picture: ProgramPicture,
  { encoder, settings, videoPipe }: DecidedRendition & { readonly videoPipe: number },
): string[] {
  if (encoder === null) return ['-map', `${source.videoOpening}:v:${picture.video.position}`, '-c:v', 'copy'];
  return [
    ...['-map', `[v${videoPipe}]`, ...encoder.args(settings), ...keyFrameArgs(settings)],
    // The graph has made the rate constant already; a second regulator could only drop or double.
    ...words('-fps_mode passthrough'),
  ];
}

/** Each pipe is written packet by packet, with times that can be compared with those of the other pipes. */
export function muxArgs(pipe: number, offset: readonly string[]): string[] {
  return [
    ...words('-map_metadata -1 -map_chapters -1 -f flv -flvflags no_duration_filesize -flush_packets 1'),
    ...['-avoid_negative_ts', 'disabled', ...offset, `pipe:${3 + pipe}`],
  ];
}
