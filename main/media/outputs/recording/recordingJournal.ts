/**
 * Knows which recordings are being written, so that after a crash they are found and finished, and only they: one small
 * file per recording, made together with it and removed when it is complete. A recording is known by its path, device
 * and inode; what somebody put in its place meanwhile is never touched. It also sees to it that recordings are finished
 * one after the other, since two at a time would only be in each other's way on the disk.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { z } from 'zod';
import { StreamwareError, toStreamwareError } from '../../../contract/errors.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/logger.ts';
import type { FfmpegRunner } from '../../ffmpeg/ffmpegProcess.ts';
import { errnoOf, fileError } from '../fileErrors.ts';
import { replaceFile, temporaryPath } from '../replaceFile.ts';
import { finishRecording } from './finishRecording.ts';
import { recordingContainer } from './recordingContainer.ts';
import { numberedPath } from './recordingNames.ts';

export interface RecordingJournalOptions {
  /** Private to one engine; made when missing. */
  readonly folder: string;
  readonly runner: FfmpegRunner;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A recording in progress. */
export interface Recording {
  readonly id: string;
  readonly path: string;
  /** 1 for the name that was asked for, more where that was taken. */
  readonly number: number;
  readonly dev: number;
  readonly ino: number;
  readonly makesOrdinary: boolean;
}

export interface FinishedRecording {
  readonly path: string;
  /** `empty`: nothing was in it, so it was removed. `missing`: it is gone or was replaced. `kept`: still in its crash-safe form. */
  readonly outcome: 'ordinary' | 'kept' | 'empty' | 'missing';
  /** Why it could not be made ordinary. */
  readonly error: StreamwareError | null;
}

const entrySchema = z.object({
  id: z.string(),
  path: z.string(),
  number: z.int(),
  dev: z.number(),
  ino: z.number(),
  makesOrdinary: z.boolean(),
  startedAt: z.number(),
});
const ENTRY_ENDING = '.recording.json';
const MAX_NUMBER = 9999;

export class RecordingJournal {
  readonly #options: RecordingJournalOptions;
  readonly #stop = new AbortController();
  /** Begun by this engine: not left behind by anybody. */
  readonly #own = new Set<string>();
  #lastJob: Promise<unknown> = Promise.resolve();

  constructor(options: RecordingJournalOptions) {
    this.#options = options;
  }

  /**
   * Makes a new empty file for a recording and notes it. A name that is taken is never written to: the next free number
   * from `number` on is used.
   * @throws `file.not_writable`, `file.no_space`
   */
  async begin(path: string, number: number, makesOrdinary: boolean): Promise<Recording> {
    try {
      await mkdir(dirname(path), { recursive: true });
      const created = await createFree(path, number);
      const recording: Recording = { id: randomUUID(), ...created, makesOrdinary };
      this.#own.add(recording.id);
      await this.#note(recording);
      return recording;
    } catch (thrown) {
      throw fileError(thrown, 'the recording');
    }
  }

  /** Whether the file at its path is still the one that was begun. */
  async isInPlace(recording: Recording): Promise<boolean> {
    try {
      const found = await stat(recording.path);
      return found.ino === recording.ino && found.dev === recording.dev;
    } catch (error) {
      // A disk that does not answer just now is no proof that the file is gone.
      return errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR';
    }
  }

  /**
   * To be called when its writer has ended. Never rejects.
   * @param isTorn the writer did not end properly
   * @param hasFrames false: nothing was recorded, so the file is removed
   */
  complete(recording: Recording, isTorn: boolean, hasFrames = true): Promise<FinishedRecording> {
    if (!hasFrames) return this.#discard(recording);
    return this.#afterOthers(() => this.#finish(recording, isTorn));
  }

