/**
 * What the streams layer sees of one configured output, whatever its kind: which connections it is made of
 * (`legs`, supervised one by one), what it has produced so far, and how it is brought to its proper end.
 * It is not a supervisor: queues, retries and states belong to outputSupervisor.ts.
 */
import type { OutputType } from '../../contract/outputs.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Redactor } from '../../lib/redactor.ts';
import type { FfmpegRunner } from '../ffmpeg/ffmpegProcess.ts';
import type { OutputSessionFactory } from './outputSession.ts';
import type { RecordingJournal } from './recording/recordingJournal.ts';

export interface OutputDriver {
  readonly kind: OutputType;
  /** Where it goes, for people, without secrets. */
  readonly target: string;
  /** At least one. Each gets a supervisor, a queue and retries of its own. */
  readonly legs: readonly OutputLeg[];
  /** What it has produced so far. Cheap; may be read once a second. */
  status(): OutputDriverStatus;
  /**
   * After the last session of every leg was closed because the user stopped the output: ends the playlist, remuxes the
   * recording. Its answer may take as long as the disk needs, so it is not part of the five seconds of a stop.
   * Never rejects: what went wrong becomes a notice.
   */
  finish(): Promise<void>;
  /** After `finish`, when the output or its stream is deleted: removes what was kept for late viewers. Recordings stay. */
  remove(): Promise<void>;
}

export interface OutputLeg {
  /** Unique within the output: `main`, `backup`, or the id of an HLS variant's rendition. */
  readonly id: string;
  /** The rendition whose tags it carries. */
  readonly renditionId: string;
  /** Makes one attempt; at most one session of a leg is open at a time. */
  readonly createSession: OutputSessionFactory;
}

export interface OutputDriverStatus {
  /** Absolute paths of what a person may want to open, oldest first. */
  readonly files: readonly string[];
  /** Address on the engine, such as `/live/show.m3u8`; null when it is not served there. */
  readonly playbackPath: string | null;
  /** What was decided on the way, in sentences for people. Bounded. */
  readonly notices: readonly string[];
}

/** What a driver may use. One per output. */
export interface OutputContext {
  readonly runner: FfmpegRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly redactor: Redactor;
  readonly folders: OutputFolders;
  /** Shared by all recordings of the engine. */
  readonly journal: RecordingJournal;
  readonly streamId: string;
  readonly streamName: string;
  readonly outputId: string;
  /** The renditions that `planRenditions` gave this output; the first is its own, more only for a ladder. */
  readonly renditionIds: readonly string[];
  /** True for the local command line, the SDK and admin tokens: absolute paths outside the media folder are taken. */
  readonly mayUseAnyFolder: boolean;
  /** Whether the ffmpeg in use reads HEVC and AV1 in Enhanced FLV (6.1 and newer do). Asked from the binary. */
  readonly readsEnhancedFlv: boolean;
}

interface OutputFolders {
  /** Relative names of recordings are inside this one; the default place of dated recordings. */
  readonly recordings: string;
  /** What the engine serves under `/live/`. Relative names of playlists are inside this one. */
  readonly hls: string;
  /** Short-lived private files (0600) such as ffmpeg's secret options. */
  readonly temporary: string;
}
