import { z } from 'zod';
import { type MediaProbe, type RawStream, toMediaProbe } from './mediaProbe.ts';

const text = z.string().optional().catch(undefined);
const number = z.coerce.number().optional().catch(undefined);

const streamSchema = z.object({
  codec_type: text,
  codec_name: text,
  profile: text,
  width: number,
  height: number,
  sample_aspect_ratio: text,
  r_frame_rate: text,
  avg_frame_rate: text,
  field_order: text,
  pix_fmt: text,
  color_space: text,
  color_primaries: text,
  color_transfer: text,
  color_range: text,
  sample_rate: number,
  channels: number,
  start_time: number,
  bit_rate: number,
  disposition: z.object({ default: number, attached_pic: number }).optional().catch(undefined),
  side_data_list: z
    .array(z.object({ rotation: number }))
    .optional()
    .catch(undefined),
});

const outputSchema = z.object({
  streams: z.array(streamSchema).default([]),
  format: z.object({ format_name: text, duration: number, start_time: number }).default({}),
});

/** Reads `ffprobe -of json -show_format -show_streams`; null when it is not that. */
export function parseProbeJson(output: string): MediaProbe | null {
  let data: unknown;
  try {
    data = JSON.parse(output);
  } catch {
    return null; // Cut off, or not JSON at all.
  }
  const parsed = outputSchema.safeParse(data);
  if (!parsed.success) return null;
  const { format, streams } = parsed.data;
  return toMediaProbe(
    {
      name: format.format_name ?? 'unknown',
      durationSeconds: positive(format.duration),
      startSeconds: format.start_time ?? null,
    },
    streams.map(toRawStream),
  );
}

function toRawStream(stream: z.output<typeof streamSchema>): RawStream {
  const { codec_type: kind } = stream;
  return {
    kind: kind === 'video' || kind === 'audio' ? kind : 'other',
    codec: stream.codec_name === undefined || stream.codec_name === 'unknown' ? null : stream.codec_name,
    profile: stream.profile ?? null,
    width: stream.width ?? null,
    height: stream.height ?? null,
    sampleAspect: ratio(stream.sample_aspect_ratio, ':'),
    rotation: stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0,
    baseFps: ratio(stream.r_frame_rate, '/'),
    averageFps: ratio(stream.avg_frame_rate, '/'),
    isInterlaced: ['tt', 'bb', 'tb', 'bt'].includes(stream.field_order ?? ''),
    pixelFormat: stream.pix_fmt ?? null,
    colour: {
      space: known(stream.color_space),
      primaries: known(stream.color_primaries),
      transfer: known(stream.color_transfer),
      range: known(stream.color_range),
    },
    sampleRateHz: stream.sample_rate ?? null,
    channels: stream.channels ?? null,
    startSeconds: stream.start_time ?? null,
    bitrateKbps: stream.bit_rate === undefined ? null : stream.bit_rate / 1000,
    isDefault: stream.disposition?.default === 1,
    isCoverPicture: stream.disposition?.attached_pic === 1,
  };
}

function ratio(value: string | undefined, separator: string): number | null {
  const [above, below] = (value ?? '').split(separator).map(Number);
  if (above === undefined || below === undefined || !(above > 0) || !(below > 0)) return null;
  return above / below;
}

function known(value: string | undefined): string | null {
  return value === undefined || value === 'unknown' || value === 'reserved' ? null : value;
}

function positive(value: number | undefined): number | null {
  return value !== undefined && value > 0 ? value : null;
}
