/**
 * Renders what the audience sees while the source is away: one group of pictures in exactly the format that the program
 * of the rendition has, so that switching between them changes no parameter set. Rendered once per content and format;
 * playing it is the relay's business, and so is the silence that goes with it.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { StreamwareError } from '../../contract/errors.ts';
import type { StreamConfig } from '../../contract/streams.ts';
import { type FfmpegAbilities, fontOption } from '../ffmpeg/abilities.ts';
import { filterValue, words } from '../ffmpeg/args.ts';
import type { FfmpegBinary } from '../ffmpeg/binary.ts';
import type { BriefRunContext } from '../ffmpeg/briefRun.ts';
import { type MediaJob, runJob } from '../ffmpeg/command.ts';
import { aacHeaderTag } from '../flv/aac.ts';
import { FlvReader } from '../flv/flvReader.ts';
import type { VideoTag } from '../flv/mediaTag.ts';
import { fileUrl } from '../inputs/fileInput.ts';
import type { InputOpening } from '../inputs/inputSource.ts';
import type { SlateClip } from '../relay/slateClip.ts';
import { colourTags } from './colour.ts';
import type { PlannedRendition } from './encoderPlan.ts';
import { fpsText, gopFrames } from './geometry.ts';
import { SAMPLE_RATE_HZ } from './soundChain.ts';
import { removeTextFolder, type TextFile, textPath, writeTextFile } from './textFiles.ts';
import { findVideoEncoder, keyFrameArgs, type VideoEncoder } from './videoEncoders.ts';
import { imageFile, type WatermarkImage } from './watermarkImages.ts';

/** What a slate must be like: a rendition of a plan, or as much of one. */
type SlateFormat = Pick<PlannedRendition, 'settings' | 'colour' | 'encoder'>;
type SlateContent = Pick<StreamConfig['slate'], 'text' | 'image'>;

export interface SlateRenderer {
  /** @throws `encoder.failed`, `file.not_found`, `file.path_refused` */
  render(format: SlateFormat, content: SlateContent): Promise<SlateClip>;
}

export interface SlateRendererOptions extends BriefRunContext {
  readonly findBinary: () => Promise<FfmpegBinary>;
  readonly abilities: () => Promise<FfmpegAbilities>;
  /** For the file with the words, while it is rendered. */
  readonly temporaryFolder: string;
}

const RENDER_TIMEOUT_MS = 30_000;
const MAX_REMEMBERED = 32;

export function createSlateRenderer(options: SlateRendererOptions): SlateRenderer {
  const known = new Map<string, Promise<SlateClip>>();
  return {
    render(format: SlateFormat, content: SlateContent): Promise<SlateClip> {
      const key = JSON.stringify([format.settings, format.colour, format.encoder?.name, content]);
      const remembered = known.get(key);
      if (remembered !== undefined) return remembered;
      const clip = render(options, format, content);
      known.set(key, clip);
      clip.catch(() => known.delete(key));
      const oldest = known.keys().next().value;
      if (known.size > MAX_REMEMBERED && oldest !== undefined) known.delete(oldest);
      return clip;
    },
  };
}

async function render(
  options: SlateRendererOptions,
  format: SlateFormat,
  content: SlateContent,
): Promise<SlateClip> {
  const [binary, abilities] = await Promise.all([options.findBinary(), options.abilities()]);
  const image = content.image === undefined ? null : await imageFile(content.image, 'slate.image');
  const folder = join(options.temporaryFolder, `slate-${randomBytes(6).toString('hex')}`);
  const lines = image === null ? wrapText(content.text, LINE_CHARS) : [];
  const files = lines.map((text, index) => ({ path: textPath(folder, index), text }));
  for (const file of files) await writeTextFile(file);
  try {
    const job = slateJob(format, { image, lines: files }, abilities);
    return toClip(await runJob(binary.ffmpegPath, job, options), format);
  } finally {
    await removeTextFolder(folder);
  }
}

const LINE_CHARS = 28;

/** Breaks a text at its blanks, and words that are longer than a line anywhere. */
export function wrapText(text: string, lineChars: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= lineChars)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(...(word.match(new RegExp(`.{1,${lineChars}}`, 'gsu')) ?? []));
  }
  return lines;
}

