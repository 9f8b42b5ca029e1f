import type { ProbePort } from '../api/ports.ts';
import type { ProbeResult } from '../contract/api/probe.ts';
import type { DataPaths } from '../lib/paths.ts';
import { canCopyAudio, canCopyVideo } from '../media/encoder/passThrough.ts';
import type { FfmpegAbilities } from '../media/ffmpeg/abilities.ts';
import type { MediaProbe } from '../media/ffmpeg/mediaProbe.ts';
import { probeInput } from '../media/inputs/probeInput.ts';
import { atInput } from '../streams/inputFault.ts';
import { withLocalInput } from '../streams/localPaths.ts';
import { assertMayRead } from '../streams/readAccess.ts';
import type { MediaFacilities } from './mediaFacilities.ts';

/** Looks into an input for somebody who has not started anything yet. Relative paths are inside the recordings folder. */
export function createProbePort(media: MediaFacilities, paths: DataPaths): ProbePort {
  return {
    async probe(input, { scopes }) {
      await assertMayRead({ input }, { mayUseAnyFolder: scopes.includes('admin') }, paths.recordings);
      const abilities = await media.abilities();
      const local = withLocalInput(input, paths.recordings);
      const probe = await probeInput(local, media.prober, abilities).catch((thrown) => {
        throw atInput(thrown, input);
      });
      return describeProbe(probe, abilities);
    },
  };
}

/** The probe in the words of the contract. */
function describeProbe(probe: MediaProbe, abilities: FfmpegAbilities): ProbeResult {
  const { video, audio } = probe;
  return {
    format: probe.formatName,
    durationSeconds: probe.durationSeconds,
    video: video && {
      codec: video.codec,
      width: video.width,
      height: video.height,
      fps: video.fps,
      rotationDegrees: video.rotationDegrees,
      canCopy: canCopyVideo(video.codec, abilities),
    },
    audio: audio && {
      codec: audio.codec,
      channels: audio.channels,
      sampleRateHz: audio.sampleRateHz,
      canCopy: canCopyAudio(audio.codec),
    },
    notices: noticesOf(probe),
  };
}

function noticesOf({ video, audio }: MediaProbe): string[] {
  const notices: string[] = [];
  if (!audio) notices.push('There is no sound: silence is added.');
  if (!video) notices.push('There is no picture: a still one is added.');
  if (video && video.rotationDegrees !== 0) notices.push('The picture is turned upright.');
  if (video && (video.width % 2 === 1 || video.height % 2 === 1)) notices.push('The size is made even.');
  if (video?.hasVariableFps) notices.push('The frame rate is made constant.');
  return notices;
}
