import type { VideoProbe } from '../ffmpeg/mediaProbe.ts';

/** How the numbers of the encoded picture mean colours. Written into the stream, so slate and program must agree on it. */
export type OutputColour = 'bt709' | 'smpte170m' | 'bt470bg';

const kept: readonly OutputColour[] = ['bt709', 'smpte170m', 'bt470bg'];
const transfers = { bt709: 'bt709', smpte170m: 'smpte170m', bt470bg: 'smpte170m' } as const;

/** The source's own where every player knows it; otherwise what players assume for pictures of that size. */
export function outputColour(video: Pick<VideoProbe, 'colour' | 'height' | 'pixelFormat'>): OutputColour {
  const known = kept.find((name) => name === video.colour.space);
  if (known !== undefined) return known;
  return isRgb(video.pixelFormat) || isHdr(video) || video.colour.space !== null || video.height >= 720
    ? 'bt709'
    : 'smpte170m';
}

export function isRgb(pixelFormat: string | null): boolean {
  return /^(?:[a0]?(?:rgb|bgr)|gbr|pal8)/.test(pixelFormat ?? '');
}

/** High dynamic range (PQ or HLG, as phones record it): shown as it is it looks washed out. */
export function isHdr({ colour }: Pick<VideoProbe, 'colour'>): boolean {
  return colour.transfer === 'smpte2084' || colour.transfer === 'arib-std-b67';
}

/** Whether the numbers have to be computed anew, not only named. */
export function needsConversion(video: Pick<VideoProbe, 'colour' | 'height' | 'pixelFormat'>): boolean {
  const { space } = video.colour;
  return isRgb(video.pixelFormat) || (space !== null && space !== outputColour(video));
}

/** Names the colours of frames without touching them. */
export function colourTags(colour: OutputColour): string {
  return `setparams=range=tv:colorspace=${colour}:color_primaries=${colour}:color_trc=${transfers[colour]}`;
}

/** From high dynamic range to what every screen shows. */
export const TONE_MAPPING: string = [
  'zscale=t=linear:npl=100',
  'format=gbrpf32le',
  'zscale=p=bt709',
  'tonemap=tonemap=hable:desat=0',
  'zscale=t=bt709:m=bt709:r=tv',
  'format=yuv420p',
].join(',');
