import { StreamwareError } from '../../contract/errors.ts';
import { failureMeaning } from '../ffmpeg/failure.ts';
import type { FfmpegExit } from '../ffmpeg/ffmpegProcess.ts';

/**
 * Why an encoder run is over. Pure.
 * @param hadPicture whether it delivered anything before.
 * @returns null when it was asked to stop.
 */
export function encoderEnd(exit: FfmpegExit, hadPicture: boolean): StreamwareError | null {
  if (exit.wasAsked) return null;
  if (exit.code === 0) {
    if (hadPicture) return new StreamwareError('input.ended');
    return (
      failureMeaning(exit.lastLines) ??
      new StreamwareError('input.unreadable', { detail: 'It holds nothing that can be shown.' })
    );
  }
  const meaning = failureMeaning(exit.lastLines);
  if (meaning !== null) return meaning;
  const words = exit.lastLines.slice(-3).join(' · ');
  const cause = exit.signal === null ? `exit code ${exit.code}` : `killed by ${exit.signal}`;
  return new StreamwareError('ffmpeg.exited', {
    detail: words === '' ? `ffmpeg: ${cause}.` : `ffmpeg: ${cause}: ${words}`,
  });
}
