import { StreamwareError } from '../contract/errors.ts';
import type { RenditionRequest } from '../contract/processing.ts';
import type { QualityRequest } from '../contract/streams.ts';
import { definedOnly } from './renditions.ts';

/** Below this a 360p picture falls apart. */
const BITRATE_FLOOR_KBPS = 300;
const STEP_DOWN = 0.75;

/**
 * The rendition after a quality request. An empty request means "make it lighter": a quarter less bitrate,
 * rounded to 50 kbit/s, down to 300 kbit/s.
 * @throws `stream.quality_unchanged` when it is at the floor already.
 */
export function nextQuality(
  current: RenditionRequest & { bitrateKbps: number },
  request: QualityRequest,
): RenditionRequest {
  const wish = definedOnly(request);
  if (Object.keys(wish).length > 0) return { ...current, ...wish };
  const bitrateKbps = Math.max(BITRATE_FLOOR_KBPS, Math.round((current.bitrateKbps * STEP_DOWN) / 50) * 50);
  if (bitrateKbps >= current.bitrateKbps) throw new StreamwareError('stream.quality_unchanged');
  return { ...current, bitrateKbps };
}
