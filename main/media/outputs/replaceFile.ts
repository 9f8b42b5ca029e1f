import { rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Where a file is written before it takes its name. Always the same for a path, so that a crash leaves one at most. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.tmp`);
}

/**
 * Replaces a small file in one step: readers see the old text or the new one, never half of it. It survives a kill, not
 * a power cut: waiting for the disk here, several times a second, would hold up what is live.
 */
export async function replaceFile(path: string, text: string, mode = 0o644): Promise<void> {
  const temporary = temporaryPath(path);
  await writeFile(temporary, text, { mode });
  await rename(temporary, path);
}
