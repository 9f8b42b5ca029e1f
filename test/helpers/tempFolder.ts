import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempFolder {
  readonly path: string;
  /** The path of a file in it. */
  file(name: string): string;
  /** Removes it with everything inside. May be called twice. */
  remove(): void;
}

const open = new Set<TempFolder>();
process.once('exit', () => {
  for (const folder of open) folder.remove();
});

/** A new empty folder under the system's temporary one. Removed by `remove`, at the latest when this process exits. */
export function createTempFolder(prefix = 'test'): TempFolder {
  const path = mkdtempSync(join(tmpdir(), `streamware-${prefix}-`));
  const folder: TempFolder = {
    path,
    file: (name) => join(path, name),
    remove() {
      open.delete(folder);
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  open.add(folder);
  return folder;
}

/** Temporary folders of this process that were not removed yet. Read by leakCheck.ts. */
export function openTempFolders(): string[] {
  return [...open].map((folder) => folder.path);
}
