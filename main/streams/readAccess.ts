/** Which files of this computer a caller may have read: the owner any, a plugin those in the media folder. */
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { StreamwareError } from '../contract/errors.ts';
import type { Input } from '../contract/inputs.ts';
import type { StreamConfig } from '../contract/streams.ts';
import { isInside } from '../media/outputs/outputPaths.ts';

export interface FileAccess {
  /** True for the local command line, the SDK and admin tokens: any path is taken. */
  readonly mayUseAnyFolder: boolean;
}

/**
 * Refuses a configuration that would have a file read which the caller may not name: as input, as picture laid over it,
 * as slate. Real paths are compared, so that a link in the media folder is no way out of it.
 * @throws `file.path_refused` with the field
 */
export async function assertMayRead(
  sources: { readonly input: Input } & Partial<Pick<StreamConfig, 'processing' | 'slate'>>,
  access: FileAccess,
  mediaFolder: string,
): Promise<void> {
  if (access.mayUseAnyFolder) return;
  const root = await real(mediaFolder);
  for (const [field, path] of namedFiles(sources)) {
    if (isInside(await real(resolve(mediaFolder, path)), root)) continue;
    throw new StreamwareError('file.path_refused', {
      field,
      detail: 'This caller may have files of the media folder read, and no others.',
      hint: 'Put the file into the recordings folder and use its name, or use a token with the scope admin.',
    });
  }
}

function namedFiles({
  input,
  processing = [],
  slate,
}: Parameters<typeof assertMayRead>[0]): [field: string, path: string][] {
  const watermarks = processing.flatMap((step, index): [string, string][] =>
    step.type === 'watermark' ? [[`processing.${index}.image`, step.image]] : [],
  );
  return [
    ...(input.type === 'file' ? [['input.path', input.path] as [string, string]] : []),
    ...watermarks,
    ...(slate?.image === undefined ? [] : [['slate.image', slate.image] as [string, string]]),
  ];
}

/** Of what does not exist the path as it is; it cannot be read anyway. */
async function real(path: string): Promise<string> {
  return await realpath(path).catch(() => path);
}
