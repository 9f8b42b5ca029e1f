/** The steps that draw onto the picture: watermark, text, clock. Pure; text itself never becomes part of a filter. */
import { StreamwareError } from '../../contract/errors.ts';
import type { ProcessingStep } from '../../contract/processing.ts';
import { type FfmpegAbilities, fontOption } from '../ffmpeg/abilities.ts';
import { filterValue } from '../ffmpeg/args.ts';
import type { Size } from './geometry.ts';

type Step<Type extends ProcessingStep['type']> = Extract<ProcessingStep, { type: Type }>;
type Corner = Step<'text'>['position'];

/** Where a box of the filter's own size goes. `W`, `H` are names of the frame's size, `w`, `h` of the box's. */
function place(
  corner: Corner,
  margin: number,
  names: readonly [W: string, H: string, w: string, h: string],
): string {
  const [W, H, w, h] = names;
  const x = corner.endsWith('left')
    ? `${margin}`
    : corner.endsWith('right')
      ? `${W}-${w}-${margin}`
      : `(${W}-${w})/2`;
  const y = corner.startsWith('top')
    ? `${margin}`
    : corner.startsWith('bottom')
      ? `${H}-${h}-${margin}`
      : `(${H}-${h})/2`;
  return `x=${x}:y=${y}`;
}

/** The picture `image` made ready and laid over `base`: two filter chains. */
export function watermarkChains(
  step: Step<'watermark'>,
  size: Size,
  labels: { base: string; image: string; out: string },
): string[] {
  const ready = `${labels.out}mark`;
  const width =
    step.widthPercent === undefined ? null : Math.max(2, Math.round((size.width * step.widthPercent) / 100));
  const scale = width === null ? `scale=w='min(iw,${size.width})':h=-1` : `scale=w=${width}:h=-1`;
  const opacity = step.opacity < 1 ? `,colorchannelmixer=aa=${step.opacity}` : '';
  return [
    `[${labels.image}]format=rgba,${scale}${opacity}[${ready}]`,
    `[${labels.base}][${ready}]overlay=${place(step.position, step.marginPx, ['W', 'H', 'w', 'h'])}:eof_action=repeat[${labels.out}]`,
  ];
}

/**
 * Text from a file that is read again for every picture: it can be changed while it is on the air, and whatever it says
 * is only ever shown, never understood.
 */
export function textFilter(
  step: Step<'text'>,
  path: string,
  size: Size,
  font: NonNullable<FfmpegAbilities['font']>,
): string {
  const box = step.box ? `:box=1:boxcolor=black@0.5:boxborderw=${Math.round(step.fontSizePx / 4)}` : '';
  return `drawtext=${fontOption(font)}:textfile=${filterValue(path)}:reload=1:expansion=none:${look(step, size)}${box}`;
}

export function clockFilter(
  step: Step<'clock'>,
  size: Size,
  font: NonNullable<FfmpegAbilities['font']>,
): string {
  return `drawtext=${fontOption(font)}:text='%{localtime\\:%T}':${look(step, size)}:box=1:boxcolor=black@0.5:boxborderw=${Math.round(step.fontSizePx / 4)}`;
}

function look(step: Step<'text'> | Step<'clock'>, size: Size): string {
  const margin = Math.round(size.height / 30) + Math.round(step.fontSizePx / 4);
  return `fontcolor=${step.color}:fontsize=${step.fontSizePx}:${place(step.position, margin, ['w', 'h', 'text_w', 'text_h'])}`;
}

/** ffmpeg knows about 140 names; one it does not know would end the encode. */
export function assertColour(
  color: string,
  field: string,
  abilities: Pick<FfmpegAbilities, 'colours'>,
): void {
  if (color.startsWith('#') || abilities.colours.has(color.toLowerCase())) return;
  throw new StreamwareError('request.invalid', {
    field,
    detail: `There is no colour called ${color}.`,
    hint: 'Use a name such as white or gold, or a value such as #ffcc00.',
  });
}
