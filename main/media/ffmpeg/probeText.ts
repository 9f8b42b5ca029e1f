/**
 * The same from what `ffmpeg -i` prints, for installations that have ffmpeg but no ffprobe (the package ffmpeg-static
 * ships only the first). The layout of these lines has not changed from version 4 to 8.
 */
import { type MediaProbe, type RawStream, toMediaProbe } from './mediaProbe.ts';

const INPUT = /^Input #0, (?<name>.+), from '/m;
const DURATION =
  /^ {2}Duration: (?:(?<hours>\d+):(?<minutes>\d\d):(?<seconds>[\d.]+)|N\/A)(?:, start: (?<start>-?[\d.]+))?/m;
const STREAM =
  /^ {2}Stream #0:\d+(?:\[0x[0-9a-f]+\])?(?:\(\w+\))?: (?<kind>Video|Audio|[A-Z]\w+): (?<rest>.*)$/;
const ROTATION = /^ {6,10}displaymatrix: rotation of (?<degrees>-?[\d.]+) degrees/;

/** Reads the report on input 0; null when there is none. */
export function parseProbeText(report: string): MediaProbe | null {
  const name = INPUT.exec(report)?.groups?.name;
  if (name === undefined) return null;
  const duration = DURATION.exec(report)?.groups;
  const durationSeconds =
    duration?.hours === undefined
      ? null
      : Number(duration.hours) * 3600 + Number(duration.minutes) * 60 + Number(duration.seconds);
  const startSeconds = duration?.start === undefined ? null : Number(duration.start);
  return toMediaProbe({ name, durationSeconds, startSeconds }, readStreams(report));
}

function readStreams(report: string): RawStream[] {
  const streams: RawStream[] = [];
  for (const line of report.split(/\r?\n/)) {
    const stream = STREAM.exec(line)?.groups;
    if (stream !== undefined) streams.push(toRawStream(stream.kind ?? '', stream.rest ?? ''));
    const rotation = ROTATION.exec(line)?.groups?.degrees;
    const last = streams.at(-1);
    if (rotation !== undefined && last !== undefined) {
      streams[streams.length - 1] = { ...last, rotation: Number(rotation) };
    }
  }
  return streams;
}

/** Such as `h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709, progressive), 640x360 [SAR 1:1 DAR 16:9], 500 kb/s, 25 fps, 25 tbr`. */
function toRawStream(kind: string, rest: string): RawStream {
  const codec = /^[\w.-]+/.exec(rest)?.[0] ?? null;
  const number = (pattern: RegExp): number | null => {
    const found = pattern.exec(rest)?.[1];
    return found === undefined ? null : scaled(found);
  };
  const common = {
    codec: codec === 'none' || codec === 'unknown' ? null : codec,
    profile: /^[\w.-]+ \(([^)/]+)\)/.exec(rest)?.[1] ?? null,
    bitrateKbps: number(/, (\d+) kb\/s/),
    isDefault: /\(default\)/.test(rest),
    isCoverPicture: /\(attached pic\)/.test(rest),
  };
  if (kind === 'Audio') {
    const layout = /\d+ Hz, ([^,]+)/.exec(rest)?.[1];
    return { ...common, kind: 'audio', sampleRateHz: number(/, (\d+) Hz/), channels: channelsOf(layout) };
  }
  if (kind !== 'Video') return { ...common, kind: 'other' };
  const size = /, (?<width>\d{1,5})x(?<height>\d{1,5})(?: \[SAR (?<x>\d+):(?<y>\d+))?/.exec(rest)?.groups;
  const pixels = /, (?<format>[a-z]\w*)\((?<notes>[^)]*)\)|, (?<plain>[a-z]\w*), \d/.exec(rest)?.groups;
  return {
    ...common,
    kind: 'video',
    width: size?.width === undefined ? null : Number(size.width),
    height: size?.height === undefined ? null : Number(size.height),
    sampleAspect: size?.x === undefined || Number(size.y) === 0 ? null : Number(size.x) / Number(size.y),
    averageFps: number(/, ([\d.]+k?) fps/),
    baseFps: number(/, ([\d.]+k?) tbr/),
    pixelFormat: pixels?.format ?? pixels?.plain ?? null,
    isInterlaced: /\b(?:top|bottom) (?:first|coded first)/.test(pixels?.notes ?? ''),
    colour: colourOf(pixels?.notes ?? ''),
  };
}

/** The notes behind the pixel format: range, then `space/primaries/transfer` or one name for all three. */
function colourOf(notes: string): RawStream['colour'] {
  const parts = notes.split(', ');
  const range = parts.find((part) => part === 'tv' || part === 'pc') ?? null;
  const names = parts.find((part) => /bt|smpte|gbr|arib|\//.test(part)) ?? '';
  const [space = null, primaries = space, transfer = space] = names === '' ? [] : names.split('/');
  const known = (name: string | null): string | null => (name === 'unknown' ? null : name);
  return { range, space: known(space), primaries: known(primaries), transfer: known(transfer) };
}

function channelsOf(layout: string | undefined): number | null {
  const named = { mono: 1, stereo: 2, '2.1': 3, quad: 4, '5.0': 5, '5.1': 6, '6.1': 7, '7.1': 8 } as const;
  const plain = layout?.replace(/\(.*$/, '').trim() ?? '';
  if (plain in named) return named[plain as keyof typeof named];
  const counted = /^(\d+) channels/.exec(plain)?.[1];
  return counted === undefined ? null : Number(counted);
}

/** ffmpeg shortens thousands: `90k tbr`. */
function scaled(text: string): number {
  return text.endsWith('k') ? Number(text.slice(0, -1)) * 1000 : Number(text);
}
