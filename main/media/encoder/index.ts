/**
 * The encoder: what is made of an input, and the run of ffmpeg that makes it. From an input that was looked at
 * (ffmpeg/probe.ts) and the user's wishes, `planEncoder` decides everything as data; `startEncoderSession` runs such a
 * plan and delivers tags to one `TagSource` per rendition; `createSlateRenderer` makes the clip that stands in for it,
 * `createEncoderChooser` says which encoders work on this computer.
 * Not here: when to start, restart, replace or stop one (streams/), and who gets the tags (relay/).
 */
export { createEncoderChooser, type EncoderChooser } from './encoderChoice.ts';
export {
  type EncoderPlan,
  type EncoderPlanRequest,
  type PlannedRendition,
  planEncoder,
} from './encoderPlan.ts';
export { type EncoderProgress, type EncoderSession, startEncoderSession } from './encoderSession.ts';
export { canCopyAudio, canCopyVideo } from './passThrough.ts';
export { createSlateRenderer, type SlateRenderer } from './slateClip.ts';
export {
  type EncoderSettings,
  findVideoEncoder,
  type VideoCodecName,
  type VideoEncoder,
  videoEncoders,
} from './videoEncoders.ts';
export { watermarkImages } from './watermarkImages.ts';
