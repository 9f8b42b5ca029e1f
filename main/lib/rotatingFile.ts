import { closeSync, fstatSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from './folders.ts';

export interface RotatingFileOptions {
  folder: string;
  /** File name without ending: `streamware` makes streamware.log, streamware.1.log (older), … */
  name: string;
  /** Size at which a new file is begun, bytes. */
  maxFileBytes: number;
  /** How many files there are at most, the current one included; 1 or more. */
  maxFiles: number;
  /** The line that tells how many before it could not be written. */
  lossNotice: (lostLines: number) => string;
}

/**
 * Lines appended to a file that never takes more than `maxFileBytes` × `maxFiles` on the disk.
 * Each line is handed to the system before `append` returns: it survives the death of this process, whatever kills it.
 * A disk that is full or gone never throws here; what could not be written is counted and told with the next line that can be.
 */
export class RotatingFile {
  readonly #options: RotatingFileOptions;
  #descriptor: number | null = null;
  #bytes = 0;
  #lostLines = 0;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
  }

  /** The current file. */
  get path(): string {
    return this.#pathOf(0);
  }

  /** @param line without the line end */
  append(line: string): void {
    try {
      if (this.#lostLines > 0) this.#write(this.#options.lossNotice(this.#lostLines));
      this.#lostLines = 0;
      this.#write(line);
    } catch {
      // There is nowhere left to complain: the log itself cannot be written. The count goes out with the next line.
      this.#lostLines += 1;
      this.close();
    }
  }

  /** May be used again afterwards: `append` opens it anew. */
  close(): void {
    if (this.#descriptor === null) return;
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    try {
      closeSync(descriptor);
    } catch {
      // Closed is what it should be; the system says it is already.
    }
  }

  #write(line: string): void {
    const bytes = Buffer.from(`${line}\n`, 'utf8');
    this.#writeWhole(this.#descriptorFor(bytes.length), bytes);
  }

  #descriptorFor(bytes: number): number {
    if (this.#descriptor === null) this.#open();
    if (this.#bytes > 0 && this.#bytes + bytes > this.#options.maxFileBytes) this.#rotate();
    if (this.#descriptor === null) throw new Error('the log file could not be opened');
    return this.#descriptor;
  }

  #open(): void {
    makeFolder(this.#options.folder);
    this.#descriptor = openSync(this.path, 'a', 0o600);
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  #rotate(): void {
    this.close();
    const oldest = this.#options.maxFiles - 1;
    try {
      rmSync(this.#pathOf(oldest), { force: true });
      for (let age = oldest - 1; age >= 0; age--) renameIfThere(this.#pathOf(age), this.#pathOf(age + 1));
      this.#open();
    } catch {
      // Windows does not rename a file that somebody has open. The cap holds all the same.
      this.#open();
      if (this.#descriptor !== null) ftruncateSync(this.#descriptor, 0);
      this.#bytes = 0;
    }
  }

  /** A full disk may take half a line; what was taken is cut off again, so that every line stays whole. */
  #writeWhole(descriptor: number, bytes: Buffer): void {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
      this.#bytes += bytes.length;
    } catch (error) {
      if (written > 0) ftruncateSync(descriptor, this.#bytes);
      throw error;
    }
  }

  #pathOf(age: number): string {
    return join(
      this.#options.folder,
      age === 0 ? `${this.#options.name}.log` : `${this.#options.name}.${age}.log`,
    );
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
