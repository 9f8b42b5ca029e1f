/** A picture for sound without one: its wave on a dark ground. It ends and pauses with the sound, as a picture should. */
import type { VideoProbe } from '../ffmpeg/mediaProbe.ts';
import type { Size } from './geometry.ts';

/** What the wave will be, in the terms of a probe, so that everything after it treats it as any other picture. */
export function soundPictureVideo(size: Size, fps: number): VideoProbe {
  return {
    position: 0,
    codec: 'rawvideo',
    profile: null,
    codedWidth: size.width,
    codedHeight: size.height,
    ...size,
    rotationDegrees: 0,
    sampleAspect: 1,
    fps,
    hasVariableFps: false,
    isInterlaced: false,
    pixelFormat: 'yuv420p',
    colour: { space: 'bt709', primaries: 'bt709', transfer: 'bt709', range: 'tv' },
    startSeconds: null,
    bitrateKbps: null,
    keyFrameSeconds: null,
  };
}

/**
 * @param from the sound, such as `0:a:0`. @param copies labels under which the sound is wanted as well.
 * @returns chains of which the last ends in `[wave]`.
 */
export function soundPictureChains(
  from: string,
  size: Size,
  fps: string,
  copies: readonly string[],
): string[] {
  const { width, height } = size;
  const waveHeight = Math.max(16, Math.round(height / 6) * 2);
  const outputs = ['heard', ...copies].map((label) => `[${label}]`).join('');
  return [
    copies.length === 0 ? `[${from}]anull[heard]` : `[${from}]asplit=${copies.length + 1}${outputs}`,
    `[heard]showwaves=s=${width}x${waveHeight}:mode=cline:rate=${fps}:colors=0xf4a261,format=yuva420p[line]`,
    `color=c=0x14213d:s=${width}x${height}:r=${fps},format=yuv420p[ground]`,
    '[ground][line]overlay=0:(H-h)/2:shortest=1[wave]',
  ];
}
