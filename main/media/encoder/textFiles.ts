/**
 * The words of `text` steps live in files that the filter reads again for every picture: changing the file changes what
 * is on the air. A file is replaced as a whole, never written in place, since it could be read in between.
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ProcessingStep } from '../../contract/processing.ts';

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

export function textPath(folder: string, index: number): string {
  return join(folder, `text-${index}.txt`);
}

/** One file per `text` step, in their order. */
export function textFiles(steps: readonly ProcessingStep[], folder: string): TextFile[] {
  const texts = steps.flatMap((step) => (step.type === 'text' ? [step.text] : []));
  return texts.map((text, index) => ({ path: textPath(folder, index), text }));
}

/** Writes one file, private to this user. */
export async function writeTextFile({ path, text }: TextFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.new`;
  await writeFile(fresh, text, { mode: 0o600 });
  await rename(fresh, path);
}

export async function removeTextFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
