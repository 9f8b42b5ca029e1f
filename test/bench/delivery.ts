/** Judges what receivers got: frames lost, rates, silent stretches. Pure; the packets come from their own recordings. */
import { compare, continuity, type MediaPacket } from '../helpers/mediaPackets.ts';
import type { ArrivedFrame } from './flvTail.ts';

export interface Receiver {
  readonly name: string;
  readonly video: readonly MediaPacket[];
}

export interface Loss {
  /** Frames that one of them missed, and another or the clock says there were. The worst receiver counts. */
  readonly frames: number;
  /** The most that any of them got. */
  readonly outOf: number;
  readonly remarks: readonly string[];
}

/** A receiver that ends earlier than the longest by more than this has lost its end. */
const MAX_MISSING_AT_END_SECONDS = 1;

/**
 * Frames lost at receivers that nothing happened to: packet by packet against the one that has most, and by the steps of
 * the decoding time in each, so that a frame missing at all of them shows too. Receivers may begin at different times.
 */
export function lossAmong(receivers: readonly Receiver[], fps: number): Loss {
  const longest = receivers.toSorted((a, b) => b.video.length - a.video.length)[0];
  if (longest === undefined || longest.video.length === 0) {
    return { frames: Number.POSITIVE_INFINITY, outOf: 0, remarks: ['no receiver got anything'] };
  }
  const losses = receivers.map((receiver) => lossOf(receiver, longest, fps));
  const worst = losses.toSorted((a, b) => b.frames - a.frames)[0];
  return {
    frames: worst?.frames ?? 0,
    outOf: longest.video.length,
    remarks: losses.flatMap(({ remarks }) => remarks),
  };
}

function lossOf({ name, video }: Receiver, longest: Receiver, fps: number): Loss {
  if (video.length === 0) {
    return { frames: longest.video.length, outOf: 0, remarks: [`${name}: got nothing`] };
  }
  const { missingInside, missingAtEnd, extra } = compare(longest.video, video);
  const holes = framesInHoles(video, fps);
  const cutOff = missingAtEnd > fps * MAX_MISSING_AT_END_SECONDS ? missingAtEnd : 0;
  const backwards = continuity(video).backwards;
  const frames = Math.max(missingInside, holes) + cutOff + backwards;
  if (frames === 0 && extra === 0) return { frames, outOf: video.length, remarks: [] };
  const parts = [
    `${video.length} frames`,
    `${missingInside} missing inside`,
    `${holes} in holes`,
    `${missingAtEnd} missing at the end`,
    `${backwards} backwards`,
    `${extra} that the longest has not`,
  ];
  return { frames: frames + extra, outOf: video.length, remarks: [`${name}: ${parts.join(', ')}`] };
}

/** How many frames would have fitted into the steps that are longer than one and a half frames. */
export function framesInHoles(video: readonly { readonly dtsMs: number }[], fps: number): number {
  const intervalMs = 1000 / fps;
  let missing = 0;
  for (let index = 1; index < video.length; index++) {
    const stepMs = (video[index]?.dtsMs ?? 0) - (video[index - 1]?.dtsMs ?? 0);
    if (stepMs > intervalMs * 1.5) missing += Math.round(stepMs / intervalMs) - 1;
  }
  return missing;
}

export interface GroupRate {
  /** Decoding time of the key frame. */
  readonly fromMs: number;
  readonly kbps: number;
}

/** The video bitrate of each complete group of pictures. */
export function groupRates(video: readonly MediaPacket[]): GroupRate[] {
  const keys = video.flatMap((packet, index) => (packet.isKey ? [index] : []));
  return keys.slice(0, -1).map((from, group) => {
    const to = keys[group + 1] ?? video.length;
    const fromMs = video[from]?.dtsMs ?? 0;
    const spanMs = (video[to]?.dtsMs ?? 0) - fromMs;
    const bytes = video.slice(from, to).reduce((sum, { size }) => sum + size, 0);
    return { fromMs, kbps: spanMs > 0 ? (bytes * 8) / spanMs : 0 };
  });
}

/** The longest time without a video frame between two moments, the time until the second one included. */
export function longestSilenceMs(frames: readonly ArrivedFrame[], fromMs: number, toMs: number): number {
  const arrivals = frames.filter(({ kind }) => kind === 'video').map(({ arrivedMs }) => arrivedMs);
  const before = arrivals.filter((arrivedMs) => arrivedMs <= fromMs).at(-1) ?? fromMs;
  const within = arrivals.filter((arrivedMs) => arrivedMs > fromMs && arrivedMs <= toMs);
  const moments = [before, ...within, toMs];
  return Math.max(...moments.slice(1).map((moment, index) => moment - (moments[index] ?? moment)));
}
