/**
 * The part of the filter graph that all renditions share: from the decoded picture to the program, step by step in the
 * order in which the user put them. Pure. It keeps account of the size after each step, so that nothing is left to
 * expressions and a step that cannot fit is refused before anything starts.
 */
import { StreamwareError } from '../../contract/errors.ts';
import type { ProcessingStep } from '../../contract/processing.ts';
import type { FfmpegAbilities } from '../ffmpeg/abilities.ts';
import type { VideoProbe } from '../ffmpeg/mediaProbe.ts';
import { isHdr, isRgb, needsConversion, outputColour, TONE_MAPPING } from './colour.ts';
import { evenSize, fpsText, hasSameShape, limitedSize, type Size } from './geometry.ts';
import { assertColour, clockFilter, textFilter, watermarkChains } from './overlayFilters.ts';

export interface PictureChainRequest {
  /** Label or stream of the decoded picture, such as `0:v:0`. */
  readonly from: string;
  readonly video: VideoProbe;
  readonly fps: number;
  /** First filters, see pacing.ts. */
  readonly leading: readonly string[];
  readonly steps: readonly ProcessingStep[];
  readonly abilities: FfmpegAbilities;
  readonly hasSteadySize: boolean;
  /** Cut out first. */
  readonly crop?: Size & { readonly x: number; readonly y: number };
  /** Label of the picture of the n-th watermark step. */
  readonly imageLabel: (watermark: number) => string;
  /** Path of the file with the words of the n-th text step. */
  readonly textPath: (text: number) => string;
}

export interface PictureChain {
  /** Filter chains, to be joined by `;`. */
  readonly chains: readonly string[];
  /** Label of the program. */
  readonly out: string;
  readonly size: Size;
  readonly notices: readonly string[];
}

export function buildPictureChain(request: PictureChainRequest): PictureChain {
  const builder = new ChainBuilder(request);
  builder.begin();
  for (const [index, step] of request.steps.entries()) builder.step(step, `processing.${index}`);
  return builder.finish();
}

class ChainBuilder {
  readonly #request: PictureChainRequest;
  readonly #chains: string[] = [];
  readonly #notices: string[] = [];
  #filters: string[] = [];
  #from: string;
  #size: Size;
  #watermarks = 0;
  #texts = 0;

  constructor(request: PictureChainRequest) {
    this.#request = request;
    this.#from = request.from;
    const { codedWidth, codedHeight, rotationDegrees } = request.video;
    // ffmpeg turns the picture upright before the first filter.
    const isTurned = rotationDegrees % 180 !== 0;
    this.#size = isTurned
      ? { width: codedHeight, height: codedWidth }
      : { width: codedWidth, height: codedHeight };
  }

  /** Deinterlacing comes before anything that moves lines, the frame rate before anything that costs per picture. */
  begin(): void {
    const { video, steps, crop, fps, leading } = this.#request;
    for (const filter of leading) this.#add(filter);
    if (steps.some(({ type }) => type === 'deinterlace')) this.#add(this.#deinterlacer());
    else if (video.isInterlaced)
      this.#notices.push('The picture is interlaced: a "deinterlace" step would make it smoother.');
    this.#add(`fps=${fpsText(fps)}`);
    if (crop !== undefined) this.#cropTo(crop, crop.x, crop.y);
    this.#toSquarePixels();
    this.#toStandardColours();
    const even = evenSize(this.#size);
    if (even.width !== this.#size.width || even.height !== this.#size.height) {
      this.#notices.push(
        `The size ${this.#size.width}x${this.#size.height} is made even: ${even.width}x${even.height}.`,
      );
      this.#cropTo(even, 0, 0);
    }
  }