  /** Finishes what a former run of this engine left behind. Never rejects; one entry per recording it had been writing. */
  async recover(): Promise<FinishedRecording[]> {
    const left = (await this.#readEntries()).filter(({ id }) => !this.#own.has(id));
    return Promise.all(
      left.map(async (recording) => {
        await rm(temporaryPath(recording.path), { force: true }).catch(() => undefined); // Its folder may be gone.
        return this.complete(recording, true);
      }),
    );
  }

  /** Ends what is being finished; it is taken up again by `recover` of the next start. */
  async close(): Promise<void> {
    this.#stop.abort(new StreamwareError('engine.stopping'));
    await this.#lastJob;
  }

  #afterOthers(job: () => Promise<FinishedRecording>): Promise<FinishedRecording> {
    const result = this.#lastJob.then(job);
    this.#lastJob = result;
    return result;
  }

  async #finish(recording: Recording, isTorn: boolean): Promise<FinishedRecording> {
    const { path } = recording;
    const logger = this.#options.logger.child({ recording: basename(path) });
    try {
      if (!(await this.#isOurs(recording))) return await this.#forget(recording, 'missing');
      if ((await stat(path)).size === 0) return await this.#discard(recording);
      const { endsOrdinary } = recordingContainer(extname(path).toLowerCase());
      const hasWork = endsOrdinary ? isTorn : recording.makesOrdinary;
      if (!hasWork) return await this.#forget(recording, endsOrdinary ? 'ordinary' : 'kept');
      await finishRecording(path, this.#options.runner, this.#stop.signal);
      logger.info('recording finished');
      return await this.#forget(recording, 'ordinary');
    } catch (thrown) {
      const error = toStreamwareError(thrown);
      if (this.#stop.signal.aborted) return { path, outcome: 'kept', error };
      logger.warn('recording stays in its crash-safe form', { code: error.code, detail: error.detail });
      return { ...(await this.#forget(recording, 'kept')), error };
    }
  }

  /** At once, not behind those that are being finished: the name may be wanted again. */
  async #discard(recording: Recording): Promise<FinishedRecording> {
    if (!(await this.#isOurs(recording))) return this.#forget(recording, 'missing');
    await rm(recording.path, { force: true }).catch(() => undefined); // A disk that refuses keeps an empty file.
    return this.#forget(recording, 'empty');
  }

  async #isOurs(recording: Recording): Promise<boolean> {
    try {
      const found = await stat(recording.path);
      return found.ino === recording.ino && found.dev === recording.dev;
    } catch {
      return false; // Gone with its folder or its disk: nothing of ours is there to finish.
    }
  }

  async #forget({ id, path }: Recording, outcome: FinishedRecording['outcome']): Promise<FinishedRecording> {
    await rm(this.#entryPath(id), { force: true }).catch(() => undefined); // Then `recover` finds it finished already.
    return { path, outcome, error: null };
  }

  async #note(recording: Recording): Promise<void> {
    const { folder, clock } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const entry = { ...recording, startedAt: clock.nowMs() };
    await replaceFile(this.#entryPath(recording.id), JSON.stringify(entry), 0o600);
  }

  async #readEntries(): Promise<Recording[]> {
    const { folder, logger } = this.#options;
    const names = await readdir(folder).catch(() => []); // No folder: nothing was ever recorded.
    const entries: Recording[] = [];
    for (const name of names.filter((candidate) => candidate.endsWith(ENTRY_ENDING))) {
      try {
        entries.push(entrySchema.parse(JSON.parse(await readFile(join(folder, name), 'utf8'))));
      } catch {
        logger.warn('a journal entry of a recording cannot be read', { name });
        await rm(join(folder, name), { force: true });
      }
    }
    return entries;
  }

  #entryPath(id: string): string {
    return join(this.#options.folder, `${id}${ENTRY_ENDING}`);
  }
}

async function createFree(
  path: string,
  from: number,
): Promise<Pick<Recording, 'path' | 'number' | 'dev' | 'ino'>> {
  for (let number = from; number <= MAX_NUMBER; number++) {
    const candidate = numberedPath(path, number);
    const file = await createNew(candidate);
    if (file === null) continue;
    try {
      const { dev, ino } = await file.stat();
      return { path: candidate, number, dev, ino };
    } finally {
      await file.close();
    }
  }
  throw new StreamwareError('file.exists', { detail: 'Every number behind this name is taken.' });
}

/** Null when something has that name already, be it a link to nothing. */
async function createNew(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return null;
    throw error;
  }
}
