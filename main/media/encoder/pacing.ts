/** At what speed the input is read. Pure. */
import type { MediaProbe } from '../ffmpeg/mediaProbe.ts';
import { type FfmpegVersion, isAtLeast } from '../ffmpeg/version.ts';
import type { InputSource } from '../inputs/inputSource.ts';
import type { EncoderSettings } from './videoEncoders.ts';

export interface Pacing {
  /** Before `-i` of the paced input; empty when it is read as it comes. */
  readonly args: readonly string[];
  /** First filters of the picture and of the sound, which put back what the arguments moved. */
  readonly pictureFilters: readonly string[];
  readonly soundFilters: readonly string[];
}

export const unpaced: Pacing = { args: [], pictureFilters: [], soundFilters: [] };

const playlistFormats: ReadonlySet<string> = new Set(['hls', 'dash']);

export function mustPace(source: Pick<InputSource, 'pacing'>, probe: MediaProbe): boolean {
  if (source.pacing !== 'when recorded') return source.pacing === 'always';
  // A live playlist comes in bursts of a whole segment.
  return (
    probe.durationSeconds !== null || probe.formatName.split(',').some((name) => playlistFormats.has(name))
  );
}

/**
 * Reads in real time, except for a burst of `burstSeconds` at the start that fills the encoder's look-ahead: the first
 * picture then comes out at once, and what follows is on time rather than late by the look-ahead.
 * @param isEntered see `InputSource`.
 */
export function pacing(burstSeconds: number, version: FfmpegVersion, isEntered: boolean): Pacing {
  if (burstSeconds <= 0) return { ...unpaced, args: ['-re'] };
  const burst = burstSeconds.toFixed(3);
  if (isAtLeast(version, 6, 1)) {
    return { ...unpaced, args: ['-readrate', '1', '-readrate_initial_burst', burst] };
  }
  // Before 6.1: what lies before time zero is read at once, so everything is moved there, and back once it is decoded.
  // Entered in the middle, ffmpeg would cut off all that lies before zero: that is done here instead.
  return {
    args: ['-re', '-itsoffset', `-${burst}`, ...(isEntered ? ['-noaccurate_seek'] : [])],
    pictureFilters: [...(isEntered ? [`trim=start=-${burst}`] : []), `setpts=PTS+${burst}/TB`],
    soundFilters: [...(isEntered ? [`atrim=start=-${burst}`] : []), `asetpts=PTS+${burst}/TB`],
  };
}

/** Pictures that x264 holds back before it lets go of the first: look-ahead, reordering and threads. */
const heldPictures: Readonly<Record<EncoderSettings['preset'], number>> = {
  ultrafast: 4,
  superfast: 8,
  veryfast: 18,
  faster: 28,
  fast: 38,
  medium: 48,
  slow: 58,
};
const HELD_BY_HARDWARE = 4;
const MAX_LATENCY_SECONDS = 3;

/** How long a picture stays in the encoder, seconds. */
export function encoderLatencySeconds(
  settings: Pick<EncoderSettings, 'preset' | 'fps'>,
  isHardware: boolean,
): number {
  const pictures = isHardware ? HELD_BY_HARDWARE : heldPictures[settings.preset];
  return Math.min(MAX_LATENCY_SECONDS, pictures / settings.fps);
}
