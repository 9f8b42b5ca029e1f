import type { StreamConfig } from '../../contract/streams.ts';
import type { PlannedRendition } from '../../media/encoder/encoderPlan.ts';
import type { VideoCodecName, VideoEncoder } from '../../media/encoder/videoEncoders.ts';
import type { WatermarkImage } from '../../media/encoder/watermarkImages.ts';
import type { FfmpegAbilities } from '../../media/ffmpeg/abilities.ts';
import type { FfmpegBinary } from '../../media/ffmpeg/binary.ts';
import type { FfmpegRunner } from '../../media/ffmpeg/ffmpegProcess.ts';
import type { Prober } from '../../media/ffmpeg/probe.ts';
import type { SlateClip } from '../../media/relay/slateClip.ts';

/** ffmpeg as the program needs it. */
export interface EncodingMedia {
  readonly runner: FfmpegRunner;
  readonly prober: Prober;
  findBinary(): Promise<FfmpegBinary>;
  abilities(): Promise<FfmpegAbilities>;
  /** The best that works for each codec. @throws `encoder.none_works` */
  chooseEncoders(wish: EncoderWish): Promise<Partial<Record<VideoCodecName, VideoEncoder>>>;
  /** Decodes a picture once. @throws `file.path_refused` with this field, when it cannot be shown */
  checkPicture(image: WatermarkImage, field: string): Promise<void>;
  /** A clip of the slate, alike in format to what the encoder makes of this rendition. */
  renderSlate(rendition: PlannedRendition, slate: StreamConfig['slate']): Promise<SlateClip>;
}

export interface EncoderWish {
  readonly codecs: readonly VideoCodecName[];
  /** Of the largest picture. */
  readonly size: { readonly width: number; readonly height: number; readonly fps: number };
  /** The encoder that the user named; null for the best. */
  readonly wanted: string | null;
  /** Those that failed in this broadcast. */
  readonly without: readonly string[];
}