  #toSquarePixels(): void {
    const { video, hasSteadySize } = this.#request;
    const shown = evenSize({ width: video.width, height: video.height });
    if (!hasSteadySize) {
      this.#add('scale=iw*sar:ih');
      this.#size = { width: video.width, height: video.height };
      this.#scaleTo(shown, 'contain', 'black');
    } else if (video.sampleAspect !== 1) {
      this.#scaleTo(shown, 'stretch', 'black');
    }
  }

  step(step: ProcessingStep, field: string): void {
    switch (step.type) {
      case 'transcode':
      case 'copy':
      case 'audio':
      case 'deinterlace':
        return; // Not a matter of this chain, or done at its beginning.
      case 'scale':
        this.#scaleTo(evenSize(step), step.fit, 'black');
        return;
      case 'crop':
        this.#crop(step, field);
        return;
      case 'pad':
        assertColour(step.color, `${field}.color`, this.#request.abilities);
        this.#scaleTo(evenSize(step), 'pad', step.color);
        return;
      case 'watermark':
        this.#watermark(step);
        return;
      case 'text':
      case 'clock':
        this.#write(step, field);
        return;
    }
  }

  finish(): PictureChain {
    this.#close('program');
    return { chains: this.#chains, out: 'program', size: this.#size, notices: this.#notices };
  }

  #add(filter: string): void {
    this.#filters.push(filter);
  }

  /** Ends the chain under a label, from which the next one begins. */
  #close(label: string): void {
    this.#chains.push(
      `[${this.#from}]${this.#filters.length === 0 ? 'null' : this.#filters.join(',')}[${label}]`,
    );
    this.#filters = [];
    this.#from = label;
  }

  #deinterlacer(): string {
    const filter = this.#request.abilities.filters.has('bwdif') ? 'bwdif' : 'yadif';
    return `${filter}=mode=send_frame:deint=${this.#request.video.isInterlaced ? 'interlaced' : 'all'}`;
  }

  /** To 8-bit 4:2:0 of limited range, once and before anything is drawn. */
  #toStandardColours(): void {
    const { video, abilities } = this.#request;
    if (isHdr(video)) {
      this.#scaleTo(limitedSize(this.#size), 'contain', 'black');
      const canMap = abilities.filters.has('zscale') && abilities.filters.has('tonemap');
      this.#notices.push(
        canMap
          ? 'The picture has a high dynamic range (HDR): it is converted to an ordinary one.'
          : 'The picture has a high dynamic range (HDR), which this ffmpeg cannot convert: colours will look pale.',
      );
      if (canMap) this.#add(TONE_MAPPING);
      return;
    }
    if (needsConversion(video)) {
      const flags = isRgb(video.pixelFormat) ? ':flags=bicubic+accurate_rnd' : '';
      this.#add(`scale=out_color_matrix=${outputColour(video)}:out_range=tv${flags}`);
    }
    if (video.pixelFormat !== 'yuv420p') this.#add('format=yuv420p');
  }

  #cropTo(size: Size, x: number, y: number): void {
    this.#add(`crop=${size.width}:${size.height}:${x}:${y}`);
    this.#size = { width: size.width, height: size.height };
  }

  #crop(step: Extract<ProcessingStep, { type: 'crop' }>, field: string): void {
    const { x, y, width, height } = step;
    if (x + width > this.#size.width || y + height > this.#size.height) {
      throw new StreamwareError('request.invalid', {
        field,
        detail: `The part to cut out reaches beyond the picture, which is ${this.#size.width}x${this.#size.height} here.`,
        hint: 'Make it smaller, or move it.',
      });
    }
    this.#cropTo(evenSize({ width, height }), x, y);
  }

  #scaleTo(target: Size, fit: 'contain' | 'cover' | 'stretch' | 'pad', color: string): void {
    this.#filters.push(...fitFilters(this.#size, target, fit, color, this.#request.hasSteadySize));
    this.#size = target;
  }

  #watermark(step: Extract<ProcessingStep, { type: 'watermark' }>): void {
    const number = this.#watermarks++;
    this.#close(`under${number}`);
    const out = `marked${number}`;
    const labels = { base: this.#from, image: this.#request.imageLabel(number), out };
    this.#chains.push(...watermarkChains(step, this.#size, labels));
    this.#from = out;
  }

  #write(step: Extract<ProcessingStep, { type: 'text' | 'clock' }>, field: string): void {
    const { abilities, textPath } = this.#request;
    assertColour(step.color, `${field}.color`, abilities);
    if (abilities.font === null) {
      this.#notices.push('This ffmpeg cannot draw text: it is left out.');
      return;
    }
    this.#add(
      step.type === 'text'
        ? textFilter(step, textPath(this.#texts++), this.#size, abilities.font)
        : clockFilter(step, this.#size, abilities.font),
    );
  }
}

/**
 * From one size to another. `contain` keeps the shape and adds bars, `cover` keeps it and cuts, `stretch` does not keep
 * it, `pad` never enlarges. Sources that may change their size while they run get the forms that ffmpeg works out anew.
 */
export function fitFilters(
  from: Size,
  to: Size,
  fit: 'contain' | 'cover' | 'stretch' | 'pad',
  color: string,
  hasSteadySize: boolean,
): string[] {
  const { width, height } = to;
  const isEqual = from.width === width && from.height === height;
  if (isEqual && hasSteadySize) return [];
  if (fit === 'pad' && from.width <= width && from.height <= height && hasSteadySize) {
    return [`pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:color=${color}`];
  }
  if (fit === 'stretch' || (hasSameShape(from, to) && hasSteadySize)) {
    return [`scale=${width}:${height}`, 'setsar=1'];
  }
  if (fit === 'cover') {
    return [
      `scale=${width}:${height}:force_original_aspect_ratio=increase`,
      `crop=${width}:${height}`,
      'setsar=1',
    ];
  }
  const bars = `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:color=${color}`;
  return [`scale=${width}:${height}:force_original_aspect_ratio=decrease`, bars, 'setsar=1'];
}
