import type { RenditionRequest } from '../contract/processing.ts';
import type { StreamConfig } from '../contract/streams.ts';
import { definedOnly } from './renditions.ts';

/** The configuration with the program's rendition written into its last `transcode` step, which is added when there is none. */
export function withMainRendition(config: StreamConfig, rendition: RenditionRequest): StreamConfig {
  const last = config.processing.findLastIndex(({ type }) => type === 'transcode');
  const wish = definedOnly(rendition);
  if (last < 0) return { ...config, processing: [...config.processing, { type: 'transcode', ...wish }] };
  const processing = config.processing.map((step, index) =>
    index === last && step.type === 'transcode' ? { ...step, ...wish } : step,
  );
  return { ...config, processing };
}
