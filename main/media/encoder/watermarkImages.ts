import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { StreamwareError } from '../../contract/errors.ts';
import type { ProcessingStep } from '../../contract/processing.ts';

/** A picture to lay over or to show: where it is, and the one demuxer it may be read with. */
export interface WatermarkImage {
  readonly path: string;
  readonly format: string;
}

/** First bytes of the kinds we read. What is not among them is not opened: SVG, for one, can name other files. */
const signatures: readonly { readonly format: string; readonly test: (head: Buffer) => boolean }[] = [
  { format: 'png_pipe', test: (head) => head.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex')) },
  { format: 'jpeg_pipe', test: (head) => head.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex')) },
  { format: 'gif', test: (head) => /^GIF8[79]a/.test(head.toString('latin1', 0, 6)) },
  { format: 'webp_pipe', test: (head) => /^RIFF.{4}WEBP/s.test(head.toString('latin1', 0, 12)) },
  { format: 'bmp_pipe', test: (head) => head.toString('latin1', 0, 2) === 'BM' },
];

/**
 * The pictures of the `watermark` steps, in their order.
 * @throws `file.not_found`, `file.path_refused` when one is not an ordinary file or not a picture that can be used.
 */
export function watermarkImages(steps: readonly ProcessingStep[]): Promise<WatermarkImage[]> {
  const found = steps.flatMap((step, index) =>
    step.type === 'watermark' ? [imageFile(step.image, `processing.${index}.image`)] : [],
  );
  return Promise.all(found);
}

/**
 * One picture file.
 * @param field named in the refusal.
 * @throws `file.not_found`, `file.path_refused`
 */
export async function imageFile(path: string, field: string): Promise<WatermarkImage> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => null);
  if (found === null)
    throw new StreamwareError('file.not_found', { field, detail: 'There is no picture with this name.' });
  if (!found.isFile()) throw notAPicture(field, 'This is a folder, a pipe or a device.');
  const head = await readHead(absolute, field);
  const format = signatures.find(({ test }) => test(head))?.format;
  if (format === undefined) throw notAPicture(field, 'This is not a picture that can be used.');
  return { path: absolute, format };
}

async function readHead(path: string, field: string): Promise<Buffer> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new StreamwareError('file.path_refused', {
      field,
      detail: 'The permission to read it is missing.',
      cause,
    });
  });
  try {
    const head = Buffer.alloc(16);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function notAPicture(field: string, detail: string): StreamwareError {
  return new StreamwareError('file.path_refused', {
    field,
    detail,
    hint: 'Name a PNG, JPEG, WebP, GIF or BMP picture.',
  });
}
