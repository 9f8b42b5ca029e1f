/**
 * Hands options to ffmpeg that nobody may read in the process list: passphrases, stream ids, stream keys. They go into
 * a preset file (`-fpre`, in every ffmpeg from 0.6 to 8) that only its owner can read and that is deleted as soon as
 * ffmpeg has read it. ffmpeg opens its output, and with it this file, only after the first frames have come.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StreamwareError } from '../../contract/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import { fileError } from './fileErrors.ts';

export interface SecretOptions {
  /** To be put before the output. */
  readonly args: readonly string[];
  /** Deletes the file; may be called again. Never rejects. */
  remove(): Promise<void>;
}

const PREFIX = 'muxer-options-';
/** ffmpeg reads a line into 1000 bytes. */
const MAX_LINE_BYTES = 990;
/** What an engine that was killed left is removed with the next file. */
const STALE_AFTER_MS = 10 * 60 * 1000;

/**
 * @param options names of ffmpeg's own options with their values, as they are: nothing is interpreted but the line end
 * @throws `request.invalid` for a value that cannot be handed over, without quoting it
 */
export async function writeSecretOptions(
  folder: string,
  options: Readonly<Record<string, string>>,
  clock: Clock,
): Promise<SecretOptions> {
  const path = join(folder, `${PREFIX}${randomUUID()}`);
  const text = presetText(options);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeStale(folder, clock.nowMs());
    await writeFile(path, text, { mode: 0o600, flag: 'wx' });
  } catch (thrown) {
    throw fileError(thrown, 'a temporary file');
  }
  const remove = (): Promise<void> => rm(path, { force: true }).catch(() => undefined); // removeStale gets it later.
  return { args: ['-fpre', path], remove };
}

/** The lines of a preset file: `name=value`, everything behind the first `=` is the value. */
export function presetText(options: Readonly<Record<string, string>>): string {
  return Object.entries(options)
    .map(([name, value]) => {
      const line = `${name}=${value}\n`;
      if (/[\r\n\0]/.test(value) || value === '' || Buffer.byteLength(line) > MAX_LINE_BYTES) {
        const detail = 'A key or passphrase is empty, has a line break inside or is longer than 900 bytes.';
        throw new StreamwareError('request.invalid', { detail });
      }
      return line;
    })
    .join('');
}

async function removeStale(folder: string, nowMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(folder, name);
    const isStale = await stat(path).then(
      ({ mtimeMs }) => nowMs - mtimeMs > STALE_AFTER_MS,
      () => false,
    );
    if (isStale) await rm(path, { force: true });
  }
}
