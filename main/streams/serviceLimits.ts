/**
 * What a service takes, held against what an encode gives; and which destinations can therefore share one.
 * Pure functions over the catalogue. Every finding comes with the sentence for the user and the cure.
 */
import type { Service } from '../contract/destinations.ts';
import { StreamwareError } from '../contract/errors.ts';
import type { RenditionRequest } from '../contract/processing.ts';

/** An encode as far as it is known; what is left out is not judged. */
export type JudgedRendition = Pick<
  RenditionRequest,
  'codec' | 'width' | 'height' | 'fps' | 'bitrateKbps' | 'audioBitrateKbps'
> & { keyFrameIntervalSeconds?: number | undefined };

export interface LimitProblem {
  readonly field: keyof JudgedRendition;
  /** `error`: the service would refuse or break the stream. `warning`: it works, and is not what the service asks for. */
  readonly severity: 'error' | 'warning';
  readonly value: number | string;
  readonly limit: number | string;
  readonly message: string;
  readonly cure: string;
}

/** What the service would not take, the worst first. Empty when all is well. */
export function validateAgainstService(rendition: JudgedRendition, service: Service): LimitProblem[] {
  const problems = [
    codecProblem(rendition, service),
    ...ceilings(rendition, service),
    orientationProblem(rendition, service),
    ...bitrateProblems(rendition, service),
  ].filter((problem) => problem !== null);
  return problems.sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
}

/** A finding as an error of the registry. @param prefix path of the rendition, such as `output.0.rendition.` */
export function limitError(
  problem: Pick<LimitProblem, 'field' | 'message' | 'cure'>,
  prefix = '',
): StreamwareError {
  const { field, message, cure } = problem;
  const code = field === 'codec' ? 'destination.codec_unsupported' : 'output.limits_exceeded';
  return new StreamwareError(code, { field: prefix + field, detail: message, hint: cure });
}

function codecProblem({ codec }: JudgedRendition, service: Service): LimitProblem | null {
  if (codec === undefined || service.videoCodecs.includes(codec)) return null;
  const limit = service.videoCodecs.join(', ');
  return {
    field: 'codec',
    severity: 'error',
    value: codec,
    limit,
    message: `${service.name} does not take ${codec}, only ${limit}.`,
    cure: `Encode to ${service.videoCodecs[0]} for it.`,
  };
}

type CeilingField = 'bitrateKbps' | 'audioBitrateKbps' | 'fps' | 'height' | 'keyFrameIntervalSeconds';

function ceilings(rendition: JudgedRendition, service: Service): (LimitProblem | null)[] {
  const ceiling = (
    field: CeilingField,
    value: number | undefined,
    limit: number | undefined,
    inWords: (amount: number) => string,
  ): LimitProblem | null => {
    if (value === undefined || limit === undefined || value <= limit) return null;
    const message = `${service.name} takes at most ${inWords(limit)}, this has ${inWords(value)}.`;
    return { field, severity: 'error', value, limit, message, cure: `Lower it to ${inWords(limit)}.` };
  };
  const kbps = (amount: number): string => `${amount} kbit/s`;
  return [
    ceiling('bitrateKbps', rendition.bitrateKbps, service.maxVideoBitrateKbps, kbps),
    ceiling(
      'audioBitrateKbps',
      rendition.audioBitrateKbps,
      service.maxAudioBitrateKbps,
      (amount) => `${amount} kbit/s of sound`,
    ),
    ceiling('fps', rendition.fps, service.maxFps, (amount) => `${amount} frames per second`),
    ceiling('height', shortSide(rendition), service.maxHeight, (amount) => `${amount}p`),
    ceiling(
      'keyFrameIntervalSeconds',
      rendition.keyFrameIntervalSeconds,
      service.keyFrameIntervalSeconds?.max,
      (amount) => `${amount} s between key frames`,
    ),
  ];
}

function orientationProblem({ width, height }: JudgedRendition, service: Service): LimitProblem | null {
  if (width === undefined || height === undefined || service.orientation === 'any' || width === height)
    return null;
  const isPortrait = height > width;
  if (isPortrait === (service.orientation === 'portrait')) return null;
  const wanted = service.orientation === 'portrait' ? 'upright' : 'wide';
  return {
    field: 'width',
    severity: 'warning',
    value: `${width}x${height}`,
    limit: `${height}x${width}`,
    message: `${service.name} shows ${wanted} pictures; ${width} × ${height} gets bars around it.`,
    cure: `Give it an encode of its own of ${height} × ${width}.`,
  };
}

/** Whether the bitrate fits the size and rate, by the service's own table. The row for it is the smallest that is not smaller than the encode. */
export function bitrateProblems(rendition: JudgedRendition, service: Service): LimitProblem[] {
  const { bitrateKbps, fps = 30, codec = 'h264' } = rendition;
  const side = shortSide(rendition);
  if (bitrateKbps === undefined || side === undefined) return [];
  if (service.maxVideoBitrateKbps !== undefined && bitrateKbps > service.maxVideoBitrateKbps) return [];
  const [row] = service.bitrates
    .filter((entry) => entry.codec === codec && entry.height >= side && entry.fps >= Math.floor(fps))
    .sort((a, b) => a.height - b.height || a.fps - b.fps);
  if (!row) return [];
  const size = `${row.height}p${row.fps}`;
  const problem = (limit: number, words: string, cure: string): LimitProblem => ({
    field: 'bitrateKbps',
    severity: 'warning',
    value: bitrateKbps,
    limit,
    message: `${service.name} asks for ${words} ${limit} kbit/s at ${size}, this has ${bitrateKbps} kbit/s.`,
    cure,
  });
  if (row.maxKbps !== undefined && bitrateKbps > row.maxKbps) {
    return [problem(row.maxKbps, 'at most', `Lower it to ${row.maxKbps} kbit/s, or raise the size.`)];
  }
  if (row.minKbps !== undefined && bitrateKbps < row.minKbps) {
    return [
      problem(row.minKbps, 'at least', `Raise it to ${row.minKbps} kbit/s, or make the picture smaller.`),
    ];
  }
  return [];
}

/** 1080 for 1920 × 1080 and for 1080 × 1920. */
function shortSide({ width, height }: JudgedRendition): number | undefined {
  return width === undefined || height === undefined ? height : Math.min(width, height);
}
