import { StreamwareError } from '../../contract/errors.ts';
import type { FfmpegBinary } from '../ffmpeg/binary.ts';
import { type BriefRunContext, runBriefly } from '../ffmpeg/briefRun.ts';
import { fileUrl } from '../inputs/fileInput.ts';
import type { WatermarkImage } from './watermarkImages.ts';

const TIMEOUT_MS = 10_000;
/** What a small file may unfold to: 100 megapixels are 400 MB in memory. */
const MAX_PIXELS = 100_000_000;

/**
 * Decodes a picture once. One that is torn, or a small file that unfolds to an enormous picture, would otherwise be
 * noticed on air: an overlay waits for its picture, and everything with it.
 * @param field named in the refusal
 * @throws `file.path_refused`
 */
export async function checkPicture(
  { path, format }: WatermarkImage,
  field: string,
  binary: FfmpegBinary,
  context: BriefRunContext,
): Promise<void> {
  const args = [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-protocol_whitelist', 'file'],
    ...['-max_pixels', `${MAX_PIXELS}`, '-f', format, '-i', fileUrl(path)],
    ...['-map', '0:v:0', '-frames:v', '1', '-f', 'framecrc', 'pipe:1'],
  ];
  const { stdout } = await runBriefly(binary.ffmpegPath, { args, timeoutMs: TIMEOUT_MS }, context);
  const hasPicture = stdout
    .toString('latin1')
    .split('\n')
    .some((line) => /^\d/.test(line));
  if (hasPicture) return;
  throw new StreamwareError('file.path_refused', {
    field,
    detail: `The picture is damaged, or larger than ${MAX_PIXELS / 1e6} megapixels.`,
    hint: 'Open it in a picture editor, and save it again.',
  });
}
