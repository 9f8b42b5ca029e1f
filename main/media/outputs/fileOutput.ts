/**
 * The output kind `file`: a recording. It is written in a form that survives any crash, in numbered parts where it must
 * or should be split, pauses before the disk is full, and is turned into an ordinary file when it ends. Nothing that
 * exists already is ever written over.
 */
import { extname, join } from 'node:path';
import type { Output } from '../../contract/outputs.ts';
import type { OutputContext, OutputDriver, OutputDriverStatus } from './outputDriver.ts';
import { resolveRecordingPath } from './outputPaths.ts';
import type { FinishedRecording, Recording } from './recording/recordingJournal.ts';
import { datedName } from './recording/recordingNames.ts';
import { type RecordingParts, type RecordingPlan, RecordingSession } from './recording/recordingSession.ts';

type FileOutputConfig = Extract<Output, { type: 'file' }>;

const BYTES_PER_MEGABYTE = 1_000_000;
const MAX_NOTICES = 20;

/** @throws `file.path_refused`, `file.not_writable` */
export async function createFileOutput(
  config: FileOutputConfig,
  context: OutputContext,
): Promise<OutputDriver> {
  const { folders, clock, streamName } = context;
  const typed = config.path ?? join(folders.recordings, datedName(streamName, clock.nowMs(), '.mp4'));
  const path = await resolveRecordingPath(typed, {
    mediaFolder: folders.recordings,
    mayUseAnyFolder: context.mayUseAnyFolder,
    field: 'path',
  });
  return new FileOutput(config, path, context);
}

class FileOutput implements OutputDriver, RecordingParts {
  readonly kind = 'file';
  readonly target: string;
  readonly path: string;
  readonly legs: OutputDriver['legs'];
  hasPaused = false;

  readonly #context: OutputContext;
  readonly #makesOrdinary: boolean;
  readonly #files: string[] = [];
  readonly #notices: string[] = [];
  readonly #finishing = new Set<Promise<void>>();
  #nextNumber = 1;

  constructor(config: FileOutputConfig, path: string, context: OutputContext) {
    this.target = path;
    this.path = path;
    this.#context = context;
    this.#makesOrdinary = config.remuxToMp4 && ['.mp4', '.mov'].includes(extname(path).toLowerCase());
    const plan: RecordingPlan = {
      splitMs: config.splitSeconds === undefined ? null : config.splitSeconds * 1000,
      splitBytes: config.splitMegabytes === undefined ? null : config.splitMegabytes * BYTES_PER_MEGABYTE,
      minFreeMegabytes: config.minFreeMegabytes,
      readsEnhancedFlv: context.readsEnhancedFlv,
    };
    const createSession = (): RecordingSession => new RecordingSession(plan, this, context.journal, context);
    this.legs = [{ id: 'main', renditionId: context.renditionIds[0] ?? 'main', createSession }];
  }

  status(): OutputDriverStatus {
    return { files: [...this.#files], playbackPath: null, notices: [...this.#notices] };
  }

  async begin(): Promise<Recording> {
    const recording = await this.#context.journal.begin(this.path, this.#nextNumber, this.#makesOrdinary);
    this.#nextNumber = recording.number + 1;
    this.#files.push(recording.path);
    return recording;
  }

  complete(recording: Recording, hasFrames: boolean, isTorn: boolean): void {
    if (!hasFrames) this.#takeBack(recording);
    const finishing = this.#context.journal
      .complete(recording, isTorn, hasFrames)
      .then((finished) => this.#note(finished));
    this.#finishing.add(finishing);
    void finishing.then(() => this.#finishing.delete(finishing));
  }

  async finish(): Promise<void> {
    await Promise.all(this.#finishing);
  }

  async remove(): Promise<void> {
    // A recording belongs to the user: only the user deletes it.
  }

  /** Its file will be removed, so the name is free for the next attempt. */
  #takeBack(recording: Recording): void {
    this.#drop(recording.path);
    if (this.#nextNumber === recording.number + 1) this.#nextNumber = recording.number;
  }

  #note({ path, outcome, error }: FinishedRecording): void {
    if (outcome === 'empty' || outcome === 'missing') this.#drop(path);
    if (error === null || error.code === 'engine.stopping') return;
    this.#notices.push(`${path} plays, but was not made an ordinary file: ${error.message}`);
    if (this.#notices.length > MAX_NOTICES) this.#notices.shift();
  }

  #drop(path: string): void {
    const index = this.#files.lastIndexOf(path);
    if (index >= 0) this.#files.splice(index, 1);
  }
}
