import { open, stat } from 'node:fs/promises';
import { StreamwareError } from '../../contract/errors.ts';
import type { ProcessingStep } from '../../contract/processing.ts';
import type { WatermarkImage } from './encoderPlan.ts';

const HEAD_BYTES = 16;
/** What the first bytes of a picture are, and the demuxer that reads it without asking anything else. */
const signatures: readonly { readonly format: string; readonly matches: (head: Buffer) => boolean }[] = [
  {
    format: 'png_pipe',
    matches: (head) => head.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
  },
  { format: 'jpeg_pipe', matches: (head) => head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff },
  { format: 'gif', matches: (head) => head.toString('latin1', 0, 4) === 'GIF8' },
  { format: 'bmp_pipe', matches: (head) => head.toString('latin1', 0, 2) === 'BM' },
  {
    format: 'webp_pipe',
    matches: (head) => head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP',
  },
];

/**
 * The pictures of the `watermark` steps, in their order. The kind is told by the first bytes, never by the name, so that
 * a playlist or script in disguise is no picture.
 * @throws `input.not_found`, `input.unreadable` with the step at fault
 */
export async function watermarkImages(steps: readonly ProcessingStep[]): Promise<WatermarkImage[]> {
  const images: WatermarkImage[] = [];
  for (const [index, step] of steps.entries()) {
    if (step.type !== 'watermark') continue;
    images.push({ path: step.image, format: await imageFormat(step.image, `processing.${index}.image`) });
  }
  return images;
}

/** @param field where the path was written, for the refusal */
export async function imageFormat(path: string, field: string): Promise<string> {
  const head = await readHead(path, field);
  const format = signatures.find(({ matches }) => matches(head))?.format;
  if (format !== undefined) return format;
  throw new StreamwareError('input.unreadable', {
    field,
    detail: 'This file is not a picture.',
    hint: 'Use a PNG, JPEG, GIF, BMP or WebP file.',
  });
}

async function readHead(path: string, field: string): Promise<Buffer> {
  // A pipe or device would be waited for without end.
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile)
    throw new StreamwareError('input.not_found', {
      field,
      detail: 'There is no such picture.',
      hint: 'Check the path.',
    });
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new StreamwareError('input.unreadable', {
      field,
      detail: 'The picture may not be read.',
      hint: 'Check its rights.',
      cause,
    });
  });
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    await file.read(head, 0, HEAD_BYTES, 0);
    return head;
  } finally {
    await file.close();
  }
}