/** One group of pictures with the very arguments of the program's encoder. Pure. */
function slateJob(
  { settings, colour, encoder }: SlateFormat,
  picture: { readonly image: WatermarkImage | null; readonly lines: readonly TextFile[] },
  abilities: Pick<FfmpegAbilities, 'font' | 'filters'>,
): MediaJob {
  const used = encoder ?? slateEncoder();
  const input = picture.image === null ? groundInput(settings, abilities) : imageInput(picture.image);
  return {
    input: { url: input.url, options: [...used.globalArgs, ...input.options] },
    videoFilters: [
      ...(picture.image === null ? textFilters(settings, picture.lines, abilities) : imageFilters(settings)),
      `scale=out_color_matrix=${colour}:out_range=tv`,
      'format=yuv420p',
      'setsar=1',
      colourTags(colour),
      used.filterTail,
    ],
    outputOptions: [
      ...['-map', '0:v:0', '-frames:v', `${gopFrames(settings.fps, settings.keyFrameIntervalSeconds)}`],
      ...[...used.args(settings), ...keyFrameArgs(settings), ...words('-fps_mode passthrough')],
      ...words('-f flv -flvflags no_duration_filesize -avoid_negative_ts disabled -output_ts_offset 1'),
    ],
    timeoutMs: RENDER_TIMEOUT_MS,
  };
}

/** For a picture that is passed through: the encoder every ffmpeg worth using has. */
function slateEncoder(): VideoEncoder {
  const encoder = findVideoEncoder('libx264');
  if (encoder === null) throw new Error('libx264 is not in the table of encoders');
  return encoder;
}

function groundInput(
  { width, height, fps }: SlateFormat['settings'],
  abilities: Pick<FfmpegAbilities, 'filters'>,
): InputOpening {
  const size = `s=${width}x${height}:r=${fpsText(fps)}`;
  const ground = abilities.filters.has('gradients')
    ? `gradients=${size}:c0=0x0b132b:c1=0x27476e:x0=0:y0=0:x1=${width}:y1=${height}:n=2:seed=1`
    : `color=c=0x14213d:${size}`;
  const url = `${ground},trim=end_frame=1,loop=loop=-1:size=1,setpts=N/(${fpsText(fps)}*TB)`;
  return { options: ['-f', 'lavfi'], url };
}

/** Lines in the middle, as large as the longest of them and their number allow. */
function textFilters(
  { width, height }: SlateFormat['settings'],
  lines: readonly TextFile[],
  { font }: Pick<FfmpegAbilities, 'font'>,
): string[] {
  if (font === null) return [];
  const longest = Math.max(1, ...lines.map(({ text }) => text.length));
  const size = Math.round(
    Math.max(8, Math.min(height / 9, (width * 1.4) / longest, (height * 0.6) / lines.length)),
  );
  return lines.map(({ path }, index) => {
    const y = Math.round(height / 2 + (index - lines.length / 2) * size * 1.35);
    return `drawtext=${fontOption(font)}:textfile=${filterValue(path)}:expansion=none:fontcolor=white:fontsize=${size}:x=(w-text_w)/2:y=${y}`;
  });
}

function imageInput(image: WatermarkImage): InputOpening {
  return { options: ['-protocol_whitelist', 'file', '-f', image.format], url: fileUrl(image.path) };
}

/** The whole picture, as large as it fits, on black. */
function imageFilters({ width, height, fps }: SlateFormat['settings']): string[] {
  return [
    `scale=${width}:${height}:force_original_aspect_ratio=decrease`,
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`,
    `loop=loop=-1:size=1,setpts=N/(${fpsText(fps)}*TB),fps=${fpsText(fps)}`,
  ];
}

function toClip(flv: Buffer, { settings }: SlateFormat): SlateClip {
  let videoHeader: VideoTag | null = null;
  const frames: VideoTag[] = [];
  const reader = new FlvReader((tag) => {
    if (tag.kind !== 'video') return;
    if (tag.frame === 'header') videoHeader ??= { ...tag, timestampMs: 0 };
    else frames.push(tag);
  });
  reader.push(flv);
  const first = frames[0];
  if (videoHeader === null || first?.frame !== 'key') {
    throw new StreamwareError('encoder.failed', { detail: 'The slate has no key frame.' });
  }
  const { fps, keyFrameIntervalSeconds } = settings;
  return {
    videoHeader,
    audioHeader: aacHeaderTag(SAMPLE_RATE_HZ, 2, 0),
    frames: frames.map((tag) => ({ ...tag, timestampMs: tag.timestampMs - first.timestampMs })),
    durationMs: Math.round((gopFrames(fps, keyFrameIntervalSeconds) * 1000) / fps),
  };
}
